"""A whole run, from settings to a report: the target is found or started, the suites judge it, the result is shown."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pytest
from rich.console import Console

from sessionproof.bundle import bundle_root
from sessionproof.contract import bundled_contracts
from sessionproof.deployments.bundled import bundled_server, told_of_time
from sessionproof.effort import Effort
from sessionproof.errors import SessionProofError, UsageError
from sessionproof.plugin import SETTINGS
from sessionproof.plugin.findings import from_properties
from sessionproof.plugin.stash import PREPARED, PROGRESS, REPORT
from sessionproof.prepare import Prepared, prepare
from sessionproof.report.document import Report
from sessionproof.report.progress import Progress
from sessionproof.report.terminal import render
from sessionproof.requirements import load_requirements
from sessionproof.settings import Settings
from sessionproof.suggest import did_you_mean

__all__ = ["carry_out", "deployment", "interruptible", "verify"]


def verify(settings: Settings, pytest_args: tuple[str, ...] = (), *, quiet: bool = False) -> Report:
    """Judge the deployment that `settings` name, or the bundled server when they name none, and show the result.

    Raises UsageError and TargetError before anything is judged. Sessions made on the way are deleted again, also after
    Ctrl-C and SIGTERM.
    """
    with deployment(settings) as settings, interruptible():
        suites = "suites/explore" if settings.explore == "only" else "suites"
        prepared = prepare(settings)
        more = _explorations(prepared, settings, quiet=quiet)
        report = carry_out([suites], prepared, settings, pytest_args, *more, quiet=quiet)
        render(report, Console(soft_wrap=False, highlight=False))
        return report


def _explorations(prepared: Prepared, settings: Settings, *, quiet: bool) -> list[object]:
    """What a thorough run does besides the suites."""
    if settings.effort is not Effort.THOROUGH or settings.explore in ("no", "only"):
        return []
    from sessionproof.fuzz.beside import Beside

    return [Beside(prepared, settings, Progress(Console(stderr=True, highlight=False), quiet=quiet))]


@contextmanager
def deployment(settings: Settings) -> Iterator[Settings]:
    """The settings with a deployment in them: the one that they name, or the bundled server, which ends with the block.

    Raises UsageError for a contract that the bundled server doesn't follow.
    """
    if settings.base_url:
        yield settings
        return
    if settings.node:
        raise UsageError(f"--node {settings.node[0]}: another node of what? Give the target's URL as well")
    contract, known = settings.contract or "fm-session-service", bundled_contracts()
    if contract not in known:
        hint = did_you_mean(contract, known) or f"it follows {', '.join(known)}"
        raise UsageError(f"--contract {contract}: not one of the bundled server's, and no URL was given; {hint}")
    clock = settings.clock or "control"
    name = clock.partition(":")[0]
    if name in ("redis", "faketime"):
        raise UsageError(f"--clock {name}: the bundled server has no such time; give a URL, or take another clock")
    with bundled_server(contract, *told_of_time(clock)) as url:
        baseline = settings.baseline or bundle_root() / "reference_server" / "baselines" / f"{contract}.toml"
        yield replace(settings, base_url=url, contract=contract, clock=clock, baseline=baseline)


@contextmanager
def interruptible() -> Iterator[None]:
    """SIGTERM ends a run like Ctrl-C: it cleans up, and reports what it has."""

    def stop(number: int, frame: object) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, stop)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def carry_out(
    checks: Sequence[str],
    prepared: Prepared,
    settings: Settings,
    pytest_args: tuple[str, ...],
    *plugins: object,
    quiet: bool,
) -> Report:
    """What the bundled `checks` (paths) found out, run by pytest apart from whatever folder we are called in."""
    root = bundle_root()
    hermetic = [
        f"-c{root / 'pytest.ini'}", f"--rootdir={root}", f"--confcutdir={root}", "-pno:cacheprovider", "--no-header",
    ]  # fmt: skip
    for name in ("PYTEST_ADDOPTS", "PYTEST_PLUGINS"):
        os.environ.pop(name, None)
    os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    showing, paths = _Showing(prepared, settings, quiet), [str(root / path) for path in checks]
    try:
        status = pytest.main([*hermetic, *pytest_args, *paths], plugins=[showing, _Quiet(), *plugins])
    finally:
        if prepared.run.clock is not None:
            prepared.run.clock.close()  # also where pytest didn't begin
    if showing.report is None:
        if status == pytest.ExitCode.USAGE_ERROR:
            raise UsageError("pytest didn't take the arguments after `--`; see above")
        raise SessionProofError("the suites ended without a report; see above")
    return showing.report


class _Showing:
    """Hands pytest the run, and shows progress in place of pytest's own output (unless -v asks for that)."""

    def __init__(self, prepared: Prepared, settings: Settings, quiet: bool) -> None:
        self._prepared, self._settings = prepared, settings
        self._progress = Progress(Console(stderr=True, highlight=False), quiet=quiet)
        self.report: Report | None = None

    @pytest.hookimpl(tryfirst=True)
    def pytest_configure(self, config: pytest.Config) -> None:
        config.stash[PREPARED], config.stash[SETTINGS] = self._prepared, self._settings
        config.stash[PROGRESS] = self._progress

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        self._progress.start(len(session.items))

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        for result in from_properties(getattr(report, "user_properties", []))[:1]:
            self._progress.step(result.name, result.verdict, load_requirements().get(result.requirement))

    @pytest.hookimpl(wrapper=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> Any:
        try:
            return (yield)
        finally:
            self._progress.stop()
            self.report = session.config.stash.get(REPORT, None)


class _Quiet:
    """Takes pytest's own output away, unless -v asked for it."""

    @pytest.hookimpl(trylast=True)
    def pytest_configure(self, config: pytest.Config) -> None:
        reporter = config.pluginmanager.get_plugin("terminalreporter")
        if config.option.verbose <= 0 and reporter is not None:
            config.pluginmanager.unregister(reporter)
