"""multipart/form-data as RFC 7578 has it: the parts of a body, byte for byte."""

from __future__ import annotations

import re
from dataclasses import dataclass

from refused import invalid

__all__ = ["Part", "parts"]

_PARAMETER = re.compile(r';[ \t]*([A-Za-z*]+)=("(?:[^"\\]|\\.)*"|[^;"\s]*)[ \t]*')


@dataclass(frozen=True)
class Part:
    name: str
    filename: str | None
    content: bytes


def parts(content: bytes, boundary: str | None) -> list[Part]:
    """All parts of the form. Raises Refused for what isn't one."""
    if not boundary:
        raise invalid("the form has no boundary")
    _, *pieces = (b"\r\n" + content).split(b"\r\n--" + boundary.encode("latin-1", "replace"))
    if not pieces or not pieces[-1].startswith(b"--"):
        raise invalid("the form is cut off")
    return [_part(piece) for piece in pieces[:-1]]


def _part(piece: bytes) -> Part:
    margin, _, rest = piece.partition(b"\r\n")
    head, end, content = (b"\r\n" + rest).partition(b"\r\n\r\n")
    if margin.strip(b" \t") or not end:
        raise invalid("a part of the form has no head")
    try:
        lines = [line.partition(":") for line in head.decode().split("\r\n")]
    except UnicodeDecodeError as error:
        raise invalid("a part's head is not in UTF-8") from error
    dispositions = [value.strip() for name, _, value in lines if name.strip().lower() == "content-disposition"]
    if len(dispositions) != 1:
        raise invalid("a part has one Content-Disposition")
    kind, semicolon, given = dispositions[0].partition(";")
    found = _PARAMETER.findall(semicolon + given)
    parameters = {name.lower(): _unquoted(value) for name, value in found}
    if kind.strip().lower() != "form-data" or len(parameters) != len(found) or "name" not in parameters:
        raise invalid("a part is form-data and has one name")
    if "".join(_PARAMETER.split(semicolon + given)[::3]).strip():
        raise invalid("a Content-Disposition can't be read")
    return Part(parameters["name"], parameters.get("filename"), content)


def _unquoted(value: str) -> str:
    return re.sub(r'\\([\\"])', r"\1", value[1:-1]) if value.startswith('"') else value
