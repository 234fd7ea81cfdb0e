"""What is wrong with a session's life: gone too early, alive too late, or alive again after its end."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from math import inf

from sessionproof.model.judgement import Judgement, Told
from sessionproof.model.lifetime import (
    Lifetime,
    began,
    find_deletes,
    find_renewals,
    perhaps_renewed,
    perhaps_renewing,
    says_gone,
    serves,
)
from sessionproof.model.outcome import done, when, who
from sessionproof.model.rules import Rules
from sessionproof.model.seen import Seen

__all__ = ["judge_life"]


def judge_life(
    events: Sequence[Seen], latest: float, life: Lifetime, rules: Rules, judgement: Judgement, told: Told
) -> None:
    """Add to `judgement` what is wrong with one session's life.

    `events` are all calls on it, of one clock; nobody asked for it, or for a list with it, after `latest`.
    """
    find_deletes(events, life, rules)
    served = [event for event in events if serves(event, rules)]
    gone = [event for event in events if event.status in rules.gone and says_gone(event, life, rules)]
    life.served = max(served, key=began, default=None)
    find_renewals(served, life, rules)
    perhaps = perhaps_renewing(events, life, rules)
    if perhaps:
        life.perhaps = max(event.t1 + event.shift for event in perhaps) + life.length - rules.early
    if life.ended is not None:
        _after_delete(served, life, told)
    if latest > life.over:  # else nobody was late, even if nothing had renewed the life
        _after_end(events, served, life, rules, judgement, told)
    if gone:
        _when_gone(gone, life, told)
        if perhaps:
            judgement.undecided["EXP-02"] += _perhaps_too_early(perhaps, gone, life)
    _count(events, life, judgement)


def _after_delete(served: Sequence[Seen], life: Lifetime, told: Told) -> None:
    """Nothing succeeds after an acknowledged delete."""
    end = life.ended
    later = next((event for event in served if end is not None and event.t0 > end.t1), None)
    if end is None or later is None:
        return
    sentence = (
        f"{who(end)} was told at {when(end.t1)} that session {told.subject} is deleted; the {later.op} of {who(later)} "
        f"from {when(later.t0)} on succeeds (status {later.status})"
    )
    told.tell("resurrected", "CON-02" if life.raced else "LIF-05", (end, later), sentence)


def _after_end(
    events: Sequence[Seen], served: Sequence[Seen], life: Lifetime, rules: Rules, judgement: Judgement, told: Told
) -> None:
    """Nothing succeeds after the last possible end. On the way `life.over` moves from that of the birth to the last."""
    alive = set(map(id, served))
    last = life.born
    for event in sorted(events, key=began):
        at = began(event)
        if at > life.over and id(event) in alive and not (life.ended is not None and event.t0 > life.ended.t1):
            sentence = (
                f"session {told.subject} was over at {when(life.over)} at the latest, {life.length:g} s after what "
                f"may have renewed it last; the {event.op} of {who(event)} at {when(at)} succeeds (status "
                f"{event.status})"
            )
            events_shown = (life.born, last if last is not life.born else None, event)
            told.tell("immortal", _immortal(event, life, rules), events_shown, sentence)
        elif at > life.firm and (id(event) in alive or (event.op == "create" and done(event))):
            judgement.undecided["RES-07" if event.op == "create" else "EXP-01"] += 1
        over = life.over
        perhaps_renewed(event, life, rules)
        last = event if life.over > over else last


def _when_gone(gone: Sequence[Seen], life: Lifetime, told: Told) -> None:
    """That a session is gone is right only where it may have ended, and then nobody is served any more."""
    for event in gone:
        ends = event.t1 + event.shift
        born_before = life.born is not None and life.there < event.t0
        if born_before and event.t1 < life.ending and ends < life.sure:
            since = life.renewed or life.born
            if since is None or (life.renewed is not None and since.t0 > event.t1):
                _goes_on(event, since, told)
                continue
            sentence = (
                f"session {told.subject} lives until {when(life.sure)} at least ({life.length:g} s from the {since.op} "
                f"at {when(began(since))} on); the {event.op} of {who(event)} at {when(ends)} says that it is gone "
                f"(status {event.status})"
            )
            told.tell("premature", _premature(life), (life.born, life.renewed, event), sentence)
            continue
        if life.served is not None and life.served.t0 > event.t1 and not _was_deleted(life, life.served):
            _goes_on(event, life.served, told)
        if born_before and (life.gone is None or event.t1 < life.gone.t1):
            life.gone = event


def _perhaps_too_early(perhaps: Sequence[Seen], gone: Sequence[Seen], life: Lifetime) -> int:
    """How often a session was gone within a life of a call that may have renewed it."""
    first = min(event.t0 for event in perhaps)
    return sum(1 for event in gone if first <= event.t1 < life.ending and event.t1 + event.shift < life.perhaps)


def _goes_on(gone: Seen, served: Seen | None, told: Told) -> None:
    if served is not None:
        sentence = (
            f"{who(gone)} was told at {when(gone.t1)} that session {told.subject} is gone; the {served.op} of "
            f"{who(served)} from {when(served.t0)} on succeeds (status {served.status})"
        )
        told.tell("resurrected", "EXP-08", (gone, served), sentence)


def _was_deleted(life: Lifetime, event: Seen) -> bool:
    return life.ended is not None and event.t0 > life.ended.t1


def _premature(life: Lifetime) -> str:
    if life.renewed is None:
        return "EXP-02"
    return "EXP-06" if life.renewed.op == "heartbeat" else "EXP-07"


def _immortal(event: Seen, life: Lifetime, rules: Rules) -> str:
    if life.born is not None and life.over == life.born.t1 + life.born.shift + rules.absolute + rules.late:
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
