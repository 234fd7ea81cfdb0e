"""Hooks that judge: each marked test becomes a check result, and the session ends with verdicts and reports."""

from __future__ import annotations

import time
from collections.abc import Generator
from datetime import UTC, datetime
from typing import Any

import pytest

from sessionproof.baseline import load
from sessionproof.judge import lacking
from sessionproof.outputs import write_reports
from sessionproof.plugin.exploring import is_exploring
from sessionproof.plugin.findings import NotJudged, findings, from_properties, to_properties
from sessionproof.plugin.stash import EXPECT, REPORT, requirement_of_item
from sessionproof.plugin.timed import is_timed
from sessionproof.plugin.workers import together_on_one_worker
from sessionproof.prepare import Prepared
from sessionproof.report.document import Report
from sessionproof.report.making import STOPPED, make_report
from sessionproof.report.words import by_need, headline, pending
from sessionproof.requirements import load_requirements, select
from sessionproof.run import TargetLost
from sessionproof.settings import Settings
from sessionproof.verdicts import CheckResult, Exit, Verdict

__all__ = ["Judging"]

_LETTERS = {Verdict.NOT_APPLICABLE: "n", Verdict.UNPROVEN: "U", Verdict.ERROR: "E", Verdict.NOT_SELECTED: "-"}


def races(item: pytest.Item) -> bool:
    """Whether the test has calls meet. It comes after those of its requirement that are easier to repeat."""
    return "bursts" in getattr(item, "fixturenames", ())


class Judging:
    """One per pytest session that has a target."""

    def __init__(self, config: pytest.Config, prepared: Prepared, settings: Settings) -> None:
        self.config, self.settings, self.prepared, self.run = config, settings, prepared, prepared.run
        self.worker = hasattr(config, "workerinput")
        self.started, self.clock = datetime.now(UTC), time.monotonic()
        self.results: list[CheckResult] = []
        self.broken: list[str] = []  # collection errors
        self.looked_at: set[str] = set()
        self.interrupted = False
        self.others_failed = False  # tests that name no requirement, and anything that failed after its test
        self.baseline = load(settings.baseline) if settings.baseline else None
        self.wanted = select(settings.only)
        self.report: Report | None = None

    # Collection

    def pytest_collection_modifyitems(self, config: pytest.Config, items: list[pytest.Item]) -> None:
        known = load_requirements()
        kept: list[pytest.Item] = []
        dropped: list[pytest.Item] = []
        for item in items:
            named = requirement_of_item(item)
            if named and named not in known:
                raise pytest.UsageError(
                    f"{item.nodeid}: no requirement {named}; `sessionproof requirements` lists them"
                )
            asked_for = not named or (named in self.wanted and self._takes(item))
            (kept if asked_for else dropped).append(item)
        if dropped:
            config.hook.pytest_deselected(items=dropped)
        order = {id: place for place, id in enumerate(known)}

        def place(item: pytest.Item) -> tuple[bool, bool, int, bool]:
            """Walks come after the checks: what those find is repeated more easily."""
            return is_timed(item), is_exploring(item), order.get(requirement_of_item(item), -1), races(item)

        items[:] = sorted(kept, key=place)

    def _takes(self, item: pytest.Item) -> bool:
        """Whether random walks, or checks that are none, are part of this run."""
        return self.settings.explores if is_exploring(item) else self.settings.explore != "only"

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        self.looked_at = {named for item in session.items if (named := requirement_of_item(item))}

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        if report.failed:
            self.broken.append(f"{report.nodeid}: {report.longreprtext.splitlines()[-1]}")

    # One test

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_setup(self, item: pytest.Item) -> None:
        self.run.begin(item.name)
        named = requirement_of_item(item)
        if not named:
            return
        if self.run.lost:
            raise TargetLost(self.run.lost)
        if is_timed(item) and self.worker and self.run.clock is not None and self.run.clock.jumps:
            words = "a clock that jumps ends the sessions of other workers; run without -n, or with --clock wall"
            raise NotJudged(Verdict.UNPROVEN, words)
        lack = lacking(load_requirements()[named], self.run.contract.capabilities, self.run.means)
        if lack is not None:
            verdict, names = lack
            raise NotJudged(
                verdict,
                f"{'not declared' if verdict is Verdict.NOT_APPLICABLE else 'needs'}: {', '.join(names)}",
            )

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item, call: pytest.CallInfo[None]
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        report = yield
        named = requirement_of_item(item)
        error = call.excinfo.value if call.excinfo else None
        if not named or call.when == "teardown" or (call.when == "setup" and error is None):
            return report
        found = list(findings(item.name, named, error, item.stash.get(EXPECT, None), self.run))
        report.user_properties.append(to_properties(found))
        self._show(report, max(found, key=lambda result: result.verdict is Verdict.FAILED))
        if isinstance(error, TargetLost):
            item.session.shouldstop = str(error)
        return report

    def _show(self, report: pytest.TestReport, own: CheckResult) -> None:
        if own.verdict in (Verdict.FAILED, Verdict.ERROR):
            report.outcome = "failed"
            if own.evidence:
                shown = own.evidence[0]
                sentence = load_requirements()[own.requirement].sentence
                report.longrepr = (
                    f"{own.requirement}: {sentence}\nexpected  {shown.expected}\nseen      {shown.seen}\n\n"
                    f"{shown.exchange}\n\nrepeat:\n{own.repeat}"
                )
        elif own.verdict is not Verdict.PASSED:
            report.outcome = "skipped"
            report.longrepr = (report.nodeid, 0, own.reason)

    def pytest_report_teststatus(self, report: pytest.TestReport) -> tuple[str, str, str] | None:
        found = from_properties(getattr(report, "user_properties", []))
        if not found or report.when == "teardown" or found[0].verdict not in _LETTERS:
            return None
        verdict = found[0].verdict
        return (
            "error" if verdict is Verdict.ERROR else verdict.value,
            _LETTERS[verdict],
            verdict.value.upper(),
        )

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        found = from_properties(report.user_properties) if report.when != "teardown" else []
        self.results += found
        self.others_failed |= report.failed and not found

    # The end

    def pytest_internalerror(self, excrepr: object) -> None:
        self.broken.append(f"pytest failed: {str(excrepr).splitlines()[-1]}")

    def pytest_keyboard_interrupt(self) -> None:
        self.interrupted = True

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        left = self.run.clean_up()
        requests = self.run.recorder.count
        self.run.close()
        if self.worker:
            told = [list(left), requests, self.run.lost, sorted(self.looked_at)]
            self.config.workeroutput["sessionproof"] = told  # type: ignore[attr-defined]
            return
        self.report = self._report(left, requests)
        self.config.stash[REPORT] = self.report
        write_reports(self.report, self.settings)
        if int(session.exitstatus) in (0, 1, 2, 5):
            session.exitstatus = self._exitstatus(int(session.exitstatus), self.report.exit)

    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        if self.report is None:
            return
        terminalreporter.write_sep("=", "sessionproof")
        for need, same in by_need(pending(self.report, Verdict.UNPROVEN)).items():
            names = " ".join(result.requirement.id for result in same)
            terminalreporter.write_line(f"unproven, {need}: {names}")
        for line in (*self.report.stale, *(f"left behind: {session}" for session in self.report.left_behind)):
            terminalreporter.write_line(line)
        said = headline(self.report)
        terminalreporter.write_line(" \u00b7 ".join((said.word, *said.parts)))

    @pytest.hookimpl(optionalhook=True)
    def pytest_xdist_make_scheduler(self, config: pytest.Config, log: Any) -> Any:
        return together_on_one_worker(config, log) if config.getoption("dist") == "load" else None

    @pytest.hookimpl(optionalhook=True)
    def pytest_configure_node(self, node: Any) -> None:
        node.workerinput["sessionproof_seed"] = self.run.seed

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any) -> None:
        told = getattr(node, "workeroutput", {}).get("sessionproof", ([], 0, "", []))
        left, requests, lost, looked_at = told
        self.elsewhere = (*self.elsewhere, *left)
        self.run.lost = self.run.lost or lost
        self.looked_at |= set(looked_at)
        self.run.recorder.count += requests

    elsewhere: tuple[str, ...] = ()

    def waited(self) -> float:
        timed = self.config.pluginmanager.get_plugin("sessionproof-timed")
        return timed.moments.longest if timed is not None else 0.0

    def _exitstatus(self, pytests: int, ours: Exit) -> int:
        """Unmarked tests that failed count as well; no tests at all is ours to judge."""
        if not self.results and not self.judges_the_suites:
            return pytests  # a run of other tests, which happened to be given a target
        return 1 if self.others_failed else int(ours)

    def _report(self, left: tuple[str, ...], requests: int) -> Report:
        seconds = time.monotonic() - self.clock
        return make_report(
            self.prepared.ran(self.started, seconds, requests, (*left, *self.elsewhere), self.waited()),
            self.results,
            selected=self._selected(),
            baseline=self.baseline,
            broken=self.broken,
            interrupted=self._interrupted(),
        )

    def _selected(self) -> frozenset[str]:
        narrowed = self.config.option.keyword or self.config.option.markexpr or not self.judges_the_suites
        return frozenset(self.looked_at) if narrowed else self.wanted

    @property
    def judges_the_suites(self) -> bool:
        """Whether the bundled suites were asked for as a whole, not some tests of a user's own."""
        return any(str(argument).rstrip("/").endswith("suites") for argument in self.config.args)

    def _interrupted(self) -> tuple[Verdict, str] | None:
        if self.run.lost:
            return Verdict.ERROR, self.run.lost
        if self.broken:
            return Verdict.ERROR, "the suites could not be loaded"
        return STOPPED if self.interrupted else None
