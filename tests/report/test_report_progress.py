"""Progress is one live line on a terminal, a line per group in a log, and nothing when quiet."""

from __future__ import annotations

import io
import re

import pytest
from rich.console import Console

from sessionproof.report.progress import Progress
from sessionproof.verdicts import Verdict

from .sample import requirement

STEPS = ("LIF-01", "RES-01", "LIF-03", "RES-04", "EXP-01")


def shown(*, terminal: bool, quiet: bool = False, encoding: str = "utf-8", verdict: Verdict = Verdict.PASSED) -> str:
    """Everything that is written during a run of five checks."""
    stream = io.TextIOWrapper(io.BytesIO(), encoding=encoding, newline="\n")
    progress = Progress(Console(file=stream, width=80, force_terminal=terminal), quiet=quiet)
    progress.start(len(STEPS))
    for name in STEPS:
        progress.step("a_check", verdict, requirement(name))
    progress.stop()
    progress.stop()
    stream.flush()
    return stream.buffer.getvalue().decode(encoding)


@pytest.fixture(autouse=True)
def _a_usual_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("NO_COLOR", "FORCE_COLOR", "TTY_COMPATIBLE", "TTY_INTERACTIVE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TERM", "xterm-256color")


def test_a_terminal_has_one_line_that_is_taken_away() -> None:
    text = shown(terminal=True)
    assert "resumption  ▸ RES-04 …  4/5" in text
    on_screen = text.split("\x1b[2K")[-1]  # after the last erased line
    assert not re.sub(r"\x1b\[[\d;?]*[A-Za-z]|\s", "", on_screen)
    assert text.endswith("\x1b[?25h") or text.rfind("\x1b[?25h") > text.rfind("\x1b[?25l")


def test_failures_are_counted_as_they_come() -> None:
    assert "5 failed" in shown(terminal=True, verdict=Verdict.FAILED)
    assert "failed" not in shown(terminal=True, verdict=Verdict.UNPROVEN)


def test_a_log_has_one_line_per_group_at_most() -> None:
    assert shown(terminal=False) == "1/5  lifecycle\n2/5  resumption\n5/5  expiry\n"


@pytest.mark.parametrize(("name", "value"), [("TERM", "dumb"), ("NO_COLOR", "1")])
def test_a_terminal_that_takes_no_control_codes_is_like_a_log(
    name: str, value: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(name, value)
    assert shown(terminal=True) == shown(terminal=False)


@pytest.mark.parametrize("terminal", [True, False])
def test_quiet_is_quiet(terminal: bool) -> None:
    assert shown(terminal=terminal, quiet=True) == ""


def test_an_ascii_terminal_is_no_problem() -> None:
    assert "resumption  > RES-04 ...  4/5" in shown(terminal=True, encoding="ascii")


def test_a_check_without_requirement_goes_by_its_name() -> None:
    stream = io.StringIO()
    progress = Progress(Console(file=stream, width=80, force_terminal=True))
    progress.start(1)
    progress.step("[red]heartbeat_restarts_the_life\x1b[2J", Verdict.PASSED)
    progress.step("more_than_there_were", Verdict.PASSED)
    progress.stop()
    assert "▸ [red]heartbeat_restarts_the_life\\x1b[2J …  1/1" in stream.getvalue()
    assert "2/2" in stream.getvalue()


def test_stop_without_start_is_harmless() -> None:
    Progress(Console(file=io.StringIO())).stop()


def test_a_wait_is_counted_down_on_a_terminal_and_told_once_in_a_log() -> None:
    for terminal in (True, False):
        stream = io.StringIO()
        progress = Progress(Console(file=stream, width=80, force_terminal=terminal))
        progress.start(5)
        progress.step("a_check", Verdict.PASSED)
        for left in (42.0, 41.0, 40.0, 0.4, None):
            progress.waiting(left)
        progress.stop()
        said = re.findall(r"waiting .*? for sessions to end", stream.getvalue())
        every = [f"waiting {left} s for sessions to end" for left in (42, 41, 40)]
        assert list(dict.fromkeys(said)) == (every if terminal else every[:1])


def test_a_log_is_told_again_when_the_wait_turns_out_longer() -> None:
    stream = io.StringIO()
    progress = Progress(Console(file=stream, width=80, force_terminal=False))
    progress.start(5)
    for left in (42.0, 44.0, 1000.0, 999.0):
        progress.waiting(left)
    assert stream.getvalue() == "0/5  waiting 42 s for sessions to end\n0/5  waiting 16 min 40 s for sessions to end\n"


def test_a_quiet_wait_is_quiet() -> None:
    stream = io.StringIO()
    progress = Progress(Console(file=stream, width=80, force_terminal=False), quiet=True)
    progress.start(5)
    progress.waiting(42.0)
    assert stream.getvalue() == ""


def test_walks_are_counted_on_a_terminal_and_told_once_in_a_log() -> None:
    seen = {}
    for terminal in (True, False):
        stream = io.StringIO()
        progress = Progress(Console(file=stream, width=80, force_terminal=terminal))
        progress.start(5)
        progress.walking(0, 1000)
        progress.walking(340, 1000)
        progress.stop()
        seen[terminal] = stream.getvalue()
    assert "walks ▸ 0 of 1,000 requests …  0/5" in seen[True]
    assert "walks ▸ 340 of 1,000 requests …  0/5" in seen[True]
    assert seen[False] == "0/5  walks: 1,000 requests at the most\n"


def test_walks_that_only_time_ends_have_no_number_to_reach() -> None:
    stream = io.StringIO()
    progress = Progress(Console(file=stream, width=80, force_terminal=True))
    progress.start(5)
    progress.walking(1340, None)
    progress.stop()
    assert "walks ▸ 1,340 requests …  0/5" in stream.getvalue()


def test_quiet_walks_are_quiet() -> None:
    stream = io.StringIO()
    progress = Progress(Console(file=stream, width=80, force_terminal=False), quiet=True)
    progress.start(5)
    progress.walking(0, 1000)
    assert stream.getvalue() == ""
