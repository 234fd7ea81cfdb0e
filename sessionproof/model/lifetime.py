"""A session has one life: it begins with its create, each renewal gives it a whole new length, and it ends once.

Nobody outside knows when exactly. `sure` is until when a session surely lives: its length after the *beginning* of the
last call that surely renewed it, less what the rules allow to be early. `over` is from when it is surely dead: its
length after the *end* of the last call that may have renewed it, and what may be late. What happens between them shows
nothing. A delete may have taken effect from its beginning on, and has when it is acknowledged. That somebody is served
shows that the session lived when the call began; that it lived at all times before follows, for the dead stay dead.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import inf

from sessionproof.model.outcome import done, open_ended, refused
from sessionproof.model.rules import Rules
from sessionproof.model.seen import Seen

__all__ = [
    "Lifetime", "began", "begin", "ends_it", "find_deletes", "find_renewals", "perhaps_renewed", "perhaps_renewing",
    "says_gone", "serves",
]  # fmt: skip

_SAYS_GONE = frozenset({
    "read", "update", "delete", "heartbeat", "add_message", "messages", "clear", "query", "upload", "uploads", "cases",
    "new_case",
})  # fmt: skip
_NAMES_NO_MORE = frozenset({"read", "delete", "heartbeat", "messages", "uploads", "cases"})
_WRITES = frozenset({"update", "heartbeat", "add_message", "clear", "query", "upload", "new_case"})
_NO_SERVICE = frozenset({"delete", "create", "list", "login", "health", "stats", "other", "preflight"})


@dataclass
class Lifetime:
    """What the calls on one session show of its life; times on the deployment's clock, but those of deletes."""

    born: Seen | None = None  # the create that issued it; None where the history doesn't have that
    there: float = inf  # when somebody had surely been told of it, on the history's clock
    owner: str | None = None
    length: float = inf
    sure: float = -inf
    over: float = inf
    ending: float = inf  # when the first call began that may have ended it
    ended: Seen | None = None  # the first acknowledged delete
    gone: Seen | None = None  # whoever was told first, and not wrongly, that it is gone
    raced: bool = False  # writes were under way at that delete
    renewed: Seen | None = None  # the renewal that `sure` goes by, if it isn't the birth
    perhaps: float = -inf  # until when it surely lived, if every call that may have renewed it has
    firm: float = inf  # until when it can have lived for sure: before it, being served is right; after `over` it isn't
    last: float = -inf  # what `over` would be without calls that nobody answered,
    open: int = 0  # and how many of those there are
    served: Seen | None = None  # the call that began last of those that found it alive


def serves(event: Seen, rules: Rules) -> bool:
    """Whether a call shows that its session lives: it succeeded, and the answer isn't about another session."""
    if event.status is None or not 200 <= event.status < 300 or event.op in _NO_SERVICE or event.op in rules.outlive:
        return False
    if event.op == "update" and ends_it(event, rules):
        return False  # a second delete does no harm
    named = event.got.session if event.got is not None else None
    return not event.odd and (named is None or named == event.session)


def ends_it(event: Seen, rules: Rules) -> bool:
    """Whether a call asks for the end of its session."""
    if event.op == "delete":
        return True
    return (
        event.op == "update" and bool(rules.deleted) and event.sent is not None and event.sent.status == rules.deleted
    )


def ended_it(event: Seen, rules: Rules) -> bool:
    """Whether the session has surely ended by this call."""
    if not done(event):
        return False
    return event.op == "delete" or (event.got is not None and event.got.status == rules.deleted)


def says_gone(event: Seen, life: Lifetime, rules: Rules) -> bool:
    """Whether the owner was told that the session is gone, and nothing else can have been meant."""
    if event.status not in rules.gone or event.odd or event.op not in _SAYS_GONE:
        return False
    if rules.users and (life.owner is None or event.user != life.owner):
        return False
    if event.sent is not None and event.sent.case is not None:
        return False
    return event.op in _NAMES_NO_MORE or event.status not in rules.invalid


def begin(event: Seen, events: Sequence[Seen], life: Lifetime, rules: Rules) -> None:
    """`event` is the create that issued the session. Where another call also says how long it is to live, nobody knows
    which of the two holds."""
    life.born, life.owner = event, event.user
    life.there = min(other.t1 for other in events if other.op == "create" and done(other))
    others = (other.sent for other in events if other is not event and other.sent is not None)
    life.length = inf if any(sent.life is not None for sent in others) else _length(event, rules)
    if not rules.life_kind or life.length == inf:
        return
    life.sure = min(event.t0 + event.shift + life.length - rules.early, _capped(life, rules))
    life.over = life.firm = life.last = event.t1 + event.shift + min(life.length, rules.absolute) + rules.late


def _length(event: Seen, rules: Rules) -> float:
    """The life that a create asked for, or the default; inf where nobody knows which one it got."""
    asked = event.sent.life if event.sent is not None else None
    if asked is None:
        return rules.life
    if isinstance(asked, bool) or not isinstance(asked, int | float):
        return inf
    seconds = asked * rules.scale
    return seconds if rules.shortest <= seconds <= rules.longest and seconds > 0 else inf


def _capped(life: Lifetime, rules: Rules) -> float:
    """The end of the longest life that any session has."""
    if life.born is None:
        return -inf
    return life.born.t0 + life.born.shift + rules.absolute - rules.early


def find_deletes(events: Iterable[Seen], life: Lifetime, rules: Rules) -> None:
    for event in events:
        if ends_it(event, rules) and not refused(event):
            life.ending = min(life.ending, event.t0)
            own = not rules.users or life.owner is None or event.user == life.owner
            if own and ended_it(event, rules) and (life.ended is None or event.t1 < life.ended.t1):
                life.ended = event
    if life.ended is not None:
        end = life.ended
        life.raced = any(
            event.t0 <= end.t1 and end.t0 <= event.t1 and event.op in _WRITES for event in events if event is not end
        )


def find_renewals(served: Iterable[Seen], life: Lifetime, rules: Rules) -> None:
    """That a renewal succeeded shows that the session lives on for a whole life, whatever else is said of it."""
    if life.born is None or rules.life_kind not in ("idle", "both") or life.length == inf:
        return
    renewals = [event for event in served if event.op in rules.refreshed_by]
    if renewals:
        last = max(renewals, key=began)
        until = min(began(last) + life.length - rules.early, _capped(life, rules))
        if until > life.sure:
            life.sure, life.renewed = until, last


def perhaps_renewing(events: Sequence[Seen], life: Lifetime, rules: Rules) -> list[Seen]:
    """Calls that may have renewed the life, and may not: the contract doesn't say, or nobody answered."""
    if rules.life_kind not in ("idle", "both") or life.length == inf:
        return []
    return [
        event
        for event in events
        if event.op not in rules.not_refreshed_by
        and event.op != "delete"
        and event is not life.born
        and not (event.op in rules.refreshed_by and done(event))
        and event.status not in rules.gone
    ]


def perhaps_renewed(event: Seen, life: Lifetime, rules: Rules) -> None:
    """The call may have begun the life anew: then it is over later.

    It can't have after the end. One that goes on beyond the end, or has no answer, may have renewed at the end, and at
    a later one when another call has moved the end on: `over` allows for each of them once, whatever comes of it.
    """
    if rules.life_kind not in ("idle", "both") or event.op in rules.not_refreshed_by or event.op == "delete":
        return
    if began(event) > life.over or (event.status in rules.gone and not event.odd):
        return
    length = life.length + rules.late
    ends = inf if open_ended(event) else event.t1 + event.shift
    life.firm = max(life.firm, min(ends, life.firm) + length)
    if ends == inf:
        life.open += 1
    life.last = max(life.last, ends + length if ends < inf else -inf)
    life.over = max(life.over, life.last + life.open * length, life.firm)
    if life.born is not None:
        cap = life.born.t1 + life.born.shift + rules.absolute + rules.late
        life.over, life.firm = min(life.over, cap), min(life.firm, cap)


def began(event: Seen) -> float:
    return event.t0 + event.shift
