"""A whole run of pacts, from settings to a report: the target is found or started, every interaction is replayed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from sessionproof.deployments.bundled import bundled_server
from sessionproof.errors import UsageError
from sessionproof.lens import look_through
from sessionproof.pacts.counts import Share, shares
from sessionproof.pacts.files import Interaction, bundled_pacts, read_pacts
from sessionproof.pacts.handler import StateServer
from sessionproof.pacts.interaction import verified
from sessionproof.report.document import Report
from sessionproof.report.progress import Progress
from sessionproof.requirements import load_requirements, select
from sessionproof.run import Run
from sessionproof.settings import Settings
from sessionproof.verdicts import CheckResult
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

    def lens(run: Run) -> _Replays:
        run.again = _again(run.again, places, provider)
        return _Replays(run, _wanted(given or _bundled(run, provider), run, settings))

    with _deployment(settings) as settings, interruptible():
        return look_through("pacts", lens, settings, quiet=quiet)


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


@dataclass
class _Replays:
    """Replays interactions one by one; those that were replayed count."""

    run: Run
    wanted: Sequence[Wanted]
    interrupted: bool = False
    broken: list[str] = field(default_factory=list)
    seen: list[CheckResult] = field(default_factory=list)

    @property
    def selected(self) -> frozenset[str]:
        return frozenset(share.requirement for one in self.wanted for share in one.shares)

    def look(self, progress: Progress) -> None:
        states = StateServer()
        progress.start(len(self.wanted))
        try:
            for one in self.wanted:
                results = list(verified(one.interaction, one.shares, self.run, states))
                self.seen += results
                progress.step(one.interaction.title, results[0].verdict, load_requirements()[results[0].requirement])
        finally:
            states.close()

    def results(self) -> Sequence[CheckResult]:
        return self.seen

    def notes(self) -> Iterator[str]:
        consumers = ", ".join(dict.fromkeys(one.interaction.consumer for one in self.wanted))
        some = "1 interaction" if len(self.wanted) == 1 else f"{len(self.wanted)} interactions"
        yield f"pacts: {some} of {consumers}; each shows its requirements in one example"
