"""The contract spoken over HTTP, without I/O: requests from values, values from answers, and values from requests."""

from sessionproof.wire.recognise import recognise_request
from sessionproof.wire.reply import Answer, Reply
from sessionproof.wire.request import Raw, Request, build_request, identified
from sessionproof.wire.shape import request_error, shape_error, value_error
from sessionproof.wire.times import instant

__all__ = [
    "Answer",
    "Raw",
    "Reply",
    "Request",
    "build_request",
    "identified",
    "instant",
    "recognise_request",
    "request_error",
    "shape_error",
    "value_error",
]
