"""The end of a run, on a terminal or in a log."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.table import Table

from sessionproof.report.happened import happened
from sessionproof.report.load_terminal import render_load
from sessionproof.report.paper import Paper
from sessionproof.report.progress import Progress
from sessionproof.report.text import cut
from sessionproof.report.words import by_need, count, headline, help_for, pending
from sessionproof.verdicts import MEASURED, CheckResult, Evidence, RequirementResult, Verdict

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import Console

    from sessionproof.report.document import Report

__all__ = ["STYLES", "Progress", "render"]

STYLES = {
    Verdict.PASSED: "green",
    Verdict.FAILED: "bold red",
    Verdict.WARNED: "yellow",
    Verdict.UNPROVEN: "magenta",
    Verdict.ERROR: "red",
    Verdict.NOT_APPLICABLE: "dim",
    Verdict.NOT_SELECTED: "dim",
}

_WORD_STYLES = {"PROVEN": "bold green", "UNPROVEN": "bold magenta", "STALE BASELINE": "bold magenta"}
_COLUMNS = {Verdict.NOT_APPLICABLE: "n/a"}  # the other columns are headed by the verdict
_EXCHANGE = {"lines": 25, "columns": 400}
_SHORT = {"lines": 3, "columns": 200}
_CALLS = 8
_EVIDENCE, _OBSERVED, _LEFT = 3, 12, 3  # so many are shown; the other reports have them all


def render(report: Report, console: Console) -> None:
    """Writes what the run found out: failures in full, everything else shortly, the verdict last.

    Degrades to plain ASCII text on a console that can't do more, and never fails on what a target sent.
    """
    paper = Paper(console)
    _header(report, paper)
    _groups(report, paper)
    _failed(pending(report, Verdict.FAILED), paper)
    _warned(pending(report, Verdict.WARNED), paper)
    _errors(pending(report, Verdict.ERROR), paper)
    _unproven(pending(report, Verdict.UNPROVEN), paper)
    _baseline(report, paper)
    _observed(report.results, paper)
    _left_behind(report.left_behind, paper)
    if report.load is not None:
        render_load(report.load, paper)
    _verdict(report, paper)


def _header(report: Report, paper: Paper) -> None:
    why = f" ({report.recognised})" if report.recognised else ""
    run = f"clock {report.clock} · effort {report.effort} · seed {report.seed}"
    paper.line((report.target, "bold"), f" · {report.contract}{why} · {run}", hang=2)
    for note in report.notes:
        paper.field("note:", note, indent=0, hang=6)


def _groups(report: Report, paper: Paper) -> None:
    table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False, header_style="")
    table.add_column("", no_wrap=True, overflow="fold")
    for verdict in STYLES:
        table.add_column(paper.text(_COLUMNS.get(verdict, verdict.value), "dim"), justify="right", overflow="fold")
    for group in dict.fromkeys(result.requirement.group for result in report.results):
        verdicts = [result.verdict for result in report.results if result.requirement.group == group]
        table.add_row(
            paper.text(group),
            *(paper.text(str(verdicts.count(each) or ""), style) for each, style in STYLES.items()),
        )
    total = report.summary
    table.add_row(
        paper.text("total", "bold"),
        *(paper.text(str(total[each]), style if total[each] else "dim") for each, style in STYLES.items()),
    )
    paper.blank()
    paper.console.print(table)


def _title(paper: Paper, title: str, style: str) -> None:
    paper.blank()
    paper.line((title, style))


def _failed(results: Sequence[RequirementResult], paper: Paper) -> None:
    if not results:
        return
    _title(paper, f"FAILED ({len(results)})", STYLES[Verdict.FAILED])
    for result in results:
        paper.blank()
        _requirement(result, "✗", STYLES[Verdict.FAILED], paper)
        if result.reason and not result.evidence:
            paper.field("reason", cut(result.reason, **_SHORT))
        for check in result.checks:
            if check.verdict is Verdict.FAILED:
                _check(check, paper)


def _requirement(result: RequirementResult, glyph: str, style: str, paper: Paper) -> None:
    requirement = result.requirement
    paper.line((f"{glyph} {requirement.id}", style), f" {requirement.level}  {requirement.sentence}", hang=4)


def _check(check: CheckResult, paper: Paper) -> None:
    paper.field("check", check.name)
    for evidence in check.evidence[:_EVIDENCE]:
        _evidence(evidence, paper)
    hidden = len(check.evidence) - _EVIDENCE
    if hidden > 0:
        paper.line((f"and {hidden} more like this, in the JSON and HTML reports", "dim"), indent=4)
    if check.repeat:
        paper.line(("repeat:", "dim"), indent=4)
        paper.raw(check.repeat.strip("\n"))


def _evidence(evidence: Evidence, paper: Paper) -> None:
    paper.field("expected", cut(evidence.expected, **_EXCHANGE))
    paper.field("seen", cut(evidence.seen, **_EXCHANGE))
    if evidence.timeline is not None:
        paper.line(("calls", "dim"), indent=4)
        for line in happened(evidence.timeline, _CALLS):
            paper.line(cut(line, **_SHORT), indent=6, hang=8)
    if evidence.exchange:
        paper.line(("exchange", "dim"), indent=4)
        paper.line(cut(evidence.exchange, **_EXCHANGE), indent=6, hang=6)


def _warned(results: Sequence[RequirementResult], paper: Paper) -> None:
    if not results:
        return
    _title(paper, f"WARNED ({len(results)})", STYLES[Verdict.WARNED])
    for result in results:
        _requirement(result, "!", STYLES[Verdict.WARNED], paper)
        for evidence in result.evidence[:1]:
            paper.field("expected", cut(evidence.expected, **_SHORT))
            paper.field("seen", cut(evidence.seen, **_SHORT))
        if result.reason and not result.evidence:
            paper.field("reason", result.reason)


def _errors(results: Sequence[RequirementResult], paper: Paper) -> None:
    if not results:
        return
    _title(paper, f"ERROR ({len(results)})", STYLES[Verdict.ERROR])
    for reason in dict.fromkeys(result.reason for result in results):
        same = [result for result in results if result.reason == reason]
        _ids(reason or "no reason given", same, paper)


def _unproven(results: Sequence[RequirementResult], paper: Paper) -> None:
    if not results:
        return
    _title(paper, f"UNPROVEN ({len(results)})", STYLES[Verdict.UNPROVEN])
    for need, same in by_need(results).items():
        _ids(need, same, paper)
        for help_line in help_for(same[0]):
            paper.line(help_line, indent=4, hang=6)


def _ids(what: str, results: Sequence[RequirementResult], paper: Paper) -> None:
    ids = " ".join(result.requirement.id for result in results)
    paper.line(f"{cut(what, **_SHORT)} ({len(results)}): ", (ids, "bold"), indent=2, hang=4)


def _baseline(report: Report, paper: Paper) -> None:
    accepted = [each for each in report.results if each.accepted]
    if accepted:
        _title(paper, f"ACCEPTED BY THE BASELINE ({len(accepted)})", "bold")
        for verdict in dict.fromkeys(each.verdict for each in accepted):
            for need, same in by_need(each for each in accepted if each.verdict is verdict).items():
                _ids(f"{verdict}, {need}" if same[0].missing else str(verdict), same, paper)
    if report.stale:
        _title(paper, f"STALE BASELINE ({len(report.stale)})", STYLES[Verdict.UNPROVEN])
        for line in report.stale:
            paper.line(line, indent=2, hang=4)


def _observed(results: Sequence[RequirementResult], paper: Paper) -> None:
    found = [(result.requirement.id, text) for result in results for text in result.observed]
    lines = [(name, text) for name, text in found if not text.startswith(MEASURED)]
    if not lines:
        return
    _title(paper, f"OBSERVED, NOT DECLARED ({len(lines)})", "bold")
    for name, text in lines[:_OBSERVED]:
        paper.field(name, cut(text, **_SHORT), indent=2, hang=4 + len(name))
    if len(lines) > _OBSERVED:
        paper.line((f"and {len(lines) - _OBSERVED} more, in the JSON and HTML reports", "dim"), indent=2)


def _left_behind(sessions: Sequence[str], paper: Paper) -> None:
    """A session each, as `ID: why`; told once for each reason."""
    if not sessions:
        return
    paper.blank()
    what = count(len(sessions), "session was", "sessions were")
    paper.line((f"{what} left behind on the target", "yellow"))
    reasons: dict[str, list[str]] = {}
    for session, _, reason in (line.partition(": ") for line in sessions):
        reasons.setdefault(reason, []).append(session)
    for reason, same in reasons.items():
        more = f" and {len(same) - _LEFT} more" if len(same) > _LEFT else ""
        paper.line(f"{reason}: " * bool(reason) + ", ".join(same[:_LEFT]) + more, indent=2, hang=4)


def _verdict(report: Report, paper: Paper) -> None:
    line = headline(report)
    parts = (line.word, _WORD_STYLES.get(line.word, "bold red")), f"  {' · '.join(line.parts)}"
    paper.blank()
    if paper.console.is_terminal:
        paper.line(*parts, hang=2)
    else:  # one physical line, so that `tail -1` of a log is the verdict
        paper.unwrapped(*parts)
