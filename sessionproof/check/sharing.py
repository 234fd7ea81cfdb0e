"""The lines of histories dealt out by session, so that each share can be judged alone, and memory holds one share.

A line goes, as it is, to the share of its session; a line without a session to the first share; a list also to the
shares of the sessions that stand in it. Within a share lines keep their order.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any
from zlib import crc32

import msgspec

from sessionproof.check.reading import WRONG, Unreadable, without_cut_line
from sessionproof.check.source import Source, blocks, header_of, open_packed

__all__ = ["Dealt", "Piece", "deal", "lines_of", "pieces"]


class _Key(msgspec.Struct, gc=False):
    session: str = ""
    op: str = ""
    history: int = 0  # of a header, where files were put one behind the other


class _Entry(msgspec.Struct, gc=False):
    session: Any = None


class _Each(msgspec.Struct, frozen=True, gc=False):
    each: list[_Entry] = []


class _List(msgspec.Struct, gc=False):
    got: _Each = _Each()


_key = msgspec.json.Decoder(_Key).decode
_list = msgspec.json.Decoder(_List).decode


@dataclass(frozen=True)
class Piece:
    """A part of a file: the lines that begin between two places, in bytes; None is the file's end."""

    source: Source
    begins: int
    ends: int | None


@dataclass(frozen=True)
class Dealt:
    """What became of one piece: a file for each share, how many events there were, whether the last one broke off."""

    files: tuple[Path, ...]
    events: int
    cut: bool


def pieces(sources: tuple[Source, ...], size: int) -> list[Piece]:
    """The files in pieces of about `size` bytes, in order. A packed file is one piece: it has but one beginning."""
    found: list[Piece] = []
    for source in sources:
        if source.packed:
            found.append(Piece(source, source.begins, None))
            continue
        starts = [*range(source.begins, max(source.size, source.begins + 1), size)]
        found += [Piece(source, at, end) for at, end in zip(starts, [*starts[1:], None], strict=True)]
    return found


def lines_of(piece: Piece) -> Iterator[bytes]:
    """The piece in blocks of whole lines, of which the file's last may lack its end."""
    with open_packed(piece.source.path) as file:
        if piece.begins > piece.source.begins:
            file.seek(piece.begins - 1)
            file.readline()  # it began in the piece before
        else:
            file.seek(piece.begins)
        yield from blocks(file, piece.ends)


def deal(piece: Piece, shares: int, folder: Path, name: str, only: frozenset[str] | None = None) -> Dealt:
    """Copies the piece's lines, or those about `only` some sessions, into a file for each share.

    Raises Unreadable, and OSError where there is no room.
    """
    files = tuple(folder / f"{name}-{share}" for share in range(shares))
    events, cut = 0, False
    with contextlib.ExitStack() as stack:
        outs: list[IO[bytes]] = [stack.enter_context(file.open("wb", buffering=1 << 16)) for file in files]
        for block in lines_of(piece):
            if not block.endswith(b"\n"):
                block, cut = without_cut_line(block)
            events += _deal_block(block, outs, piece.source.name, only)
    return Dealt(files, events, cut)


def _deal_block(block: bytes, outs: list[IO[bytes]], name: str, only: frozenset[str] | None) -> int:
    shares, lines = len(outs), block.split(b"\n")[:-1]
    hands: list[list[bytes]] = [[] for _ in outs]
    try:
        keys = [_key(line) for line in lines]
    except WRONG:
        lines = [line for line in lines if line.strip()]
        keys = [_key_of(line) for line in lines]
    headers = 0
    for line, key in zip(lines, keys, strict=True):
        if key.session:
            if only is None or key.session in only:
                hands[crc32(key.session.encode("utf-8", "replace")) % shares].append(line)
        elif key.history:
            header_of(line, name)
            headers += 1
        elif key.op == "list":
            for share in _shares_of_list(line, shares, only):
                hands[share].append(line)
        elif only is None:
            hands[0].append(line)
    for hand, out in zip(hands, outs, strict=True):
        if hand:
            hand.append(b"")
            out.write(b"\n".join(hand))
    return len(lines) - headers


def _key_of(line: bytes) -> _Key:
    try:
        return _key(line)
    except WRONG as error:
        raise Unreadable(line, str(error)) from error


def _shares_of_list(line: bytes, shares: int, only: frozenset[str] | None) -> set[int]:
    try:
        entries = _list(line).got.each
    except WRONG:
        entries = []  # no list, or no event: whoever judges the share will say so
    named = {entry.session for entry in entries if isinstance(entry.session, str)}
    found = {
        crc32(session.encode("utf-8", "replace")) % shares for session in (named if only is None else named & only)
    }
    return found | {0} if only is None else found
