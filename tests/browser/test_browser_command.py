"""The command says in one line what is missing or wrong, with the exit code for it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from sessionproof.browser.chromium import Chromium, find_chromium
from sessionproof.browser.faults import known_faults
from sessionproof.errors import TargetError

from .driving import OTHER, ROOT, browser

CLIENT = OTHER / "client.yaml"
WITHOUT_PLAYWRIGHT = """
import sys
sys.modules["playwright"] = None
sys.argv = ["sessionproof", "browser", *sys.argv[1:]]
from sessionproof.commands import main
main()
"""


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["--extension", OTHER], 4, "--client FILE is missing"),
        (["--client", CLIENT], 4, "--extension DIR is missing"),
        (["--extension", OTHER, "--client", CLIENT, "--fault", "F-CLI-01"], 4, "--fault is for the bundled extension"),
        (["--fault", "F-CLI-1"], 4, "--fault F-CLI-1: not known; did you mean"),
        (["--extension", "nowhere", "--client", CLIENT], 4, "--extension nowhere: has no manifest.json"),
        (["--extension", OTHER, "--client", "nowhere"], 4, "nowhere:1: can't be read"),
        (["--extension", OTHER, "--client", CLIENT, "--contract", "faultmaven"], 4, "names users by X-User-ID"),
        (["--contract", "fm-session-service"], 4, "the contract fm-session-service has no query"),
        (["http://127.0.0.1:9"], 3, "http://127.0.0.1:9"),
    ],
    ids=str,
)
def test_a_mistake_is_one_line(arguments: list[str | Path], code: int, said: str) -> None:
    ended = browser(*arguments)
    assert ended.returncode == code
    assert said in ended.stderr
    assert len(ended.stderr.strip().splitlines()) == 1
    assert ended.stdout == ""


def test_a_browser_that_is_not_there_is_one_line() -> None:
    ended = browser(SESSIONPROOF_CHROMIUM="/nowhere/chromium")
    line = "sessionproof: SESSIONPROOF_CHROMIUM=/nowhere/chromium: no program there\n"
    assert (ended.returncode, ended.stdout, ended.stderr) == (3, "", line)


def test_playwright_that_is_not_there_is_one_line() -> None:
    command = [sys.executable, "-c", WITHOUT_PLAYWRIGHT]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    line = "sessionproof: Playwright isn't installed; pip install 'sessionproof[browser]'\n"
    assert (ended.returncode, ended.stdout, ended.stderr) == (3, "", line)


def test_the_faults_are_listed() -> None:
    ended = browser("--list-faults")
    assert ended.returncode == 0
    assert [line.split()[0] for line in ended.stdout.splitlines()[::2]] == [fault.id for fault in known_faults()]


class Started:
    """Playwright, whose own browser is at a path."""

    def __init__(self, path: Path) -> None:
        self.chromium = self
        self.executable_path = str(path)


def program(folder: Path, name: str) -> Path:
    folder.mkdir(exist_ok=True)
    (folder / name).write_text("#!/bin/sh\n", encoding="utf-8")
    (folder / name).chmod(0o755)
    return folder / name


def test_a_browser_is_taken_in_this_order(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    monkeypatch.delenv("SESSIONPROOF_CHROMIUM", raising=False)
    started = Started(tmp_path / "own" / "chrome")
    with pytest.raises(TargetError, match="no Chromium found"):
        find_chromium(started)  # type: ignore[arg-type]
    program(tmp_path / "bin", "google-chrome")
    on_path = program(tmp_path / "bin", "chromium")
    assert find_chromium(started) == Chromium(str(on_path), "on PATH")  # type: ignore[arg-type]
    own = program(tmp_path / "own", "chrome")
    assert find_chromium(started) == Chromium(str(own), "Playwright's own")  # type: ignore[arg-type]
    named = program(tmp_path / "named", "mine")
    monkeypatch.setenv("SESSIONPROOF_CHROMIUM", str(named))
    found = find_chromium(started)  # type: ignore[arg-type]
    assert found == Chromium(str(named), "named by SESSIONPROOF_CHROMIUM")


def test_playwright_is_imported_only_where_a_browser_is_driven() -> None:
    program = "import sys, sessionproof.plugin, sessionproof.verify; print('playwright' in sys.modules)"
    ended = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    assert ended.stdout == "False\n"
