"""The JUnit report: a test suite for each group, a test case for each requirement."""

from __future__ import annotations

from typing import TYPE_CHECKING
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from sessionproof.report.files import save
from sessionproof.report.happened import happened
from sessionproof.report.text import cut, visible
from sessionproof.verdicts import RequirementResult, Verdict

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from sessionproof.report.document import Report

__all__ = ["write_junit"]

_LINES, _COLUMNS = 200, 2_000  # of one exchange; the JSON report has it all
_CALLS = 24


def write_junit(report: Report, file: Path) -> None:
    """Writes one JUnit file that is red exactly where the run's exit code is.

    Failed is a failure. An error, an unproven requirement and a stale baseline entry are errors.
    What the baseline accepts, what doesn't apply and what wasn't selected is skipped, and says so.
    """
    root = Element("testsuites", name="sessionproof")
    for group in dict.fromkeys(result.requirement.group for result in report.results):
        suite = _suite(root, group, report)
        for result in report.results:
            if result.requirement.group == group:
                _case(suite, result)
    if report.stale:
        _stale(_suite(root, "baseline", report), report.stale)
    for suite in root:
        _count(suite, [suite])
    _count(root, root)
    root.set("time", f"{report.duration_s:.3f}")
    indent(root)
    save(file, tostring(root, encoding="utf-8", xml_declaration=True) + b"\n")


def _suite(root: Element, group: str, report: Report) -> Element:
    suite = _add(root, "testsuite", name=f"sessionproof.{group}", timestamp=report.started)
    properties = SubElement(suite, "properties")
    for name in ("target", "contract", "clock", "effort", "seed", "version"):
        _add(properties, "property", name=name, value=str(getattr(report, name)))
    return suite


def _case(suite: Element, result: RequirementResult) -> None:
    requirement, verdict = result.requirement, result.verdict
    case = _add(
        suite,
        "testcase",
        classname=f"sessionproof.{requirement.group}",
        name=f"{requirement.id} {requirement.sentence}",
        assertions=str(result.exercised),
        time="0",
    )
    if result.accepted:
        _add(case, "skipped", message=f"{verdict}, accepted by the baseline: {result.accepted}")
    elif verdict in (Verdict.NOT_APPLICABLE, Verdict.NOT_SELECTED):
        _add(case, "skipped", message=f"{verdict}: {result.reason}" if result.reason else verdict.value)
    elif verdict is Verdict.FAILED:
        _add(case, "failure", _story(result), message=_message(result), type=verdict.value)
    elif verdict in (Verdict.ERROR, Verdict.UNPROVEN):
        _add(case, "error", _story(result), message=_message(result), type=verdict.value)
    elif verdict is Verdict.WARNED:
        _add(case, "system-out", f"warned, not failed: the requirement is a SHOULD\n\n{_story(result)}")
    if result.observed:
        _add(case, "system-out", "\n".join(f"observed: {text}" for text in result.observed))


def _stale(suite: Element, lines: Iterable[str]) -> None:
    for line in lines:
        case = _add(suite, "testcase", classname="sessionproof.baseline", name=line, assertions="1", time="0")
        _add(case, "error", message=line, type="stale baseline")


def _message(result: RequirementResult) -> str:
    if not result.evidence:
        return result.reason or result.verdict.value
    first = result.evidence[0]
    return f"expected: {first.expected}; seen: {first.seen}"


def _story(result: RequirementResult) -> str:
    parts = [result.reason]
    if result.missing:
        parts.append(f"missing: {', '.join(result.missing)}")
    for evidence in result.evidence:
        parts.append(f"expected: {evidence.expected}\nseen: {evidence.seen}")
        if evidence.timeline is not None:
            parts.append("\n".join(("calls:", *happened(evidence.timeline, _CALLS))))
        parts.append(cut(evidence.exchange, lines=_LINES, columns=_COLUMNS))
    if result.repeat:
        parts.append(f"repeat:\n{result.repeat}")
    return "\n\n".join(part for part in parts if part)


def _add(parent: Element, tag: str, text: str = "", /, **attributes: str) -> Element:
    element = SubElement(parent, tag, {name: visible(value) for name, value in attributes.items()})
    element.text = visible(text) or None
    return element


def _count(element: Element, suites: Iterable[Element]) -> None:
    cases = [case for suite in suites for case in suite.iter("testcase")]
    element.set("tests", str(len(cases)))
    for name, tag in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
        element.set(name, str(sum(case.find(tag) is not None for case in cases)))
