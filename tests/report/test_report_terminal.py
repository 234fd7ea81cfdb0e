"""The end of a run tells everything, on any console, and obeys nothing that a target sent."""

from __future__ import annotations

import io
import re
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from rich.console import Console

from sessionproof.report.terminal import render
from sessionproof.verdicts import CheckResult, Evidence, Exit, RequirementResult, Verdict

from .sample import EXCHANGE, REPEAT, broken, hostile, lacking, other, passed, report_of, requirement, sample

if TYPE_CHECKING:
    from sessionproof.report.document import Report

HARMLESS = "\\x1b[31m[red]bold[/red]\\x1b]0;title\\x07"


def shown(report: Report, width: int = 80, encoding: str = "utf-8", **options: object) -> str:
    """What a console of this width and encoding would get, as text."""
    stream = io.TextIOWrapper(io.BytesIO(), encoding=encoding, newline="\n")
    console = Console(file=stream, width=width, **options)  # type: ignore[arg-type]
    render(report, console)
    stream.flush()
    return stream.buffer.getvalue().decode(encoding)


def squeezed(text: str) -> str:
    """The text without line breaks and indentation."""
    return re.sub(r"\s+", " ", text)


@pytest.fixture(autouse=True)
def _a_plain_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("NO_COLOR", "FORCE_COLOR", "TTY_COMPATIBLE", "TERM", "COLORTERM", "COLUMNS"):
        monkeypatch.delenv(name, raising=False)


@pytest.mark.parametrize("width", [40, 80, 120, 200])
def test_no_sentence_of_a_shown_requirement_is_lost(width: int) -> None:
    text = squeezed(shown(sample(), width))
    for result in sample().results:
        if result.verdict in (Verdict.FAILED, Verdict.WARNED):
            assert f"{result.requirement.id} {result.requirement.level} {result.requirement.sentence}" in text


@pytest.mark.parametrize("width", [80, 120])
def test_nothing_but_scripts_and_the_last_line_is_wider_than_the_console(width: int) -> None:
    lines = shown(sample(), width).replace(REPEAT, "").rstrip("\n").split("\n")
    assert max(map(len, lines[:-1])) <= width


def test_the_header_says_what_the_run_was() -> None:
    text = squeezed(shown(sample()))
    assert text.startswith(
        "http://localhost:8002 · fm-session-service (its /openapi.json is titled FM Session Service)"
        " · clock none · effort normal · seed 4711"
    )


def test_the_table_counts_by_group_and_leaves_zeros_out() -> None:
    rows = {line.split()[0]: line.split()[1:] for line in shown(sample()).split("\n")[:20] if line.strip()}
    assert rows["resumption"] == ["4", "1", "1"]
    assert rows["total"] == [str(number) for number in (12, 2, 1, 10, 1, 5, 1)]


def test_a_failure_is_told_in_full() -> None:
    text = shown(report_of(broken("RES-01", Evidence("one id", "two ids", EXCHANGE))), 300)
    for piece in (
        "✗ RES-01 MUST",
        "expected  one id",
        "seen      two ids",
        *EXCHANGE.split("\n"),
    ):
        assert piece in text


@pytest.mark.parametrize("width", [40, 80])
@pytest.mark.parametrize("terminal", [True, False])
def test_the_script_can_be_copied_as_it_is(width: int, terminal: bool) -> None:
    text = shown(sample(), width, force_terminal=terminal)
    assert f"\n{REPEAT}\n" in text  # tabs, brackets and long lines included


def test_a_long_exchange_is_cut_with_a_mark_and_keeps_its_ends() -> None:
    body = "\n".join(f"line {number}" for number in range(1000))
    text = shown(report_of(broken("RES-01", Evidence("one", "two", f"GET /x\n{body}\n{'y' * 5000}\nthe end"))))
    section = text[text.index("exchange") : text.index("repeat:")]
    assert "GET /x" in section
    assert "the end" in section
    assert re.search(r"\[… \d+ lines not shown …\]", section)
    assert "4,600 characters not shown" in section
    assert section.count("\n") < 40


def test_many_pieces_of_evidence_are_counted_not_listed() -> None:
    evidence = [Evidence(f"one {number}", "two") for number in range(50)]
    text = shown(report_of(broken("RES-01", *evidence)))
    assert text.count("expected  ") == 3
    assert "and 47 more like this" in text


def test_unproven_ones_are_grouped_by_what_is_missing_with_what_helps() -> None:
    results = [lacking("EXP-01", "clock"), lacking("CON-08", "clock", "nodes"), lacking("EXP-02", "clock")]
    text = shown(report_of(*results, other("MSG-02", Verdict.UNPROVEN, "nothing was exercised")), 120)
    assert "needs a clock (2): EXP-01 EXP-02\n" in text
    assert "needs a clock and a second node (1): CON-08\n" in text
    assert "nothing was exercised (1): MSG-02\n" in text
    assert "--clock wall, scaled:SECONDS_PER_MINUTE, control" in text
    assert "--node URL" in text


def test_errors_with_one_reason_are_one_line() -> None:
    dead = [other(name, Verdict.ERROR, "connection refused") for name in ("LIF-01", "LIF-03", "RES-01")]
    assert "connection refused (3): LIF-01 LIF-03 RES-01\n" in shown(report_of(*dead, exit=Exit.TARGET))


def test_what_the_baseline_accepts_is_one_line_and_not_a_failure() -> None:
    accepted = replace(broken("RES-01"), accepted="known")
    text = shown(report_of(accepted, lacking("EXP-01", "clock", accepted="no clock"), exit=Exit.PROVEN), 120)
    assert "ACCEPTED BY THE BASELINE (2)\n  failed (1): RES-01\n  unproven, needs a clock (1): EXP-01\n" in text
    assert "✗" not in text
    assert "UNPROVEN" not in text


def test_stale_entries_observations_and_sessions_left_behind_are_shown() -> None:
    text = shown(sample(), 120)
    assert "baseline.toml: RES-02 is passed now, no longer failed: remove the entry" in text
    assert "CAS-01  a read shows current_case_id: null" in text
    assert "1 session was left behind on the target\n" in text
    assert "b21c90aa-3a5e-4c58-9a35-0d6a54be7f11" in text
    many = replace(sample(), left_behind=tuple(f"id-{number}" for number in range(500)))
    assert "id-2 and 497 more" in shown(many, 200)


@pytest.mark.parametrize(
    ("report", "last"),
    [
        (
            report_of(broken("RES-01"), broken("ISO-02"), passed("LIF-01"), lacking("CON-08", "nodes", "clock")),
            "FAILED  RES-01, ISO-02 broken · 1 passed · 1 unproven (needs clock, nodes)"
            " · 312 requests in 4.1 s · exit 1",
        ),
        (report_of(passed("LIF-01"), exit=Exit.PROVEN), "PROVEN  1 passed · 312 requests in 4.1 s · exit 0"),
        (
            report_of(other("CAS-01", Verdict.NOT_APPLICABLE, "no cases"), exit=Exit.PROVEN),
            "NOTHING JUDGED  0 passed · 312 requests in 4.1 s · exit 0",
        ),
        (
            replace(report_of(passed("LIF-01"), exit=Exit.UNPROVEN), stale=("x", "y"), requests=1, duration_s=125),
            "STALE BASELINE  1 passed · 2 stale baseline entries · 1 request in 2 min 5 s · exit 2",
        ),
        (
            replace(report_of(passed("EXP-01"), exit=Exit.PROVEN), duration_s=64.2, waited_s=60.75),
            "PROVEN  1 passed · 312 requests in 64.2 s (waited 60.8 s) · exit 0",
        ),
        (
            replace(report_of(lacking("EXP-01", "clock"), exit=Exit.UNPROVEN), stale=("x",)),
            "UNPROVEN  0 passed · 1 unproven (needs clock) · 1 stale baseline entry · 312 requests in 4.1 s · exit 2",
        ),
        (
            report_of(other("SEC-03", Verdict.ERROR, "dead"), exit=Exit.TARGET),
            "ERROR  1 not judged (error) · 0 passed · 312 requests in 4.1 s · exit 3",
        ),
    ],
)
def test_the_last_line_is_the_verdict(report: Report, last: str) -> None:
    assert shown(report).rstrip("\n").split("\n")[-1] == last


def test_the_last_line_is_one_line_in_a_log_whatever_was_missing() -> None:
    assert shown(hostile()).rstrip("\n").split("\n")[-1].startswith("FAILED  LIF-03 broken · 1 not judged")


def test_many_broken_ones_are_counted_in_the_last_line() -> None:
    text = shown(report_of(*(broken(f"RES-{number:02}") for number in range(1, 13))))
    assert "RES-01, RES-02, RES-03, RES-04, RES-05 and 7 more broken" in text.split("\n")[-2]


@pytest.mark.parametrize("report", [sample(), hostile()], ids=["sample", "hostile"])
@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "cp1252", "utf-8"])
@pytest.mark.parametrize("width", [20, 80])
def test_no_encoding_and_no_width_crashes_it(report: Report, encoding: str, width: int) -> None:
    assert "FAILED" in shown(report, width, encoding)


def test_an_ascii_console_gets_plain_glyphs() -> None:
    text = shown(sample(), encoding="ascii")
    assert "x RES-01 MUST" in text
    assert "FAILED  RES-01, ISO-02 broken - 1 not judged" in text
    assert "\\u" not in text


def test_a_console_that_is_no_terminal_gets_no_escape_codes() -> None:
    assert "\x1b" not in shown(hostile())


def test_no_color_means_no_escape_codes_on_a_terminal_either(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm-256color")
    assert "\x1b[" in shown(sample(), force_terminal=True)
    monkeypatch.setenv("NO_COLOR", "1")
    assert "\x1b" not in shown(hostile(), force_terminal=True)


def test_a_dumb_terminal_gets_no_escape_codes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "dumb")
    assert "\x1b" not in shown(hostile(), force_terminal=True)


def test_markup_and_escape_codes_of_a_target_are_shown_harmlessly() -> None:
    text = shown(hostile(), 200, force_terminal=True, color_system="truecolor")
    assert HARMLESS in text
    codes = set(re.findall(r"\x1b.", text))
    assert codes == {"\x1b["}  # colours of ours: no title, no cursor
    assert set(re.findall(r"\x1b\[[\d;]*(.)", text)) == {"m"}
    assert "\\u202e" in text
    assert "\u202e" not in text


def test_no_line_gives_orders_to_a_ci_system() -> None:
    body = "::error::owned\n##vso[task.setvariable variable=PATH]/tmp\n" + "a " * 38 + "::stop-commands::x"
    check = CheckResult("c", "RES-01", Verdict.FAILED, evidence=(Evidence(body, body, body),), repeat=body)
    result = RequirementResult(requirement("RES-01"), Verdict.FAILED, body, (check,))
    text = shown(replace(report_of(result), left_behind=(body,), stale=(body,), target=body))
    assert "error::owned" in text
    assert not re.search(r"(?m)^\s*::|##\w*\[", text)
