"""`sessionproof report`: shows and writes, exits with 0 whatever the verdicts are, and with 4 in one line otherwise."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from sessionproof.report.json import write_json

from .sample import sample

ROOT = Path(__file__).resolve().parents[2]


def report(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "sessionproof", "report", *arguments]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, timeout=120)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_json(sample(), tmp_path / "a.json")
    write_json(replace(sample(), target="http://localhost:9000"), tmp_path / "b.json")
    return tmp_path


def test_it_shows_and_writes(folder: Path) -> None:
    ended = report(folder, "a.json", "b.json", "--html", "out/page.html", "--markdown", "out/page.md")
    assert (ended.returncode, ended.stderr) == (0, "")
    assert "fm-session-service (a)" in ended.stdout
    assert "fm-session-service (b)" in ended.stdout
    assert (folder / "out" / "page.html").read_text(encoding="utf-8").startswith("<!doctype html>")
    assert (folder / "out" / "page.md").read_text(encoding="utf-8").startswith("# Session APIs side by side\n")


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["a.json", "missing.json"], "missing.json: can't be read: No such file or directory"),
        (["a.json", "."], ".: can't be read: Is a directory"),
        (["a.json", "c.txt"], "c.txt: not a JSON report"),
        (["a.json", "--html", "a.json"], "a.json: is another of the files already"),
        (["a.json", "--html", "x", "--markdown", "x"], "x: is another of the files already"),
        (["a.json", "--html", "."], ".: can't be written"),
        ([], "Missing argument 'FILE...'"),
    ],
)
def test_what_cannot_be_shown_is_one_line_and_exit_4(arguments: list[str], reason: str, folder: Path) -> None:
    (folder / "c.txt").write_text("verdicts\n", encoding="utf-8")
    before = (folder / "a.json").read_bytes()
    ended = report(folder, *arguments)
    assert (ended.returncode, ended.stdout) == (4, "")
    assert ended.stderr.startswith(f"sessionproof: {reason}")
    assert ended.stderr.count("\n") == 1
    assert (folder / "a.json").read_bytes() == before


def test_help_has_examples() -> None:
    words = report(ROOT, "--help").stdout
    assert "Examples:\n    sessionproof report ours.json theirs.json\n" in words
    assert "--markdown FILE" in words


def test_the_matrix_has_a_column_for_each_implementation(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    command = [sys.executable, "examples/matrix.py", str(page), "--effort", "quick", "--only", "LIF-01"]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=240)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    text = page.read_text(encoding="utf-8")
    names = "fm-session-service | faultmaven | agentic-multi-client | other-server"
    assert f"| requirement | level | sentence | {names} |" in text
    assert "passed (1): LIF-01" in ended.stdout
