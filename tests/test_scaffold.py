"""A requirement that has begun is red until it is written, and nothing else has changed."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
COPIED = ("contracts", "reference_server", "sessionproof", "suites", "fixtures", "load")


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A copy of the tree, which a test may change."""
    root = tmp_path / "checkout"
    for folder in COPIED:
        shutil.copytree(ROOT / folder, root / folder, ignore=shutil.ignore_patterns("__pycache__"))
    for file in ("conftest.py", "pytest.ini", "pyproject.toml"):
        shutil.copy(ROOT / file, root / file)
    return root


def run(root: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", *arguments]
    return subprocess.run(command, cwd=root, capture_output=True, text=True, timeout=120, check=False)


def scaffold(root: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return run(root, "sessionproof.scaffold", *arguments)


def texts(root: Path) -> dict[str, str]:
    folders = ("contracts", "reference_server", "suites")
    return {
        str(file.relative_to(root)): file.read_text(encoding="utf-8")
        for folder in folders
        for file in (root / folder).rglob("*.*")
        if file.suffix in (".py", ".toml", ".yaml", ".json")
    }


def next_id(group: str) -> str:
    rows = json.loads(run(ROOT, "sessionproof", "requirements", group, "--json").stdout)
    prefix, number = rows[-1]["id"].split("-")
    return f"{prefix}-{int(number) + 1:02}"


def test_a_requirement_begins_with_a_row_a_check_and_two_faults(checkout: Path) -> None:
    before, id = texts(checkout), next_id("resumption")
    begun = scaffold(checkout, id, "resumption", "every_tab_shares_the_session")
    assert begun.returncode == 0, begun.stderr
    after = texts(checkout)
    changed = {file for file in after if after[file] != before.get(file)}
    assert changed == {"contracts/requirements.toml", "suites/resumption.py", "reference_server/faults/resumption.py"}
    for file in changed:
        assert file in begun.stdout
        assert set(before[file].splitlines()) - set(after[file].splitlines()) <= {
            line for line in before[file].splitlines() if line.startswith("from sessionproof.expect import")
        }
    rows = json.loads(run(checkout, "sessionproof", "requirements", "resumption", "--json").stdout)
    assert rows[-1]["id"] == id
    assert rows[-1]["sentence"] == "Every tab shares the session."
    faults = json.loads(run(checkout, "reference_server", "--list-faults", "--json").stdout)
    assert [fault["conditional"] for fault in faults if fault["breaks"] == [id]] == [False, True]


def test_what_has_begun_is_unproven_and_says_so(checkout: Path) -> None:
    id = next_id("isolation")
    assert scaffold(checkout, id, "isolation", "a_logged_out_user_is_nobody").returncode == 0
    judged = run(checkout, "sessionproof", "verify", "--only", id, "--quiet")
    assert judged.returncode == 2, judged.stdout + judged.stderr
    assert f"this check isn't written yet (1): {id}" in judged.stdout


def test_a_group_without_a_file_gets_one(checkout: Path) -> None:
    (checkout / "suites" / "uploads.py").unlink(missing_ok=True)
    id = next_id("uploads")
    assert scaffold(checkout, id, "uploads", "an_upload_is_listed_once").returncode == 0
    assert "def an_upload_is_listed_once" in texts(checkout)["suites/uploads.py"]
    assert id in run(checkout, "reference_server", "--list-faults").stdout


def test_the_check_can_go_into_another_file_of_its_group(checkout: Path) -> None:
    id = next_id("security")
    assert scaffold(checkout, id, "security", "tokens_are_not_ids", "--suite", "identifiers").returncode == 0
    assert "def tokens_are_not_ids" in texts(checkout)["suites/identifiers.py"]


def test_what_has_begun_is_formatted_and_free_of_lint(checkout: Path) -> None:
    scaffold(checkout, next_id("resumption"), "resumption", "every_tab_shares_the_session")
    scaffold(checkout, next_id("uploads"), "uploads", "an_upload_is_listed_once")
    changed = [file for file in texts(checkout) if file.endswith(("resumption.py", "uploads.py", "faults/__init__.py"))]
    for arguments in (("check",), ("format", "--check")):
        ended = run(checkout, "ruff", *arguments, *changed)
        assert ended.returncode == 0, ended.stdout


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("RES-01", "resumption", "a_new_name"), "RES-01: is there already"),
        (("RES-77", "resumption", "a_new_name"), "RES-77: the next id of resumption is RES-"),
        (("RES-77", "resuming", "a_new_name"), "resuming: not a group; groups are lifecycle, "),
        (("{next}", "resumption", "resuming_keeps_everything"), "is there already, in suites/resumption.py"),
        (("{next}", "resumption", "Keeps"), "Keeps: not a check's name"),
    ],
)
def test_what_cannot_begin_is_one_clear_line_and_changes_nothing(
    checkout: Path, arguments: tuple[str, ...], words: str
) -> None:
    before = texts(checkout)
    ended = scaffold(checkout, *(text.format(next=next_id("resumption")) for text in arguments))
    assert ended.returncode == 4
    (line,) = ended.stderr.splitlines()
    assert words in line
    assert texts(checkout) == before


def test_an_installed_copy_begins_nothing(checkout: Path) -> None:
    (checkout / "pyproject.toml").unlink()
    ended = scaffold(checkout, next_id("resumption"), "resumption", "a_new_name")
    assert ended.returncode == 4
    assert "in a checkout" in ended.stderr
