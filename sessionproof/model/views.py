"""What reads showed of one conversation, kept as windows of one list of entries, so that a long one is kept once."""

from __future__ import annotations

from typing import Any

from sessionproof.model.outcome import key_of
from sessionproof.model.rules import Rules
from sessionproof.model.seen import Got, Item, Seen, Sent

__all__ = ["View", "Views", "extent"]


class View:
    """`length` entries from `start` on in `entries`, as `event` showed them.

    `ends`: nothing came after them. `whole`: nothing came before them either. `asked`: the caller asked for a page.
    `anchored`: `start` is the place in the conversation, and not only in `entries`. `moved`: it is at
    another place than the one that was asked for.
    """

    __slots__ = ("anchored", "asked", "ends", "entries", "event", "length", "moved", "start", "whole")

    def __init__(
        self, event: Seen, entries: list[Any], length: int, start: int | None, whole: bool, ends: bool, asked: bool
    ) -> None:
        self.event, self.entries, self.start, self.length = event, entries, 0, length
        self.whole, self.ends, self.asked, self.anchored, self.moved = whole, ends, asked, start is not None, False

    @property
    def keys(self) -> list[Any]:
        return self.entries[self.start : self.start + self.length]


class Views:
    """All views of one conversation. Those that agree share one list; one that doesn't has its own."""

    def __init__(self) -> None:
        self.all: list[View] = []
        self._entries: list[Any] = []

    def restart(self) -> None:
        """From here on reads show another conversation: there was a clear."""
        self._entries = []

    def add(self, event: Seen, got: Got, items: list[Item], rules: Rules) -> None:
        keys = [item.content if item.content is not None else item.question for item in items]
        if {*map(type, keys)} != {str} and keys:
            keys = [key_of(key) for key in keys]
        start, whole, ends, asked = extent(event, got, len(keys), rules)
        view = View(event, self._entries, len(keys), start, whole, ends, asked)
        self.all.append(view)
        if not keys and start is not None and asked:
            view.start = start
            view.anchored = event.sent is not None and event.sent.limit not in (0, "0")
            return
        if not self._agrees(view, keys, start):
            view.entries, view.start = keys, 0
            if whole:
                self._entries = keys

    def _agrees(self, view: View, keys: list[Any], start: int | None) -> bool:
        """Whether the view is a window of what is known, or continues it. A page whose place nobody knows, or that
        isn't where it should be, is looked for."""
        known = self._entries
        if start is not None and start <= len(known) and self._continues(view, keys, start):
            return True
        view.anchored, view.moved = view.whole, view.anchored and not view.whole
        if view.whole or not keys or keys[0] not in known:
            return False
        return self._continues(view, keys, known.index(keys[0]))

    def _continues(self, view: View, keys: list[Any], start: int) -> bool:
        known = self._entries
        common = min(len(known) - start, len(keys))
        if known[start : start + common] != keys[:common]:
            return False
        known += keys[common:]
        view.start = start
        return True


def extent(event: Seen, got: Got, length: int, rules: Rules) -> tuple[int | None, bool, bool, bool]:
    """Which part of a conversation an answer with so many entries shows.

    Where it begins, None where that isn't known; whether it surely is the whole conversation; whether it surely
    reaches the end; whether a page was asked for.
    """
    sent = event.sent
    how = () if sent is None else (sent.limit, sent.offset, sent.page, sent.cursor)
    asked = any(value is not None for value in how)
    start = None if asked and event.op in rules.elsewhere else _start(sent, asked, event.op in rules.offsets)
    whole, ends = _reach(got, length, start, asked, event.op in rules.bounded)
    return None if not asked and not whole else start, whole, ends, asked


def _start(sent: Sent | None, asked: bool, by_offset: bool) -> int | None:
    """Where a page begins; None where that isn't known. A limit alone may mean the first entries or the last."""
    if not asked or sent is None:
        return 0
    if sent.cursor is not None or sent.page is not None or (sent.offset is None and not by_offset):
        return None
    return 0 if sent.offset is None else _number(sent.offset)


def _number(value: Any) -> int | None:
    """An offset that was sent, also as text."""
    if isinstance(value, int) and not isinstance(value, bool):
        return value if value >= 0 else None
    return int(value) if isinstance(value, str) and value.isdecimal() else None


def _reach(got: Got, length: int, start: int | None, asked: bool, bounded: bool) -> tuple[bool, bool]:
    """Whether a list surely is the whole conversation, and whether it surely reaches the end."""
    if isinstance(got.total, int) and not isinstance(got.total, bool):
        ends = start is not None and start + length >= got.total
        return ends and start == 0, ends
    if asked or got.next not in (None, "") or bounded:
        return False, False
    if isinstance(got.count, int) and got.count > length:
        return False, False
    return True, True
