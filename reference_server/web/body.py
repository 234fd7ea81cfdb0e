"""A body is one JSON object in UTF-8, read the same way by everybody, or it is refused.

Duplicate keys, NaN, infinities and lone surrogates have no agreed meaning; endless bodies and towers of
brackets have a cost. None of them gets as far as the rules.
"""

import json
import math
from typing import Any

from pydantic import TypeAdapter, ValidationError
from starlette.requests import Request

from ..errors import RefusalError, invalid

LONGEST_BODY = 1024 * 1024  # bytes
DEEPEST_NESTING = 100


async def read_bytes(request: Request, longest: int | None = None) -> bytes:
    """The whole body; one that is too long is refused as soon as that is known."""
    longest = LONGEST_BODY if longest is None else longest
    too_large = RefusalError("body_too_large", f"A body may have {longest} bytes at most.")
    declared = request.headers.get("content-length", "")
    if declared.isdecimal() and int(declared) > longest:
        raise too_large
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > longest:
            raise too_large
    return bytes(body)


def check_media_type(content_type: str) -> None:
    """Only JSON, and only in UTF-8."""
    media_type, *parameters = (part.strip().lower() for part in content_type.split(";"))
    charsets = [value.strip('"') for name, _, value in (p.partition("=") for p in parameters) if name == "charset"]
    if media_type != "application/json" or any(charset not in ("utf-8", "utf8") for charset in charsets):
        raise RefusalError("unsupported_media_type", "Send the body as application/json in UTF-8.")


def parse(body: bytes) -> Any:
    """The JSON value of the body."""
    try:
        value = json.loads(
            body.decode("utf-8"),
            object_pairs_hook=_object,
            parse_constant=_refuse_constant,
            parse_float=_finite,
        )
    except (ValueError, RecursionError):  # includes undecodable bytes and numbers with thousands of digits
        raise invalid("The body is not valid JSON in UTF-8.") from None
    _check_value(value, DEEPEST_NESTING)
    return value


def validate(shape: TypeAdapter[Any], value: Any) -> Any:
    """The value in the declared form; types are taken literally, unknown fields are left out."""
    try:
        return shape.validate_python(value, strict=True)
    except ValidationError as error:
        # Names of declared fields and what is wrong with them; never the value that was sent.
        faults = [
            f"{'.'.join(str(step) for step in fault['loc']) or 'body'}: {fault['msg']}"
            for fault in error.errors(include_url=False, include_context=False, include_input=False)
        ]
        raise invalid("; ".join(faults)) from None


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a key is there twice")
    return found


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")


def _finite(text: str) -> float:
    number = float(text)
    if math.isinf(number):
        raise ValueError("a number is out of range")
    return number


def _check_value(value: Any, depth: int) -> None:
    if depth == 0:
        raise invalid("The body is nested too deeply.")
    if isinstance(value, str):
        try:
            value.encode()
        except UnicodeEncodeError:
            raise invalid("The body has half a surrogate pair in it.") from None
    elif isinstance(value, dict):
        for name, item in value.items():
            _check_value(name, depth)
            _check_value(item, depth - 1)
    elif isinstance(value, list):
        for item in value:
            _check_value(item, depth - 1)
