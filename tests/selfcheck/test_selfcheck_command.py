"""The command on the real reference server: a pair of faults, and calls that are wrong."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.engine.running import said

PAIR = ("--contract", "fm-session-service", "--only", "F-RES-01", "--only", "F-LIF-02", "--effort", "quick")


def test_two_faults_are_caught_and_written_down(tmp_path: Path) -> None:
    files = {name: tmp_path / f"kills.{name}" for name in ("json", "html", "markdown")}
    options = [part for name, file in files.items() for part in (f"--{name}", file)]
    ended = said("selfcheck", *PAIR, *options, folder=tmp_path)
    assert ended.code == 0, ended.out
    assert [line.split()[0] for line in ended.err.splitlines()] == ["1/3", "2/3", "3/3"], "a log is told how far it is"
    data = json.loads(files["json"].read_text(encoding="utf-8"))
    assert [(kill["fault"], kill["outcome"], kill["declared"][0]) for kill in data["kills"]] == [
        ("F-LIF-02", "caught", "LIF-04"),
        ("F-RES-01", "caught", "RES-01"),
    ]
    (clean,) = data["without_faults"]
    assert {"LIF-04", "RES-01"} <= set(clean["passed"])
    assert sum(cost["requests"] for cost in clean["checks"]) == clean["spent"]["requests"] > 100
    assert all(kill["spent"]["requests"] > 100 for kill in data["kills"])
    assert data["narrowed"]
    assert data["command"] == f"sessionproof selfcheck {' '.join(PAIR)}"
    assert "F-RES-01" in files["html"].read_text(encoding="utf-8")
    assert files["markdown"].read_text(encoding="utf-8").startswith("# Kill matrix of ")
    assert "NO HOLES  2 faults" in ended.out


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--lens", "suite"], "--lens suite: not known; did you mean suites?"),
        (["--contract", "nope"], "--contract nope: not known; there are agentic-multi-client, faultmaven"),
        (["--only", "F-RES-99"], "--only F-RES-99: no such fault; did you mean F-RES-"),
        (["--only", "F-CLI-01"], "--lens suites: looks at none of these faults; F-CLI-* are for --lens browser"),
        (["--clock", "wall"], "--clock wall: the faults' servers have control, or scaled:SECONDS_PER_MINUTE"),
        (["--clock", "scaled:x"], "--clock scaled:x: write how many seconds"),
        (["--effort", "hard"], "'hard' is not one of"),
        (["--jobs", "0"], "--jobs"),
        (["--timeout", "soon"], "--timeout"),
        (["--json", "/proc/none/kills.json"], "/proc/none/kills.json: can't be written"),
        (["F-RES-01"], "F-RES-01"),
    ],
)
def test_calls_that_are_wrong_get_one_line(arguments: list[str], words: str) -> None:
    ended = said("selfcheck", *arguments)
    assert (ended.code, ended.out) == (4, "")
    assert words in ended.err
    assert ended.err.startswith("sessionproof: ")
    assert ended.err.count("\n") == 1
