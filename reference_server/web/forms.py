"""A form is multipart/form-data (RFC 7578), read strictly: what is cut off or ambiguous is refused."""

import re
from dataclasses import dataclass

from ..errors import RefusalError, invalid

MOST_PARTS = 20


@dataclass(frozen=True, slots=True)
class Part:
    """One field of a form; `filename` is None where the sender gave none."""

    name: str
    filename: str | None
    content: bytes


def parse(content_type: str, body: bytes) -> dict[str, Part]:
    """The fields by name, each of which may be there once."""
    parts: dict[str, Part] = {}
    for piece in _pieces(_boundary(content_type), body):
        part = _part(piece)
        if part.name in parts:
            raise invalid("A field of the form is there twice.")
        parts[part.name] = part
    return parts


def text(parts: dict[str, Part], name: str) -> str | None:
    """A field as text; None where it isn't there."""
    return _decoded(parts[name].content) if name in parts else None


def _boundary(content_type: str) -> bytes:
    found = re.fullmatch(r'multipart/form-data\s*;\s*boundary=("?)([^\s";,]{1,70})\1', content_type.strip(), re.I)
    if found is None:
        raise RefusalError("unsupported_media_type", "Send the file as multipart/form-data with a boundary.")
    return found[2].encode("latin-1")


def _pieces(boundary: bytes, body: bytes) -> list[bytes]:
    _, *pieces = (b"\r\n" + body).split(b"\r\n--" + boundary)
    if not pieces or not pieces[-1].startswith(b"--"):
        raise invalid("The form doesn't end where it says.")
    if len(pieces) - 1 > MOST_PARTS:
        raise invalid(f"A form may have {MOST_PARTS} fields at most.")
    return pieces[:-1]


def _part(piece: bytes) -> Part:
    head, end, content = piece.partition(b"\r\n\r\n")
    if not end or not head.startswith(b"\r\n"):
        raise invalid("A field of the form has no head.")
    for line in _decoded(head).split("\r\n"):
        header, _, value = line.partition(":")
        if header.strip().lower() == "content-disposition" and value.strip().lower().startswith("form-data"):
            name, filename = _parameter(value, "name"), _parameter(value, "filename")
            if name is not None:
                return Part(name, filename, content)
    raise invalid("A field of the form has no name.")


def _parameter(value: str, name: str) -> str | None:
    # As browsers write it: quotes and line breaks are percent-encoded (by curl: `\\"`), all else stands for itself.
    found = re.search(rf';\s*{name}="((?:\\"|[^"])*)"', value, re.I)
    if found is None:
        return None
    return found[1].replace('\\"', '"').replace("%22", '"').replace("%0D", "\r").replace("%0A", "\n")


def _decoded(raw: bytes) -> str:
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        raise invalid("The form is not in UTF-8.") from None
