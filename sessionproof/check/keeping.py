"""What was found of sessions that nobody has named for a while, on disk until the whole history is read.

A session that is named again was not over: what was found of it is forgotten, and somebody has to judge it anew.
"""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from typing import IO
from zlib import crc32

import msgspec

from sessionproof.model import Anomaly, Closed, Judgement, Key, Part, Span, brief

__all__ = ["Kept"]

_SHARES = 32
_LENGTH = 4  # bytes of the length of a pack of rows


class _Found(msgspec.Struct):
    """A judgement of one session."""

    anomalies: tuple[Anomaly, ...]
    looked: dict[str, int]
    undecided: dict[str, int]


class _Row(msgspec.Struct, array_like=True, gc=False):
    """One session, as one of its clients knows it; what was found of it is in the first of its rows."""

    session: str
    found: bytes = b""
    key: Key | None = None
    span: Span | None = None


_encode = msgspec.msgpack.Encoder().encode
_rows = msgspec.msgpack.Decoder(list[_Row]).decode
_found = msgspec.msgpack.Decoder(_Found).decode


class Kept:
    """Rows in files that are gone with the block, dealt out by client: memory holds one share of them.

    `again` are the sessions that were named again.
    """

    def __init__(self) -> None:
        self.again: set[str] = set()
        self._closed: set[int] = set()  # all that stays in memory of a session; two of one hash are judged anew
        self._whole: list[Part] = []
        self._files: list[IO[bytes]] = []
        self._stack = ExitStack()

    def __enter__(self) -> Kept:
        return self

    def __exit__(self, *raised: object) -> None:
        self._stack.close()

    def whole(self, part: Part) -> None:
        """What was found of sessions that nobody can name again; it stays in memory."""
        self._whole.append(part)

    def add(self, sessions: Iterable[Closed]) -> None:
        rows: list[_Row] = []
        for session, judgement, spans in sessions:
            mark = hash(session)
            if mark in self._closed:
                self.again.add(session)
            self._closed.add(mark)
            judgement.anomalies = [replace(one, events=tuple(map(brief, one.events))) for one in judgement.anomalies]
            found = _encode(judgement)
            key, span = spans[0] if spans else (None, None)
            rows.append(_Row(session, found, key, span))
            rows += [_Row(session, b"", *other) for other in spans[1:]]
        self._write(rows)

    def add_part(self, part: Part) -> None:
        """What was found of sessions that nobody can name again."""
        self._whole.append(Part(part.judgement))
        self._write(_Row("", b"", key, span) for key, same in part.spans.items() for span in same)

    def parts(self) -> Iterator[Part]:
        """What was found and wasn't forgotten; all sessions of a client are in one part."""
        yield from self._whole
        for file in self._files:
            part, found = Part(), Counter[bytes]()
            file.seek(0)
            while length := file.read(_LENGTH):
                for row in _rows(file.read(int.from_bytes(length))):
                    if row.session not in self.again:
                        found[row.found] += 1
                        if row.key is not None and row.span is not None:
                            part.spans.setdefault(row.key, []).append(row.span)
            del found[b""]
            for each, times in found.items():
                _add(_found(each), times, part.judgement)
            yield part

    def _write(self, rows: Iterable[_Row]) -> None:
        if not self._files:
            self._files = [self._stack.enter_context(tempfile.TemporaryFile()) for _ in range(_SHARES)]  # noqa: SIM115
        hands: list[list[_Row]] = [[] for _ in self._files]
        for row in rows:
            hands[0 if row.key is None else crc32("".join(row.key).encode()) % _SHARES].append(row)
        for hand, file in zip(hands, self._files, strict=True):
            if hand:
                pack = _encode(hand)
                file.write(len(pack).to_bytes(_LENGTH) + pack)


def _add(found: _Found, times: int, judgement: Judgement) -> None:
    judgement.anomalies += found.anomalies
    for counts, more in ((judgement.looked, found.looked), (judgement.undecided, found.undecided)):
        for requirement, count in more.items():
            counts[requirement] += count * times
