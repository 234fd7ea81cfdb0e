"""A session has one life: it begins with its create, each renewal gives it a whole new length, and it ends once.

Nobody outside knows when exactly. `sure` is until when a session surely lives: its length after the *beginning* of the
last call that surely renewed it, less what the rules allow to be early. `over` is from when it is surely dead: its
length after the *end* of the last call that may have renewed it, and what may be late. What happens between them shows
nothing. A delete may have taken effect from its beginning on, and has when it is acknowledged. That somebody is served
shows that the session lived when the call began; that it lived at all times before follows, for the dead stay dead.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from math import inf

from sessionproof.model.judgement import Anomaly, Judgement
from sessionproof.model.outcome import done, open_ended, refused, when, who
from sessionproof.model.rules import Rules
from sessionproof.model.seen import Seen

__all__ = ["Lifetime", "ends_it", "judge_life", "serves"]

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
    owner: str | None = None
    length: float = inf
    sure: float = -inf
    over: float = inf
    ending: float = inf  # when the first call began that may have ended it
    ended: Seen | None = None  # the first acknowledged delete
    raced: bool = False  # writes were under way at that delete
    anomalies: list[Anomaly] = field(default_factory=list)


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


def judge_life(session: str, events: Sequence[Seen], life: Lifetime, rules: Rules, judgement: Judgement) -> None:
    """Add to `judgement` what is wrong with one session's life; `events` are all calls on it, of one clock."""
    _find_deletes(events, life, rules)
    told: set[str] = set()

    def tell(name: str, requirement: str, events: tuple[Seen | None, ...], sentence: str) -> None:
        if name not in told:
            told.add(name)
            shown = tuple(event for event in events if event is not None)
            judgement.anomalies.append(Anomaly(name, requirement, session, shown, sentence))  # type: ignore[arg-type]

    in_turn = sorted(events, key=lambda event: event.t0 + event.shift)
    last_served = max((event for event in in_turn if serves(event, rules)), key=lambda event: event.t0, default=None)
    renewed = life.born
    gone: Seen | None = None
    for event in in_turn:
        begins, ends = event.t0 + event.shift, event.t1 + event.shift
        if says_gone(event, life, rules):
            _judge_gone(event, begins, ends, life, renewed, last_served, judgement, tell)
            gone = gone or event
            continue
        if not serves(event, rules):
            _perhaps_renewed(event, ends, life, rules)
            continue
        if life.ended is not None and event.t0 > life.ended.t1:
            tell(
                "resurrected", "CON-02" if life.raced else "LIF-05", (life.ended, event),
                f"{who(life.ended)} was told at {when(life.ended.t1)} that session {session} is deleted; {event.op} by "
                f"{who(event)} from {when(event.t0)} on succeeds (status {event.status})",
            )  # fmt: skip
        elif begins > life.over:
            absolute = rules.absolute < inf and life.born is not None and begins > life.born.t1 + rules.absolute
            tell(
                "immortal", _immortal(event, absolute), (life.born, renewed, event),
                f"session {session} was over at {when(life.over)} at the latest, {life.length:g} s after its last "
                f"renewal; {event.op} by {who(event)} succeeds at {when(begins)} (status {event.status})",
            )  # fmt: skip
        elif gone is not None and event.t0 > gone.t1 and "premature" not in told:
            tell(
                "resurrected", "EXP-08", (gone, event),
                f"{who(gone)} was told at {when(gone.t1)} that session {session} is gone; {event.op} by {who(event)} "
                f"from {when(event.t0)} on succeeds (status {event.status})",
            )  # fmt: skip
        if event.op in rules.refreshed_by and rules.life_kind in ("idle", "both") and life.length < inf:
            until = min(begins + life.length - rules.early, _capped(life, rules))
            if until > life.sure and life.born is not None:
                life.sure, renewed = until, event
        _perhaps_renewed(event, ends, life, rules)
    _count(in_turn, life, judgement)


def begin(event: Seen, life: Lifetime, rules: Rules) -> None:
    """`event` is the create that issued the session."""
    life.born, life.owner = event, event.user
    life.length = _length(event, rules)
    if not rules.life_kind or life.length == inf:
        return
    life.sure = min(event.t0 + event.shift + life.length - rules.early, _capped(life, rules))
    life.over = event.t1 + event.shift + min(life.length, rules.absolute) + rules.late


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


def _perhaps_renewed(event: Seen, ends: float, life: Lifetime, rules: Rules) -> None:
    """The call may have begun the life anew: then it is over later."""
    if rules.life_kind not in ("idle", "both") or event.op in rules.not_refreshed_by or event.op in ("list", "health"):
        return
    begins = event.t0 + event.shift
    if begins > life.over or (event.status in rules.gone and not event.odd):
        return
    if event.sent is not None and event.sent.life is not None and event is not life.born:
        life.over, life.sure = inf, -inf  # nobody knows which life it has from now on
    until = max(ends, life.over) if open_ended(event) else ends
    life.over = max(life.over, until + life.length + rules.late)
    if life.born is not None:
        life.over = min(life.over, life.born.t1 + life.born.shift + rules.absolute + rules.late)


def _find_deletes(events: Iterable[Seen], life: Lifetime, rules: Rules) -> None:
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


def _judge_gone(event, begins, ends, life, renewed, last_served, judgement, tell) -> None:  # type: ignore[no-untyped-def]
    """That a session is gone is right only where it may have ended."""
    session = event.session
    if life.born is None or life.born.t1 >= event.t0:
        return
    if life.ending <= event.t1:
        return
    if ends < life.sure:
        by_default = f"until {when(life.sure)} at least"
        since = renewed or life.born
        tell(
            "premature", _premature(renewed, life), (life.born, renewed if renewed is not life.born else None, event),
            f"session {session} lives {by_default} ({life.length:g} s from the {since.op} at "
            f"{when(since.t0 + since.shift)} on); {event.op} by {who(event)} at {when(ends)} says that it is gone "
            f"(status {event.status})",
        )  # fmt: skip
    elif last_served is not None and last_served.t0 > event.t1:
        return
    else:
        judgement.undecided["EXP-02"] += int(begins <= life.over and life.over < inf)


def _premature(renewed: Seen | None, life: Lifetime) -> str:
    if renewed is None or renewed is life.born:
        return "EXP-02"
    return "EXP-06" if renewed.op == "heartbeat" else "EXP-07"


def _immortal(event: Seen, absolute: bool) -> str:
    if absolute:
        return "EXP-10"
    return "EXP-01" if event.op in ("read", "messages", "cases", "case_history", "uploads") else "EXP-08"


def _count(events: Iterable[Seen], life: Lifetime, judgement: Judgement) -> None:
    if life.ended is not None:
        after = sum(1 for event in events if event.t0 > life.ended.t1)
        if after:
            judgement.looked["CON-02" if life.raced else "LIF-05"] += after
    if life.over < inf and life.born is not None:
        over = sum(1 for event in events if event.t0 + event.shift > life.over)
        if over:
            judgement.looked["EXP-01"] += over
