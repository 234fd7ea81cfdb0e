"""A whole run of pacts, from settings to a report: the target is found or started, every interaction is replayed."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from rich.console import Console

from sessionproof.baseline import load
from sessionproof.deployments.bundled import bundled_server
from sessionproof.errors import UsageError
from sessionproof.outputs import write_reports
from sessionproof.pacts.counts import Share, shares
from sessionproof.pacts.files import Interaction, bundled_pacts, read_pacts
from sessionproof.pacts.handler import StateServer
from sessionproof.pacts.interaction import verified
from sessionproof.prepare import Prepared, prepare
from sessionproof.report.document import Report
from sessionproof.report.making import make_report
from sessionproof.report.progress import Progress
from sessionproof.report.terminal import render
from sessionproof.requirements import load_requirements, select
from sessionproof.run import Run
from sessionproof.settings import Settings
from sessionproof.verdicts import CheckResult, Verdict
from sessionproof.verify import interruptible

__all__ = ["verify_pacts"]

_BUNDLED = "faultmaven"  # the contract that the pacts which come with SessionProof are about


@dataclass(frozen=True)
class Wanted:
    """An interaction and those of its requirements that the run was asked for."""

    interaction: Interaction
    shares: tuple[Share, ...]


def verify_pacts(settings: Settings, places: Sequence[Path] = (), provider: str = "", *, quiet: bool = False) -> Report:
    """Replay the pacts in `places`, or the bundled ones of the target's contract, and show the result.

    Raises UsageError and TargetError before anything is replayed, also where there is nothing to replay. Sessions made
    on the way are deleted again, also after Ctrl-C and SIGTERM.
    """
    given = read_pacts(places, provider) if places else None
    with _deployment(settings) as settings, interruptible():
        prepared = prepare(settings, "pacts")
        run = prepared.run
        try:
            wanted = _wanted(given or _bundled(run, provider), run, settings)
            run.again = _again(run.again, places, provider)
            report = _judged(prepared, settings, wanted, Progress(Console(stderr=True, highlight=False), quiet=quiet))
        finally:
            _close(run)
        write_reports(report, settings)
        render(report, Console(soft_wrap=False, highlight=False))
        return report


@contextmanager
def _deployment(settings: Settings) -> Iterator[Settings]:
    if settings.base_url:
        yield settings
        return
    contract = settings.contract or _BUNDLED
    with bundled_server(contract) as url:
        yield replace(settings, base_url=url, contract=contract)


def _bundled(run: Run, provider: str) -> list[Interaction]:
    try:
        return read_pacts([bundled_pacts()], provider or run.contract.name)
    except UsageError as error:
        raise UsageError(f"no pact comes with SessionProof for {run.contract.name}; name yours with --pact") from error


def _wanted(found: Sequence[Interaction], run: Run, settings: Settings) -> list[Wanted]:
    selected = select(settings.only)
    every = [(interaction, shares(interaction, run.contract)) for interaction in found]
    wanted = [
        Wanted(interaction, tuple(share for share in all_of_it if share.requirement in selected))
        for interaction, all_of_it in every
        if any(share.requirement in selected for share in all_of_it)
    ]
    if not wanted:
        known = sorted({share.requirement for _, all_of_it in every for share in all_of_it})
        raise UsageError(
            f"--only {' '.join(settings.only)}: no interaction is about that; they are about {' '.join(known)}"
        )
    return wanted


def _again(verify: str, places: Sequence[Path], provider: str) -> str:
    named = [f"--pact {place}" for place in places] + ([f"--provider {provider}"] if provider else [])
    return " ".join([verify.replace("sessionproof verify", "sessionproof pact verify", 1), *named])


def _judged(prepared: Prepared, settings: Settings, wanted: Sequence[Wanted], progress: Progress) -> Report:
    run, started, clock = prepared.run, datetime.now(UTC), time.monotonic()
    results: list[CheckResult] = []
    interrupted: tuple[Verdict, str] | None = None
    try:
        _replay_all(wanted, run, progress, results)
    except KeyboardInterrupt:
        interrupted = Verdict.UNPROVEN, "stopped before it was looked at"
    left = run.clean_up()
    run.notes = (_note(wanted),)
    ran = prepared.ran(started, time.monotonic() - clock, run.recorder.count, left)
    return make_report(
        ran,
        results,
        selected=frozenset(share.requirement for one in wanted for share in one.shares),
        baseline=load(settings.baseline) if settings.baseline else None,
        interrupted=interrupted,
    )


def _replay_all(wanted: Sequence[Wanted], run: Run, progress: Progress, into: list[CheckResult]) -> None:
    states = StateServer()
    progress.start(len(wanted))
    try:
        for one in wanted:
            results = list(verified(one.interaction, one.shares, run, states))
            into += results
            progress.step(one.interaction.title, results[0].verdict, load_requirements()[results[0].requirement])
    finally:
        progress.stop()
        states.close()


def _note(wanted: Sequence[Wanted]) -> str:
    consumers = ", ".join(dict.fromkeys(one.interaction.consumer for one in wanted))
    some = "1 interaction" if len(wanted) == 1 else f"{len(wanted)} interactions"
    return f"pacts: {some} of {consumers}; each shows its requirements in one example"


def _close(run: Run) -> None:
    run.recorder.close()
    run.sender.close()
    if run.clock is not None:
        run.clock.close()
