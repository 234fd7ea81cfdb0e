"""Creates: what each session was answered to, and whether one client's sessions lived one after the other.

While a session surely lives, its user and client resolve to it alone. So the sessions of one client follow one
another: the first create that was answered with the next one can have taken effect at the latest when it was answered,
and by then the session before must have ended, which it can't before the last call began that found it alive, nor
before somebody could have ended it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from itertools import pairwise

import msgspec

from sessionproof.model.judgement import Anomaly, Judgement, Told
from sessionproof.model.lifetime import Lifetime
from sessionproof.model.outcome import when, who
from sessionproof.model.rules import Rules
from sessionproof.model.seen import Seen, brief

__all__ = ["Key", "Span", "judge_creates", "judge_spans", "key_of_create", "spans"]

Key = tuple[str, str, str]  # user, client, clock


class Span(msgspec.Struct, frozen=True, gc=False):
    """One session of one client. It was there when `first` was answered, and still was when `last` began.

    Before `ending` (on the history's clock) nobody tried to end it, before `sure` (on the deployment's) it wasn't over,
    nor before `perhaps`, if every call renewed it that may have. Before `bound` nobody changed its status, with which
    it might no longer be the one to be resumed.
    """

    session: str
    first: Seen  # the create that was answered first, in brief
    last: Seen
    ending: float
    sure: float
    perhaps: float
    bound: float

    def perhaps_lives_at(self, event: Seen) -> bool:
        """Whether it depends on what the contract leaves open."""
        return event.t1 < min(self.bound, self.ending) and event.t1 + event.shift < self.perhaps

    def lives_at(self, event: Seen) -> bool:
        """Whether it surely was the session to be resumed at all times until `event` was answered."""
        if event.t1 >= self.bound:
            return False
        return self.last.t0 > event.t1 or (event.t1 < self.ending and event.t1 + event.shift < self.sure)


def key_of_create(event: Seen, rules: Rules) -> Key | None:
    """By what a create is resumed; None where it isn't."""
    if not rules.resumes_by or not event.client.strip() or event.odd:
        return None
    if event.sent is not None and event.sent.idempotency_key is not None:
        return None
    return event.user if rules.resumes_by == "user" else "", event.client, event.clock


def spans(session: str, creates: Iterable[Seen], life: Lifetime, bound: float, rules: Rules) -> list[tuple[Key, Span]]:
    """The session as each client that was answered with it knows it."""
    by_key: dict[Key, list[Seen]] = defaultdict(list)
    for event in creates:
        key = key_of_create(event, rules)
        if key is not None:
            by_key[key].append(event)
    served = life.served
    if served is not None and life.ended is not None and served.t0 > life.ended.t1:
        served = None  # that it came back to life is told, and not held against the client's next session
    found = []
    for key, same in by_key.items():
        alive = [*same, served] if served is not None and served.clock == key[2] else same
        first, latest = min(same, key=lambda event: event.t1), max(alive, key=lambda event: event.t0)
        found.append((key, Span(session, brief(first), brief(latest), life.ending, life.sure, life.perhaps, bound)))
    return found


def judge_spans(key: Key, found: list[Span], judgement: Judgement) -> None:
    """One client's sessions live one after the other."""
    if len(found) < 2:
        return
    found.sort(key=lambda span: span.first.t1)
    user, client, _ = key
    for one, other in pairwise(found):
        judgement.looked["RES-01"] += 1
        if not one.lives_at(other.first):
            judgement.undecided["RES-01"] += one.perhaps_lives_at(other.first)
            continue
        together = other.first.t0 <= one.first.t1
        sentence = (
            f"{who(one.first)} was given session {one.session} for client {client} at {when(one.first.t1)}; while it "
            f"lived, {who(other.first)} was given {other.session} for it, from {when(other.first.t0)} to "
            f"{when(other.first.t1)}"
        )
        events = (one.first, other.first) if one.last == one.first else (one.first, other.first, one.last)
        requirement = "RES-06" if together else "RES-01"
        judgement.anomalies.append(Anomaly("twin", requirement, f"{user} {client}".strip(), events, sentence))


def judge_creates(creates: Sequence[Seen], life: Lifetime, rules: Rules, judgement: Judgement, told: Told) -> None:
    """Every create that was answered with this session was to be, and says rightly whether it was there before."""
    clear = [event for event in creates if not _repeats(event)]
    for event in clear:
        if not _from_the_dead(event, clear[0], life, told) and event is not clear[0]:
            _judge_whose(clear[0], event, rules, told)
            judgement.looked["RES-01" if event.client else "RES-09"] += 1
    if rules.flags:
        _judge_flags(clear, rules, judgement, told)


def _repeats(event: Seen) -> bool:
    """Whether the answer may be one that was given before to the same request, or the request strayed."""
    return event.odd or (event.sent is not None and event.sent.idempotency_key is not None)


def _from_the_dead(event: Seen, first: Seen, life: Lifetime, told: Told) -> bool:
    """No create is answered with a session that is over."""
    begins, end = event.t0 + event.shift, life.ended
    if end is not None and event.clock == end.clock and event.t0 > end.t1:
        sentence = (
            f"{who(end)} was told at {when(end.t1)} that session {told.subject} is deleted; the create of {who(event)} "
            f"from {when(event.t0)} on answers with it"
        )
        told.tell("undead", "RES-08", (end, event), sentence)
    elif life.gone is not None and event.clock == life.gone.clock and event.t0 > life.gone.t1:
        sentence = (
            f"{who(life.gone)} was told at {when(life.gone.t1)} that session {told.subject} is gone; the create of "
            f"{who(event)} from {when(event.t0)} on answers with it"
        )
        told.tell("undead", "RES-08" if life.ending < event.t0 else "RES-07", (life.gone, event), sentence)
    elif begins > life.over and event.clock == first.clock:
        sentence = (
            f"session {told.subject} was over at {when(life.over)} at the latest; the create of {who(event)} at "
            f"{when(begins)} answers with it"
        )
        told.tell("undead", "RES-07", (first, event), sentence)
    return "undead" in told.names


def _judge_whose(first: Seen, event: Seen, rules: Rules, told: Told) -> None:
    """The session is the one of this user and this client."""
    given = f"session {told.subject}, which {who(first)} was given at {when(first.t1)}, is"
    to = f"a create of {who(event)} at {when(event.t1)}"
    if rules.users and event.user != first.user:
        told.tell("mistaken", "RES-05" if event.client else "LIF-01", (first, event), f"{given} the answer to {to}")
    elif not event.client:
        told.tell("reissued", "RES-09", (first, event), f"{given} issued again to {to}, without a client id")
    elif not rules.resumes_by or not first.client:
        told.tell("reissued", "LIF-01", (first, event), f"{given} issued again to {to}")
    elif event.client != first.client:
        clients = f"for client {event.client}; it is that of client {first.client}"
        told.tell("mistaken", "RES-04", (first, event), f"{given} the answer to {to} {clients}")


def _judge_flags(creates: Sequence[Seen], rules: Rules, judgement: Judgement, told: Told) -> None:
    """One create issued the session and calls it new; whoever asked after its answer resumes."""
    judgement.looked["RES-02"] += len(creates)
    new = [event for event in creates if event.got is None or event.got.resumed is not True]
    for event in creates:
        if not event.client and event not in new and rules.resumes_by:
            sentence = (
                f"a create of {who(event)} without a client id, answered at {when(event.t1)}, says that session "
                f"{told.subject} was there before"
            )
            told.tell("mislabelled", "RES-09", (event,), sentence)
    if not new:
        judgement.undecided["RES-02"] += 1  # it was there before the history, or a create without an answer made it
        return
    for event in new:
        before = next((other for other in creates if other.t1 < event.t0 and other.clock == event.clock), None)
        together = new[0] if before is None and event is not new[0] else None
        other = before or together
        if other is not None and "undead" not in told.names:
            sentence = (
                f"{who(other)} was given session {told.subject} at {when(other.t1)}; to {who(event)}, who asked at "
                f"{when(event.t0)}, it is called new at {when(event.t1)}"
            )
            told.tell("mislabelled", "RES-02" if before else "RES-06", (other, event), sentence)
