"""How an API writes times."""

from __future__ import annotations

from collections.abc import Iterable

from sessionproof.guess.model import Confidence, Guess
from sessionproof.guess.schema import Shape, snake

__all__ = ["is_written_so", "times_format"]

_SINCE_2001 = 10**9  # seconds; as milliseconds it would be January 1970
_LAST_YEARS = 10**11


def times_format(fields: Iterable[tuple[str, Shape]], life_unit: str) -> Guess:
    """The one format of these fields (name and schema); UNSURE where numbers could be seconds or milliseconds."""
    formats = {_format(name, shape, life_unit) for name, shape in fields}
    surest = max((confidence for _, confidence, _ in formats), default=Confidence.UNSURE)
    if all(value.startswith("unix") for value, _, _ in formats):  # one that says so speaks for all numbers
        formats = {one for one in formats if one[1] is surest}
    if not formats:
        return Guess("rfc3339", Confidence.UNSURE, "no time of a session could be told")
    if len({value for value, _, _ in formats}) > 1:
        return Guess("rfc3339", Confidence.UNSURE, "times are written in more than one way")
    value, confidence, reason = max(formats, key=lambda one: one[1])
    return Guess(value, confidence, reason)


def is_written_so(shape: Shape, times: str) -> bool:
    """Whether a time of this schema can have that format."""
    return shape.is_a("string") if times == "rfc3339" else shape.is_a("number", "integer")


def _format(name: str, shape: Shape, life_unit: str) -> tuple[str, Confidence, str]:
    if shape.is_a("string"):
        if shape.facts.get("format") == "date-time":
            return "rfc3339", Confidence.SURE, "format date-time"
        return "rfc3339", Confidence.LIKELY, "times are texts"
    said = str(shape.facts.get("description", "")).lower()
    example = shape.facts.get("example")
    if isinstance(example, int | float) and example >= _SINCE_2001:
        in_seconds = example < _LAST_YEARS
        return ("unix-seconds" if in_seconds else "unix-milliseconds"), Confidence.SURE, "the size of the example"
    if "millisecond" in said or snake(name).endswith(("_ms", "_millis")):
        return "unix-milliseconds", Confidence.SURE, "the document says milliseconds"
    if "second" in said:
        return "unix-seconds", Confidence.SURE, "the document says seconds"
    if life_unit == "seconds" and name == snake(name):  # where names are camelCase, Date.now() is near
        return "unix-seconds", Confidence.LIKELY, "times are numbers, and a life is given in seconds"
    return "unix-seconds", Confidence.UNSURE, "times are numbers, of seconds or of milliseconds"
