"""From recorded events to the timeline that shows them."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from sessionproof.history.event import Event
from sessionproof.history.words import answered, asked
from sessionproof.timeline import Timeline, TimelineCall

__all__ = ["timeline_of"]

_CALLS = 24  # in one picture


def timeline_of(events: Sequence[Event], wrong: Collection[Event] = (), mark: str = "") -> Timeline:
    """The timeline of these events, of which some are `wrong`; of many, the last ones."""
    ordered = sorted(events, key=lambda event: (event.clock, event.t0, event.t1))
    shown = ordered[-_CALLS:]
    starts = {event.clock: event.t0 + event.shift for event in reversed(shown)}
    names = _names(shown)
    calls = tuple(
        TimelineCall(
            who=names[event.clock, event.actor, event.user],
            clock=event.clock,
            began=round(event.t0 + event.shift - starts[event.clock], 6),
            ended=round(event.t1 + event.shift - starts[event.clock], 6),
            asked=asked(event),
            answered=answered(event),
            outcome=_outcome(event.status),
            wrong=any(event is one for one in wrong),
        )
        for event in shown
    )
    return Timeline(calls, mark, len(ordered) - len(shown))


def _names(events: Sequence[Event]) -> dict[tuple[str, str, str], str]:
    """Two users of one name (each check has an alice of its own) are told apart by how they are called outside."""
    users: dict[str, set[str]] = {}
    for event in events:
        users.setdefault(event.actor, set()).add(event.user)
    return {
        (event.clock, event.actor, event.user): event.actor
        if len(users[event.actor]) == 1 or not event.user
        else f"{event.actor} ({event.user[-6:]})"
        for event in events
    }


def _outcome(status: int | None) -> str:
    if status is None:
        return "unanswered"
    return "acknowledged" if 200 <= status < 300 else "refused"
