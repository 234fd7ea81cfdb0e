"""Anomalies as evidence: the few calls that show one, in words, as a picture, and as a history of its own."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec

from sessionproof.check.reading import WRONG
from sessionproof.check.shrinking import same_as, shrink
from sessionproof.check.source import Source, blocks, open_packed
from sessionproof.errors import UsageError
from sessionproof.history import Event
from sessionproof.history.timeline import timeline_of
from sessionproof.history.words import answered, asked
from sessionproof.model import ANOMALIES, Anomaly, Rules
from sessionproof.verdicts import Evidence

__all__ = ["Shown", "choose", "evidence_of", "few_of", "show"]

_OF_A_KIND = 3  # anomalies of one name that break one requirement: the counts have them all
_IN_ALL = 24


@dataclass(frozen=True)
class Shown:
    """An anomaly with its evidence, and the file that shows it, where one was written."""

    anomaly: Anomaly
    evidence: Evidence
    file: Path | None = None


class _Key(msgspec.Struct, gc=False):
    session: str = ""
    n: int = 0
    clock: str = ""


_key = msgspec.json.Decoder(_Key).decode
_event = msgspec.json.Decoder(Event).decode
_encode = msgspec.json.Encoder().encode


def choose(anomalies: Iterable[Anomaly]) -> list[Anomaly]:
    """A few of each kind."""
    kinds: Counter[tuple[str, str]] = Counter()
    chosen: list[Anomaly] = []
    for anomaly in anomalies:
        kind = (anomaly.requirement, anomaly.name)
        if kinds[kind] < _OF_A_KIND and len(chosen) < _IN_ALL:
            kinds[kind] += 1
            chosen.append(anomaly)
    return chosen


def show(anomalies: Sequence[Anomaly], sources: Sequence[Source], rules: Rules, folder: Path | None) -> list[Shown]:
    """Each anomaly by the fewest calls that show it; the first of each kind as a file in `folder`, too.

    Raises UsageError where the folder can't be written.
    """
    around = _events_around(anomalies, sources)
    shown: list[Shown] = []
    written: set[str] = set()
    for anomaly in anomalies:
        few, told = few_of(anomaly, around, rules)
        name = f"{anomaly.requirement}-{anomaly.name}.jsonl"
        file = folder / name if folder is not None and few and name not in written else None
        if file is not None:
            _write(file, few, sources)
            written.add(name)
        shown.append(Shown(anomaly, evidence_of(told, few), file))
    return shown


def _events_around(anomalies: Iterable[Anomaly], sources: Iterable[Source]) -> list[Event]:
    """Everything of the sessions that the anomalies are about, and their own events."""
    sessions = {event.session for anomaly in anomalies for event in anomaly.events if event.session}
    sessions |= {anomaly.subject for anomaly in anomalies}
    places = {(event.clock, event.n) for anomaly in anomalies for event in anomaly.events}
    found: list[Event] = []
    for source in sources if sessions or places else ():
        with open_packed(source.path) as file:
            file.seek(source.begins)
            for block in blocks(file):
                for line in block.split(b"\n"):
                    try:
                        key = _key(line)
                        if key.session in sessions or (key.clock, key.n) in places:
                            found.append(_event(line))
                    except WRONG:
                        continue  # the end of a file that was cut off, or a header
    return found


def few_of(anomaly: Anomaly, around: Sequence[Event], rules: Rules) -> tuple[list[Event], Anomaly]:
    """The fewest of the events `around` it that show it, and what it is by these events alone."""
    own = {(event.clock, event.n) for event in anomaly.events}
    sessions = {event.session for event in anomaly.events if event.session} | {anomaly.subject}
    near = [event for event in around if event.session in sessions or (event.clock, event.n) in own]
    first = [place for place, event in enumerate(near) if (event.clock, event.n) in own]
    kept = shrink(near, lambda events: same_as(anomaly, events, rules) is not None, [first])
    few = [near[place] for place in kept or first]
    return few, same_as(anomaly, few, rules) or anomaly


def evidence_of(anomaly: Anomaly, few: Sequence[Event]) -> Evidence:
    """What it is, and the `few` calls that show it: as a timeline, or one alone as a line."""
    last = (anomaly.events[-1].clock, anomaly.events[-1].n)
    wrong = [event for event in few if (event.clock, event.n) == last]
    alone = f"{few[0].actor}: {asked(few[0])} -> {answered(few[0])}" if len(few) == 1 else ""
    return Evidence(
        expected=f"nothing {anomaly.name}: {ANOMALIES[anomaly.name]}",
        seen=anomaly.sentence,
        exchange=alone,
        timeline=timeline_of(few, wrong, anomaly.name) if len(few) > 1 else None,
    )


def _write(file: Path, events: Sequence[Event], sources: Sequence[Source]) -> None:
    """A history of these events alone, numbered anew."""
    header = next((one.header for one in sources if one.header.clock == events[0].clock), sources[0].header)
    numbered = [msgspec.structs.replace(event, n=number) for number, event in enumerate(events, 1)]
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(b"".join(_encode(line) + b"\n" for line in (header, *numbered)))
    except OSError as error:
        raise UsageError(f"{file}: can't be written: {error.strerror}; give another folder by --minimised") from error
