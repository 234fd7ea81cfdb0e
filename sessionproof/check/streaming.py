"""Histories judged as they are read: memory holds the sessions that are open, and not the history."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from sessionproof.check.keeping import Kept
from sessionproof.check.reading import events_in, without_cut_line
from sessionproof.check.sharing import Piece, lines_of
from sessionproof.check.source import Source
from sessionproof.check.stopping import Stop
from sessionproof.model import Rules, Shard

__all__ = ["Streamed", "stream"]

_MOST = 100_000  # events of open sessions that memory holds


@dataclass
class Streamed:
    """How far the sources were read."""

    events: int = 0
    cut: tuple[str, ...] = ()  # files whose last line broke off
    stopped: bool = False  # before the end, by a wish
    crowded: bool = False  # before the end, for so much is open at once that memory can't hold it


def stream(
    sources: tuple[Source, ...], rules: Rules, kept: Kept, turn: int, stop: Stop, tell: Callable[[int], None]
) -> Streamed:
    """Judges sessions as soon as nobody has named them for `turn` bytes of lines, and puts what it finds into `kept`.

    `tell` is told how many bytes were read. Raises Unreadable, and OSError where there is no room for what is kept.
    """
    read, shard, seen, turned = Streamed(), Shard(rules), 0, 0
    for source in sources:
        for block in lines_of(Piece(source, source.begins, None)):
            if stop:
                read.stopped = True
                break
            if not block.endswith(b"\n"):
                block, broke_off = without_cut_line(block)
                read.cut += (source.name,) * broke_off
            events = events_in(block, source.name)
            shard.add(events)
            read.events += len(events)
            seen += len(block)
            if seen - turned >= turn:
                kept.add(shard.turn())
                turned = seen
                if shard.held() > _MOST:
                    read.crowded = True
                    return read
            tell(seen)
    if turned:
        kept.add(shard.turn())
        kept.add(shard.turn())
    kept.whole(shard.end())
    return read
