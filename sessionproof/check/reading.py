"""From lines to events, and what to say of a line that is none."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from sessionproof.check.source import Source, blocks, header_of, open_packed
from sessionproof.errors import UsageError
from sessionproof.model import Seen

__all__ = ["WRONG", "Unreadable", "events_in", "place_of", "without_cut_line"]

WRONG = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError)  # what decoders say of lines that are no events

_decoder = msgspec.json.Decoder(Seen)


class Unreadable(Exception):
    """A line that is no event: its bytes, and why."""

    def __init__(self, line: bytes, why: str) -> None:
        super().__init__(line, why)
        self.line, self.why = line, why


def events_in(block: bytes, name: str) -> list[Seen]:
    """The events of a block of whole lines. Raises Unreadable; `name` is the file's, for messages."""
    try:
        return _decoder.decode_lines(block)
    except WRONG:
        return list(_one_by_one(block, name))


def _one_by_one(block: bytes, name: str) -> Iterator[Seen]:
    """For blocks with lines that are no events: headers, where files were put one behind the other, and empty ones."""
    for line in filter(bytes.strip, block.split(b"\n")):
        try:
            yield _decoder.decode(line)
        except WRONG as error:
            if b'"history":' not in line:
                raise Unreadable(line, str(error)) from error
            header_of(line, name)


def without_cut_line(block: bytes) -> tuple[bytes, bool]:
    """The whole lines of a file's last block, and whether a line that broke off was left out."""
    whole, _, last = block.rpartition(b"\n")
    try:
        _decoder.decode(last)
    except WRONG:
        return whole + b"\n" if whole else b"", bool(last.strip())
    return block + b"\n", False


def place_of(error: Unreadable, sources: tuple[Source, ...]) -> UsageError:
    """The one line that a person needs: in which file the line is, its number, and what is wrong with it."""
    for source in sources:
        number = 1
        with open_packed(source.path) as file:
            for block in blocks(file):
                before, found, _ = (b"\n" + block).partition(b"\n" + error.line + b"\n")
                if found or (b"\n" + block).endswith(b"\n" + error.line):
                    number += before.count(b"\n") if found else block.count(b"\n")
                    return UsageError(f"{source.name}:{number}: not an event of a history: {error.why}")
                number += block.count(b"\n")
    return UsageError(f"{sources[0].name}: a line is not an event of a history: {error.why}")
