"""The JUnit report loads in strict parsers and is red exactly where the run is."""

from __future__ import annotations

from typing import TYPE_CHECKING
from xml.etree import ElementTree

import pytest

from sessionproof.report.junit import write_junit
from sessionproof.requirements import GROUPS
from sessionproof.verdicts import Evidence, Exit, RequirementResult, Verdict, exit_code

from .sample import EXCHANGE, REPEAT, broken, hostile, lacking, other, passed, report_of, requirement, sample

if TYPE_CHECKING:
    from pathlib import Path
    from xml.etree.ElementTree import Element

    from sessionproof.report.document import Report

# What the schema of Jenkins' xUnit plugin allows: element -> attributes, children.
ALLOWED = {
    "testsuites": ({"name", "time", "tests", "failures", "errors", "skipped"}, {"testsuite"}),
    "testsuite": (
        {"name", "tests", "failures", "errors", "skipped", "timestamp"},
        {"properties", "testcase"},
    ),
    "properties": (set[str](), {"property"}),
    "property": ({"name", "value"}, set[str]()),
    "testcase": ({"name", "assertions", "time", "classname"}, {"skipped", "error", "failure", "system-out"}),
    "skipped": ({"message"}, set[str]()),
    "error": ({"type", "message"}, set[str]()),
    "failure": ({"type", "message"}, set[str]()),
    "system-out": (set[str](), set[str]()),
}


def written(report: Report, folder: Path) -> Element:
    """The file's root, read back by expat, which refuses what isn't well-formed."""
    file = folder / "junit.xml"
    write_junit(report, file)
    return ElementTree.fromstring(file.read_bytes())


def case_of(result: RequirementResult, folder: Path) -> Element:
    """The only test case of a report with this one result."""
    case = written(report_of(result), folder).find("testsuite/testcase")
    assert case is not None
    return case


@pytest.mark.parametrize("report", [sample(), hostile()], ids=["sample", "hostile"])
def test_every_element_is_one_that_consumers_know(report: Report, tmp_path: Path) -> None:
    for element in written(report, tmp_path).iter():
        attributes, children = ALLOWED[element.tag]
        assert set(element.attrib) <= attributes
        assert {child.tag for child in element} <= children


def test_a_suite_for_each_group_and_a_case_for_each_requirement(tmp_path: Path) -> None:
    root = written(sample(), tmp_path)
    names = [suite.get("name") for suite in root]
    assert names == [*(f"sessionproof.{group}" for group in GROUPS), "sessionproof.baseline"]
    cases = [(case.get("classname"), case.get("name")) for case in root.iter("testcase")][:-1]
    expected = [result.requirement for result in sample().results]
    assert cases == [(f"sessionproof.{each.group}", f"{each.id} {each.sentence}") for each in expected]


def test_the_counts_add_up(tmp_path: Path) -> None:
    root = written(sample(), tmp_path)
    for key in ("tests", "failures", "errors", "skipped"):
        assert int(root.attrib[key]) == sum(int(suite.attrib[key]) for suite in root)
    summary = sample().summary
    assert root.get("failures") == str(summary["failed"])
    # one unproven is accepted, and the stale entry is an error of its own
    assert root.get("errors") == str(summary["unproven"] - 1 + summary["error"] + 1)


def test_a_failure_tells_expected_seen_exchange_and_repeat(tmp_path: Path) -> None:
    failure = case_of(broken("RES-01", Evidence("one id", "two ids", EXCHANGE)), tmp_path).find("failure")
    assert failure is not None
    assert failure.get("message") == "expected: one id; seen: two ids"
    assert EXCHANGE in (failure.text or "")
    assert REPEAT in (failure.text or "")


@pytest.mark.parametrize(
    ("result", "tag", "kind"),
    [
        (lacking("EXP-01", "clock"), "error", "unproven"),
        (other("SEC-03", Verdict.ERROR, "set-up failed"), "error", "error"),
        (broken("RES-01"), "failure", "failed"),
    ],
)
def test_what_is_not_proven_is_red(result: RequirementResult, tag: str, kind: str, tmp_path: Path) -> None:
    (outcome,) = case_of(result, tmp_path)
    assert (outcome.tag, outcome.get("type")) == (tag, kind)


@pytest.mark.parametrize(
    ("result", "message"),
    [
        (
            lacking("EXP-01", "clock", accepted="no clock yet"),
            "unproven, accepted by the baseline: no clock yet",
        ),
        (other("CAS-01", Verdict.NOT_APPLICABLE, "no cases"), "not applicable: no cases"),
        (other("CON-01", Verdict.NOT_SELECTED, ""), "not selected"),
    ],
)
def test_what_does_not_count_is_skipped_and_says_why(result: RequirementResult, message: str, tmp_path: Path) -> None:
    (outcome,) = case_of(result, tmp_path)
    assert (outcome.tag, outcome.get("message")) == ("skipped", message)


def test_a_warned_one_passes_and_says_so(tmp_path: Path) -> None:
    (outcome,) = case_of(broken("ISO-04", verdict=Verdict.WARNED), tmp_path)
    assert outcome.tag == "system-out"
    assert (outcome.text or "").startswith("warned, not failed")


def test_observations_are_kept_with_a_passing_case(tmp_path: Path) -> None:
    (outcome,) = case_of(passed("LIF-01", ("ids are UUIDs",)), tmp_path)
    assert (outcome.tag, outcome.text) == ("system-out", "observed: ids are UUIDs")


@pytest.mark.parametrize("verdict", list(Verdict))
@pytest.mark.parametrize("accepted", ["", "for now"])
def test_the_file_is_red_exactly_where_the_exit_code_is(verdict: Verdict, accepted: str, tmp_path: Path) -> None:
    result = RequirementResult(requirement("RES-01"), verdict, accepted=accepted)
    root = written(report_of(result), tmp_path)
    red = int(root.attrib["failures"]) + int(root.attrib["errors"]) > 0
    passed = RequirementResult(requirement("RES-02"), Verdict.PASSED)
    assert red is (exit_code([result, passed], stale_baseline=False) is not Exit.PROVEN)


def test_what_xml_cannot_hold_is_escaped_visibly(tmp_path: Path) -> None:
    root = written(hostile(), tmp_path)
    text = "".join([*root.itertext(), *(value for each in root.iter() for value in each.attrib.values())])
    assert "\\x1b[31m[red]bold[/red]\\x1b]0;title\\x07 <script>alert(1)</script>" in text
    assert "\\x00\\x85\\u202e\\ud800" in text
    assert "\x85" not in text


def test_an_enormous_exchange_is_cut_with_a_mark(tmp_path: Path) -> None:
    huge = Evidence("one", "two", "first\n" + "x" * 5_000_000 + "\n" * 5_000 + "last")
    failure = case_of(broken("RES-01", huge), tmp_path).find("failure")
    assert failure is not None
    assert failure.text is not None
    assert len(failure.text) < 20_000
    assert "characters not shown" in failure.text
    assert "lines not shown" in failure.text
    assert "first" in failure.text
    assert "last" in failure.text
