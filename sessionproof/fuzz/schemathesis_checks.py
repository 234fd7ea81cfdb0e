"""What Schemathesis's own checks complain of, taken over only where it surely is a violation."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import parse_qsl

from sessionproof.contract.model import Parameter
from sessionproof.expect import Violation
from sessionproof.fuzz.builtin import BUILTIN
from sessionproof.fuzz.casting import Role
from sessionproof.fuzz.stage import Heard
from sessionproof.wire import Reply, Request, request_error, value_error

__all__ = ["violations"]


def violations(check: str, message: str, heard: Heard) -> Iterator[tuple[str, Violation]]:
    """The requirement ("" for a note) and the violation that a failure of its checks is; none for a false one."""
    reply = heard.reply
    if reply.status is None or not _SURE.get(check, _always)(heard):
        return
    expected, seen = _words(check, message, reply)
    yield BUILTIN[check].requirement, Violation(expected, seen, reply)


def _words(check: str, message: str, reply: Reply) -> tuple[str, str]:
    call = f" for {reply.request.binding.name} by {reply.request.actor.name}"
    if check == "negative_data_rejection":
        return f"a refusal (4xx){call}", f"{reply.status} in spite of {malformed(reply)}"
    if check == "not_a_server_error":
        return f"an answer below 500{call}", str(reply.status)
    return f"what Schemathesis's {check} says{call}", " ".join(message.split())


def _always(heard: Heard) -> bool:
    return True


def _is_no_declared_error(heard: Heard) -> bool:
    """A 503 that the operation declares is an answer like others."""
    return str(heard.reply.status) not in heard.reply.request.binding.responses


def _is_its_makers(heard: Heard) -> bool:
    """Nobody else has to find a new session, and its maker only until it expires."""
    return heard.cast.role is Role.MADE and heard.young


def _is_really_malformed(heard: Heard) -> bool:
    """Whether what was sent in the end breaks the contract's schemas: ids that were put in, and the way onto the wire,
    may have mended what was generated."""
    return heard.reply.ok and bool(malformed(heard.reply))


def malformed(reply: Reply) -> str:
    """What of a JSON body, or of a number in a query, breaks its schema; "" also where that can't be said for sure."""
    contract, request = reply.contract, reply.request
    kind = next((value for name, value in request.headers if name.lower() == "content-type"), "application/json")
    if request.content and not (request.binding.media_type.startswith("application/json") and "json" in kind):
        return ""  # a form turns what it is given into text
    return request_error(contract, request) or _of_the_query(reply, request)


def _of_the_query(reply: Reply, request: Request) -> str:
    sent = dict(parse_qsl(request.target.partition("?")[2], keep_blank_values=True))
    for parameter in request.binding.parameters:
        if parameter.where == "query" and sent.get(parameter.name, "").strip() and _is_number(parameter):
            error = value_error(reply.contract, parameter.schema, _number(sent[parameter.name]))
            if error:
                return f"query {parameter.name}: {error}"
    return ""


def _is_number(parameter: Parameter) -> bool:
    return parameter.schema.get("type") in ("integer", "number")


def _number(text: str) -> Any:
    return float(text) if re.fullmatch(r"[-+]?\d+(\.\d+)?([eE][-+]?\d+)?", text.strip()) else text


_SURE: dict[str, Callable[[Heard], bool]] = {
    "ensure_resource_availability": _is_its_makers,
    "not_a_server_error": _is_no_declared_error,
    "negative_data_rejection": _is_really_malformed,
}
