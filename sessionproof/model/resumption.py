"""Creates: what each session was answered to, and whether one client's sessions lived one after the other.

While a session surely lives, its user and client resolve to it alone. So the sessions of one client follow one
another: the first create that was answered with the next one can have taken effect at the latest when it was answered,
and by then the session before must have ended, which it can't before the last call began that found it alive, nor
before somebody could have ended it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise

from sessionproof.model.judgement import Anomaly, Judgement
from sessionproof.model.life import Lifetime
from sessionproof.model.outcome import done, when, who
from sessionproof.model.rules import Rules
from sessionproof.model.seen import Seen

__all__ = ["Key", "Span", "judge_creates", "judge_spans", "key_of_create", "spans"]

Key = tuple[str, str, str]  # user, client, clock


@dataclass(frozen=True)
class Span:
    """One session of one client. It was there when `first` was answered, and still was when `last` began.

    Before `ending` (on the history's clock) nobody tried to end it, before `sure` (on the deployment's) it wasn't over,
    and before `bound` nobody changed its status, with which it might no longer be the one to be resumed.
    """

    session: str
    first: Seen  # the create that was answered first
    last: Seen
    ending: float
    sure: float
    bound: float

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
    found = []
    for key, same in by_key.items():
        alive = [*same, life.served] if life.served is not None and life.served.clock == key[2] else same
        first, latest = min(same, key=lambda event: event.t1), max(alive, key=lambda event: event.t0)
        found.append((key, Span(session, first, latest, life.ending, life.sure, bound)))
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
            continue
        together = other.first.t0 <= one.first.t1
        sentence = (
            f"{who(one.first)} was given session {one.session} for client {client} at {when(one.first.t1)}; while it "
            f"lived, {who(other.first)} was given {other.session} for it, from {when(other.first.t0)} to "
            f"{when(other.first.t1)}"
        )
        events = (one.first, other.first) if one.last is one.first else (one.first, other.first, one.last)
        requirement = "RES-06" if together else "RES-01"
        judgement.anomalies.append(Anomaly("twin", requirement, f"{user} {client}".strip(), events, sentence))


def judge_creates(session: str, creates: list[Seen], life: Lifetime, rules: Rules, judgement: Judgement) -> None:
    """Every create that was answered with this session was right to be."""
    first = creates[0]
    told: set[str] = set()

    def tell(name: str, requirement: str, events: tuple[Seen, ...], sentence: str) -> None:
        if name not in told:
            told.add(name)
            judgement.anomalies.append(Anomaly(name, requirement, session, events, sentence))  # type: ignore[arg-type]

    new: Seen | None = None
    for event in creates:
        key = key_of_create(event, rules)
        repeated = event.odd or (event.sent is not None and event.sent.idempotency_key is not None)
        if repeated or not done(event):
            continue
        begins = event.t0 + event.shift
        if life.ended is not None and event.clock == life.ended.clock and event.t0 > life.ended.t1:
            tell(
                "undead",
                "RES-08",
                (life.ended, event),
                f"{who(life.ended)} was told at {when(life.ended.t1)} that "
                f"session {session} is deleted; the create of {who(event)} from {when(event.t0)} on answers with it",
            )
        elif begins > life.over:
            tell(
                "undead",
                "RES-07",
                (first, event),
                f"session {session} was over at {when(life.over)} at the latest; "
                f"the create of {who(event)} at {when(begins)} answers with it",
            )
        if event is not first:
            _judge_whose(session, first, event, rules, tell)
            judgement.looked["RES-01" if key else "LIF-01"] += 1
        if not rules.flags or (key is None and not event.client):
            continue
        flag = event.got.resumed if event.got is not None else None
        if flag is not True:
            if new is not None and event.clock == new.clock and life.ended is None:
                together = event.t0 <= new.t1 and new.t0 <= event.t1
                tell(
                    "mislabelled",
                    "RES-06" if together else "RES-02",
                    (new, event),
                    f"session {session} is called new "
                    f"twice: to {who(new)} at {when(new.t1)} and to {who(event)} at {when(event.t1)}",
                )
            new = new or event
        judgement.looked["RES-02"] += 1


def _judge_whose(session: str, first: Seen, event: Seen, rules: Rules, tell) -> None:  # type: ignore[no-untyped-def]
    """The session is the one of this user and this client."""
    if rules.users and event.user != first.user:
        tell(
            "mistaken",
            "RES-05" if event.client else "LIF-01",
            (first, event),
            f"session {session}, which {who(first)} "
            f"was given at {when(first.t1)}, is the answer to a create of {who(event)} at {when(event.t1)}",
        )
    elif not event.client:
        tell(
            "reissued",
            "RES-09",
            (first, event),
            f"session {session}, which {who(first)} was given at "
            f"{when(first.t1)}, is issued again at {when(event.t1)} to a create of {who(event)} without a client id",
        )
    elif event.client != first.client and first.client and rules.resumes_by:
        tell(
            "mistaken",
            "RES-04",
            (first, event),
            f"session {session} of client {first.client} is the answer to a "
            f"create of {who(event)} for client {event.client} at {when(event.t1)}",
        )
    elif not rules.resumes_by or not first.client:
        tell(
            "reissued",
            "LIF-01",
            (first, event),
            f"session {session}, which {who(first)} was given at "
            f"{when(first.t1)}, is issued again at {when(event.t1)} to {who(event)}",
        )
