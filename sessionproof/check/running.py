"""A whole call of `check`: what the files are, what they show, and the report on it."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from msgspec.structs import replace as header_with
from rich.console import Console

from sessionproof.baseline import load as load_baseline
from sessionproof.check.files import STANDARD_INPUT, given_files
from sessionproof.check.judging import Judged, judge_sources
from sessionproof.check.reading import Unreadable, place_of
from sessionproof.check.results import check_results
from sessionproof.check.showing import Shown, choose, show
from sessionproof.check.source import Source
from sessionproof.check.stopping import Stop, stoppable
from sessionproof.contract import Contract, bundled_contracts, find_contract, load_contract
from sessionproof.errors import UsageError
from sessionproof.model import Anomaly, Rules
from sessionproof.outputs import check_outputs, write_reports
from sessionproof.report.document import Report
from sessionproof.report.making import Ran, make_report
from sessionproof.report.progress import Progress
from sessionproof.report.terminal import render
from sessionproof.report.words import MEANS, count
from sessionproof.requirements import select
from sessionproof.settings import Settings
from sessionproof.verdicts import Verdict

__all__ = ["check"]


def check(names: Sequence[str], settings: Settings, *, quiet: bool = False) -> Report:
    """What the recorded traffic shows, judged and reported like every other run.

    Raises UsageError for what can't be read, and for files that can't be judged together.
    """
    wanted = select(settings.only)
    baseline = load_baseline(settings.baseline) if settings.baseline else None
    check_outputs(settings)
    began = time.monotonic()
    with given_files() as files, stoppable() as stop:
        given = _given(settings)
        sources = tuple(files.source(name, given) for name in dict.fromkeys(names))
        contract = _contract(sources, given)
        part = settings.traffic == "part" if settings.traffic else files.part
        rules = replace(_rules(sources, contract, settings), part=part)
        judged = _judged(sources, rules, settings, stop, quiet=quiet)
        chosen = choose(one for one in judged.judgement.anomalies if one.requirement in wanted)
        shown, trouble = _shown(chosen, sources, rules, settings)
    checks = [one for one in check_results(judged.judgement, shown, settings) if one.requirement in wanted]
    seconds = time.monotonic() - began
    header = sources[0].header
    ran = Ran(
        target=", ".join(dict.fromkeys(source.header.target for source in sources)),
        contract=contract,
        means=frozenset(MEANS),  # what was seen, was seen: there were the means for it
        started=_started(header.started),
        duration_s=seconds,
        requests=judged.events,
        clock="as recorded",
        seed=header.seed,
        effort="as recorded",
        notes=(*_notes(sources, contract, judged, seconds), *files.notes, *trouble),
    )
    report = make_report(
        ran,
        checks,
        selected=frozenset(one.requirement for one in checks),
        baseline=baseline,
        interrupted=(Verdict.UNPROVEN, "stopped before it was looked at") if judged.stopped else None,
    )
    render(report, Console(soft_wrap=False, highlight=False))
    write_reports(report, settings)
    return report


def _given(settings: Settings) -> Contract | None:
    if settings.contract is None:
        return load_contract(settings.sidecar) if settings.sidecar is not None else None
    return load_contract(find_contract(settings.contract), settings.sidecar)


def _contract(sources: Sequence[Source], given: Contract | None) -> Contract:
    """The contract that was given, or else the bundled one that the histories name."""
    named = {source.header.contract: source for source in sources}
    if len(named) > 1:
        made = ", ".join(f"{source.name} by {name}" for name, source in named.items())
        raise UsageError(f"histories of several contracts can't be judged together: {made}")
    if given is not None:
        return given
    [(name, source)] = named.items()
    if name not in bundled_contracts():
        raise UsageError(
            f"{source.name}: recorded by the contract {name!r}, which isn't bundled; give it by --contract FILE"
        )
    return load_contract(bundled_contracts()[name])


def _rules(sources: Sequence[Source], contract: Contract, settings: Settings) -> Rules:
    told = {} if settings.life is None else {"life": settings.life}
    found = {source.name: Rules.for_history(contract, header_with(source.header, **told)) for source in sources}
    first, *others = found.items()
    for name, rules in others:
        if rules != first[1]:
            raise UsageError(f"{first[0]} and {name} differ in scale, life or tolerance: check them one by one")
    return first[1]


def _judged(sources: tuple[Source, ...], rules: Rules, settings: Settings, stop: Stop, *, quiet: bool) -> Judged:
    progress = Progress(Console(stderr=True, highlight=False), quiet=quiet)
    progress.start(0)
    try:
        return judge_sources(sources, rules, settings.jobs, stop=stop, tell=progress.doing)
    except Unreadable as error:
        raise place_of(error, sources) from error
    finally:
        progress.stop()


def _shown(
    chosen: Sequence[Anomaly], sources: Sequence[Source], rules: Rules, settings: Settings
) -> tuple[list[Shown], tuple[str, ...]]:
    """The evidence, and what couldn't be left beside the history; a folder that was asked for has to be there."""
    if settings.minimised is not None:
        return show(chosen, sources, rules, settings.minimised), ()
    try:
        return show(chosen, sources, rules, _beside(sources[0].name)), ()
    except UsageError as error:
        return show(chosen, sources, rules, None), (str(error),)


def _beside(name: str) -> Path:
    """`runs/history-minimised` for `runs/history.jsonl.gz`."""
    path = Path("history" if name == STANDARD_INPUT else name)
    return path.with_name(f"{path.name.partition('.')[0] or 'history'}-minimised")


def _started(text: str) -> datetime:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return datetime.now(UTC)


def _notes(sources: Sequence[Source], contract: Contract, judged: Judged, seconds: float) -> Iterator[str]:
    if judged.stopped:
        yield "stopped: what follows is about the events that were judged until then"
    looked, undecided = judged.judgement.looked.total(), judged.judgement.undecided.total()
    share = undecided / (looked + undecided) if undecided else 0.0
    pace = f"{judged.events / seconds:,.0f} a second"
    processes = f" by {judged.jobs} processes" if judged.jobs > 1 else ""
    files = f"{count(judged.events, 'event', 'events')} of {count(len(sources), 'file', 'files')}"
    yield f"{files}, {pace}{processes}; {looked:,} looks, {share:.1%} of them undecided"
    if doubted := judged.judgement.doubted:
        would = count(doubted, "answer would be wrong", "answers would be wrong")
        yield f"{would} if these were all calls to the sessions; they are told by --traffic whole"
    for name in judged.cut:
        yield f"{name}: its last line is cut off, and was left out"
    made = sources[0].header.contract
    if made != contract.name:
        yield f"recorded by the contract {made}, judged by {contract.name}"
