"""A guess is good enough to start from: init, then verify as init says, and nothing fails on a server without fault."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from .running import sessionproof
from .served import serving, tokens

PASSED = {  # requirements, at least; two or three less than these runs show
    "fm-session-service": 34,
    "faultmaven": 38,
    "agentic-multi-client": 22,
    "other-server": 38,
}


@pytest.mark.parametrize("name", PASSED)
def test_what_is_guessed_holds(name: str, tmp_path: Path) -> None:
    with serving(name) as url:
        made = sessionproof(tmp_path, "init", url)
        assert made.returncode == 0, made.stderr
        command = made.stdout.splitlines()[-1].split()
        assert command[:3] == ["sessionproof", "verify", url]
        quick = ("--effort", "quick", "--json", "report.json", "--quiet")
        run = sessionproof(tmp_path, *command[1:], *quick, **(tokens(url) if name == "other-server" else {}))
        assert (tmp_path / "report.json").exists(), run.stderr
    rows = json.loads((tmp_path / "report.json").read_text(encoding="utf-8"))["requirements"]
    assert {row["id"]: row["reason"] for row in rows if row["verdict"] in ("failed", "error")} == {}, run.stdout
    assert sum(row["verdict"] == "passed" for row in rows) >= PASSED[name]
