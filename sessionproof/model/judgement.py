"""What the checkers say of a history: anomalies with the few events that show each, and how much was looked at."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Literal

from sessionproof.model.seen import Seen

__all__ = ["ANOMALIES", "Anomaly", "Judgement", "Name", "Outcome", "Told"]

Name = Literal[
    "fork", "duplicate", "phantom", "ghost", "lost", "stale", "disorder",
    "premature", "resurrected", "immortal",
    "twin", "mistaken", "undead", "mislabelled",
    "reissued", "intruder", "leak",
]  # fmt: skip

ANOMALIES: dict[Name, str] = {
    "fork": "two reads that no single order of entries explains",
    "duplicate": "an entry that is there more often than it was sent",
    "phantom": "an entry that nobody sent",
    "ghost": "an entry whose sending was refused, or that was cleared away",
    "lost": "an acknowledged entry that a later read lacks, and all after it",
    "stale": "a read that lacks an entry acknowledged before it, which other reads show",
    "disorder": "entries in another order than their acknowledgements",
    "premature": "a session that is gone before its life was over",
    "resurrected": "a session that is alive after a delete of it was acknowledged",
    "immortal": "a session that is alive after its life was over",
    "twin": "two sessions that live at once for one client",
    "mistaken": "a create that answers with the session of another user or client",
    "undead": "a create that answers with a session that is dead",
    "mislabelled": "a create whose answer is wrong about whether the session was there before",
    "reissued": "an id that was issued as new twice",
    "intruder": "another user's session in a list of one's own",
    "leak": "something of another user's in an answer",
}


# What no call that isn't in the history can explain; nor can any but a clear explain the second kind.
_SURE: frozenset[Name] = frozenset({"resurrected", "mistaken", "reissued", "intruder", "leak"})
_SURE_WITHOUT_CLEAR: frozenset[Name] = frozenset({"fork", "lost", "stale", "disorder"})


class Outcome(StrEnum):
    """Whether an implementation that keeps its promises can have given these answers."""

    LEGAL = "legal"
    ILLEGAL = "illegal"
    UNKNOWN = "unknown"  # nothing is wrong, and something couldn't be decided


@dataclass(frozen=True)
class Anomaly:
    """What no right implementation can have answered, by the few events that show it."""

    name: Name
    requirement: str
    subject: str  # the session, or the user and the client
    events: tuple[Seen, ...]
    sentence: str  # what happened, with times and who, for people


@dataclass
class Judgement:
    """Anomalies, and by requirement how often something was looked at or had to be left undecided; they add up."""

    anomalies: list[Anomaly] = field(default_factory=list)
    looked: Counter[str] = field(default_factory=Counter)
    undecided: Counter[str] = field(default_factory=Counter)
    doubted: int = 0  # anomalies that calls which aren't in the history may explain

    @property
    def outcome(self) -> Outcome:
        if self.anomalies:
            return Outcome.ILLEGAL
        return Outcome.UNKNOWN if self.undecided.total() else Outcome.LEGAL

    def merge(self, other: Judgement) -> None:
        self.anomalies += other.anomalies
        self.looked.update(other.looked)
        self.undecided.update(other.undecided)
        self.doubted += other.doubted

    def doubt(self, *, clears: bool) -> None:
        """Take the history for a part of the traffic: what others may have caused, unseen, is left undecided.

        `clears` says whether a conversation can be cleared.
        """
        doubted = [one for one in self.anomalies if not _is_sure(one, clears=clears)]
        self.anomalies = [one for one in self.anomalies if _is_sure(one, clears=clears)]
        self.undecided.update(one.requirement for one in doubted)
        self.doubted += len(doubted)

    def rename(self, names: Mapping[str, str]) -> None:
        """Have other requirements speak for some: all that was said of those is said of these."""
        self.anomalies = [
            replace(one, requirement=names.get(one.requirement, one.requirement)) for one in self.anomalies
        ]
        for counts in (self.looked, self.undecided):
            for old, new in names.items():
                if count := counts.pop(old, 0):
                    counts[new] += count


def _is_sure(anomaly: Anomaly, *, clears: bool) -> bool:
    """Whether no call of others explains it. A session that a create answers with is surely dead after its delete."""
    if anomaly.name == "undead":
        return any(event.op == "delete" for event in anomaly.events)
    return anomaly.name in _SURE or (anomaly.name in _SURE_WITHOUT_CLEAR and not clears)


class Told:
    """Adds the anomalies of one subject to a judgement, each name once: one example tells what is wrong."""

    def __init__(self, subject: str, judgement: Judgement) -> None:
        self.subject, self._judgement = subject, judgement
        self.names: set[Name] = set()

    def tell(self, name: Name, requirement: str, events: Iterable[Seen | None], sentence: str) -> None:
        """Events that aren't there are left out."""
        if name not in self.names:
            self.names.add(name)
            shown = tuple(event for event in events if event is not None)
            self._judgement.anomalies.append(Anomaly(name, requirement, self.subject, shown, sentence))
