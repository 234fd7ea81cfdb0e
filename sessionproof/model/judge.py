"""One call that judges a history, and its two halves for long ones: sessions one by one, then what is between them.

    shard = Shard(rules)            # as many as there are processes; each session's events go to one of them, in order
    shard.add(events)
    judgement = join([shard.end()], rules)

An event without a session may go to any shard, but to one only; `overhear` tells the other shards of a list, for the
sessions of theirs that stand in it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import chain
from typing import NamedTuple

from msgspec.structs import replace

from sessionproof.model.judgement import Anomaly, Judgement
from sessionproof.model.lists import Listed, sessions_in
from sessionproof.model.outcome import when, who
from sessionproof.model.resumption import Key, Span, judge_spans
from sessionproof.model.rules import Rules
from sessionproof.model.seen import Seen
from sessionproof.model.session import Session

__all__ = ["Closed", "Part", "Shard", "join", "judge"]

_MESSAGES = ("MSG-01", "MSG-02", "MSG-03")  # where all entries come by queries, another requirement speaks of them


@dataclass
class Part:
    """What one shard has found, and what has to be known of its sessions to compare them with the others'."""

    judgement: Judgement = field(default_factory=Judgement)
    spans: dict[Key, list[Span]] = field(default_factory=dict)


class Closed(NamedTuple):
    """What was found of one session, and what has to be known of it to compare it with others."""

    session: str
    judgement: Judgement
    spans: list[tuple[Key, Span]]


class Shard:
    """Judges the sessions whose events it is given."""

    def __init__(self, rules: Rules) -> None:
        self._rules = rules
        self._part = Part()
        self._recent: dict[str, Session] = {}  # those that were named since the last turn
        self._older: dict[str, Session] = {}  # those that weren't

    def add(self, events: Iterable[Seen]) -> None:
        """The next events, as recorded."""
        recent = self._recent
        for event in events:
            if event.leaks:
                self._leaked(event)
            if event.op == "list":
                self.overhear(event)
            name = event.session
            if name and not event.injected:
                session = recent.get(name)
                if session is None:
                    session = self._named(name)
                session.events.append(event)

    def overhear(self, event: Seen) -> None:
        """A list in which sessions of this shard may stand, whichever shard it was given to."""
        if event.op == "list" and not event.injected:
            without_entries = replace(event, got=None)
            for name in sessions_in(event):
                session = self._recent.get(name) or self._named(name)
                session.listed = session.listed or Listed()
                session.listed.add(without_entries)

    def turn(self) -> Iterator[Closed]:
        """Judge the sessions that nobody has named since the last turn but one, and let them go.

        One that is named later is another session to this shard; that this happens is for others to notice.
        """
        closed, self._older, self._recent = self._older, self._recent, {}
        self.settle()
        for name, session in closed.items():
            judgement = Judgement()
            yield Closed(name, judgement, session.close(judgement))

    def settle(self) -> None:
        """Keep less of what was added; nothing else changes by it."""
        for session in chain(self._recent.values(), self._older.values()):
            session.settle()

    def held(self) -> int:
        """How many events are in memory."""
        return sum(len(session.events) for session in chain(self._recent.values(), self._older.values()))

    def end(self) -> Part:
        """There are no more events."""
        part = self._part
        for session in chain(self._recent.values(), self._older.values()):
            for key, span in session.close(part.judgement):
                part.spans.setdefault(key, []).append(span)
        self._recent, self._older = {}, {}
        return part

    def _named(self, name: str) -> Session:
        """A session that nobody has named since the last turn."""
        session = self._older.pop(name) if name in self._older else Session(name, self._rules)
        self._recent[name] = session
        return session

    def _leaked(self, event: Seen) -> None:
        if event.op == "list" and self._rules.lists == "all":
            return
        requirement = "ISO-03" if event.op in ("list", "stats") else "ISO-01"
        requirement = requirement if self._rules.users else "CON-01"
        sentence = (
            f"{who(event)} was shown words of {', '.join(event.leaks or ())} at {when(event.t1)}, in the answer to "
            f"{event.op} (status {event.status})"
        )
        anomaly = Anomaly("leak", requirement, event.session or who(event), (event,), sentence)
        self._part.judgement.anomalies.append(anomaly)


def join(parts: Iterable[Part], rules: Rules) -> Judgement:
    """The judgement of a whole history from that of its shards, and of what is between their sessions."""
    judgement = Judgement()
    spans: dict[Key, list[Span]] = {}
    for part in parts:
        judgement.merge(part.judgement)
        for key, found in part.spans.items():
            spans.setdefault(key, []).extend(found)
    for key, found in spans.items():
        judge_spans(key, found, judgement)
    if "add_message" not in rules.appends:
        judgement.rename(dict.fromkeys(_MESSAGES, "MSG-09"))
    if rules.part:
        judgement.doubt(clears=rules.clears)
    return judgement


def judge(events: Iterable[Seen], rules: Rules) -> Judgement:
    """What a history shows, in the order in which it was recorded."""
    shard = Shard(rules)
    shard.add(events)
    return join([shard.end()], rules)
