"""History files as they come: plain or gzip, one or several; read in blocks of whole lines."""

from __future__ import annotations

import gzip
import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, cast

import msgspec

from sessionproof.errors import UsageError
from sessionproof.history import Header
from sessionproof.history.event import FORMAT

__all__ = ["BLOCK", "Source", "blocks", "is_har", "open_packed", "read_source"]

BLOCK = 1 << 20  # bytes
_GZIP = b"\x1f\x8b"
_BROKEN = (EOFError, zlib.error, gzip.BadGzipFile)  # a packed file that was cut off
_BOM = b"\xef\xbb\xbf"
_HAR = re.compile(rb'(?:\xef\xbb\xbf)?\s*\{\s*"log"\s*:')
_LONGEST_HEADER = 1 << 16


class _Version(msgspec.Struct):
    history: int


@dataclass(frozen=True)
class Source:
    """One file of a call: its name as it was given, where its bytes are, and what its first line says."""

    name: str
    path: Path
    header: Header
    begins: int  # where the first call begins, in bytes after unpacking
    packed: bool  # gzip
    size: int  # bytes on disk


def open_packed(path: Path) -> IO[bytes]:
    """The bytes of a file, unpacked if need be. Raises OSError."""
    file = path.open("rb")
    packed = file.read(2) == _GZIP
    file.seek(0)
    return cast("IO[bytes]", gzip.GzipFile(fileobj=file)) if packed else file


def is_har(path: Path, name: str) -> bool:
    """Whether the file is an HTTP archive, by its first bytes. Raises UsageError where it can't be read."""
    return _HAR.match(_start(path, name)) is not None


def read_source(path: Path, name: str) -> Source:
    """The file and its header. Raises UsageError, in one line, when it is no history that this version reads."""
    start = _start(path, name)
    if not start.strip():
        raise UsageError(f"{name}: is empty; a history begins with a header line (docs/history.md)")
    line, end, _ = start.partition(b"\n")
    with path.open("rb") as file:
        packed = file.read(2) == _GZIP
    return Source(name, path, header_of(line, name), len(line) + len(end), packed, path.stat().st_size)


def header_of(line: bytes, name: str) -> Header:
    """The header in a line. Raises UsageError when it is none of this format's version."""
    line = line.removeprefix(_BOM)
    try:
        version = msgspec.json.decode(line, type=_Version).history
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise UsageError(
            f"{name}: neither a history (its first line is no header, docs/history.md) nor a HAR file"
        ) from error
    if version != FORMAT:
        raise UsageError(f"{name}: a history of format {version}; this version reads format {FORMAT}")
    try:
        return msgspec.json.decode(line, type=Header)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise UsageError(f"{name}: the header of the history can't be used: {error}") from error


def blocks(file: IO[bytes], end: int | None = None) -> Iterator[bytes]:
    """The rest of a file in blocks of whole lines; with `end`, only the lines that begin before it (in bytes).

    The last line may lack its end, as a crash leaves it; a packed file may break off anywhere.
    """
    rest, left = b"", None if end is None else end - file.tell()
    while left is None or left > 0:
        try:
            block = file.read(BLOCK if left is None else min(BLOCK, left))
            if left is not None:
                left -= len(block)
                block += file.readline() if left == 0 and not block.endswith(b"\n") else b""
        except _BROKEN:
            rest, block = rest + b"{", b""  # whatever was read of the last line, it is not whole
        if not block:
            break
        whole = block.rfind(b"\n") + 1
        if whole:
            yield rest + block[:whole]
            rest = block[whole:]
        else:
            rest += block
    if rest:
        yield rest


def _start(path: Path, name: str) -> bytes:
    try:
        with open_packed(path) as file:
            return file.read(_LONGEST_HEADER)
    except _BROKEN:
        return b""
    except OSError as error:
        raise UsageError(f"{name}: can't be read: {error.strerror}") from error
