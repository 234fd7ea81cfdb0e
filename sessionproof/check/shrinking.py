"""The fewest calls that still show an anomaly: delta debugging over clients, sessions and calls."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Sequence

from sessionproof.history import Event
from sessionproof.model import Anomaly, Rules, judge, seen

__all__ = ["same_as", "shrink"]

Shows = Callable[[Sequence[Event]], bool]

_PATIENCE = 1_000_000  # events that are judged on the way, at most: a bound that is the same on every machine


def same_as(anomaly: Anomaly, events: Sequence[Event], rules: Rules) -> Anomaly | None:
    """What these events show of this anomaly: the same in the same answer, and not another that came about because
    events were left out."""
    found = judge(map(seen, events), rules).anomalies
    return next((one for one in found if _what(one) == _what(anomaly)), None)


def _what(anomaly: Anomaly) -> Hashable:
    last = anomaly.events[-1]
    entry = anomaly.sentence if anomaly.name == "phantom" else ""  # without its sending each entry is one
    return anomaly.name, anomaly.requirement, anomaly.subject, last.clock, last.n, entry


def shrink(
    events: Sequence[Event], shows: Shows, first: Iterable[Iterable[int]] = (), patience: int = _PATIENCE
) -> list[int]:
    """The places, in order, of those of `events` that still show it, and of which none can be left out.

    Places that may be enough are tried `first`. The same events give the same result; where patience ends too early,
    it is what was reached until then. Empty when the events don't show it at all.
    """
    search = _Search(events, shows, patience)
    kept = next((part for part in [*map(sorted, first), list(range(len(events)))] if search.shown(part)), [])
    for same in (_actor, _session):
        kept = search.without(_groups(kept, events, same), kept)
    size = len(kept) // 2
    while size > 1:
        kept = search.without([kept[at : at + size] for at in range(0, len(kept), size)], kept)
        size //= 2
    before = len(kept) + 1
    while len(kept) < before:
        before = len(kept)
        kept = search.without([[place] for place in kept], kept)
    return kept


class _Search:
    """Asks whether some of the events show it, until so many events were judged."""

    def __init__(self, events: Sequence[Event], shows: Shows, patience: int) -> None:
        self._events, self._shows, self._left = events, shows, patience

    def shown(self, places: Sequence[int]) -> bool:
        if not places or self._left <= 0:
            return False
        self._left -= len(places)
        return self._shows([self._events[place] for place in places])

    def without(self, groups: Iterable[Iterable[int]], kept: list[int]) -> list[int]:
        """What is left when each group has been left out that can be."""
        for group in groups:
            out = set(group)
            rest = [place for place in kept if place not in out]
            if self.shown(rest):
                kept = rest
        return kept


def _groups(places: Iterable[int], events: Sequence[Event], same: Callable[[Event], Hashable]) -> list[list[int]]:
    groups: dict[Hashable, list[int]] = {}
    for place in places:
        groups.setdefault(same(events[place]), []).append(place)
    return list(groups.values())


def _actor(event: Event) -> Hashable:
    return event.clock, event.actor, event.user


def _session(event: Event) -> Hashable:
    return event.session
