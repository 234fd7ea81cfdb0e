"""The contract spoken over HTTP, without I/O: requests from values, values from answers."""

from sessionproof.wire.reply import Answer, Reply
from sessionproof.wire.request import Raw, Request, build_request
from sessionproof.wire.shape import shape_error
from sessionproof.wire.times import instant

__all__ = ["Answer", "Raw", "Reply", "Request", "build_request", "instant", "shape_error"]
