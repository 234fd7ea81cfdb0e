"""The documentation holds: links lead somewhere, commands parse, examples work, every key is explained."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import click
import msgspec
import pytest

from sessionproof.commands import cli
from sessionproof.deployments.bundled import bundled_server
from sessionproof.history import Event, Header
from sessionproof.settings import OPTIONS

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")])
CONTRACTS = ROOT / "docs" / "contracts.md"
each_page = pytest.mark.parametrize("page", PAGES, ids=[page.name for page in PAGES])


def blocks(page: Path, *languages: str) -> list[str]:
    """The fenced blocks of a page in one of these languages."""
    found = re.findall(r"^```(\w*)\n(.*?)^```$", page.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    return [text for language, text in found if language in languages]


def example(page: Path, name: str) -> str:
    """The block that begins with a comment that names a file."""
    (found,) = (text for text in blocks(page, "yaml", "python") if text.startswith(f"# {name}\n"))
    return found


def prose(page: Path) -> str:
    return re.sub(r"^```.*?^```$", "", page.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)


def anchors(page: Path) -> set[str]:
    titles = re.findall(r"^#+ (.*)$", prose(page), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


@each_page
def test_links_lead_somewhere(page: Path) -> None:
    for link in re.findall(r"\]\(([^)\s]+)\)", prose(page)):
        if "://" in link:
            continue
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        assert target.exists(), link
        assert not anchor or anchor in anchors(target), link


def commands(page: Path) -> Iterator[str]:
    """The command lines of `sessionproof` in a page's blocks, continued lines joined, and in its sentences."""
    yield from re.findall(r"`sessionproof ([a-z][^`]*)`", prose(page))
    for text in blocks(page, "sh", "text"):
        for line in text.replace("\\\n", " ").splitlines():
            found = re.search(r"(?:^|[ /])sessionproof ([a-z].*)", line.partition("    #")[0])
            if found:
                yield found[1]


@cache
def helped(*path: str) -> str:
    command = [sys.executable, "-m", "sessionproof", *path, "--help"]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def subcommand(words: list[str]) -> tuple[str, ...]:
    """The subcommand that a command line begins with."""
    command: click.Command = cli
    path: list[str] = []
    while isinstance(command, click.Group) and words[len(path) :]:
        context = click.Context(command)
        word = words[len(path)]
        assert word in command.list_commands(context), f"no command {word}"
        following = command.get_command(context, word)
        assert following is not None
        command = following
        path.append(word)
    return tuple(path)


@each_page
def test_commands_and_their_options_are_known(page: Path) -> None:
    for line in commands(page):
        words = line.partition(" -- ")[0].split()
        known = set(re.findall(r"(?<![\w-])--?[a-z][a-z-]*", helped(*subcommand(words))))
        unknown = [word for word in words if re.match(r"--?[a-z]", word) and word.partition("=")[0] not in known]
        assert not unknown, line


@each_page
def test_make_targets_are_known(page: Path) -> None:
    targets = re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
    for text in blocks(page, "sh"):
        assert set(re.findall(r"^make ([a-z-]+)", text, re.MULTILINE)) <= set(targets)


def keys(schema: Any) -> Iterator[str]:
    """The names of all properties, and of the operations, in a schema."""
    if isinstance(schema, dict):
        yield from schema.get("properties", {})
        for name, below in schema.items():
            if name == "operationName":
                yield from below["enum"]
            yield from keys(below)
    elif isinstance(schema, list):
        for below in schema:
            yield from keys(below)


def explained(page: str) -> set[str]:
    """What stands in backquotes in a page's prose, word by word."""
    quoted = re.findall(r"`([^`]+)`", prose(ROOT / "docs" / page))
    return {word for text in quoted for word in [text, *re.findall(r"\w+", text)]}


@pytest.mark.parametrize(
    ("page", "schema"),
    [
        ("browser.md", "client.schema.json"),
        ("contracts.md", "x-session.schema.json"),
        ("report.md", "report.schema.json"),
    ],
)
def test_every_key_of_a_schema_is_explained(page: str, schema: str) -> None:
    known = set(keys(json.loads((ROOT / "contracts" / "schemas" / schema).read_text(encoding="utf-8"))))
    assert known - explained(page) - {verdict.replace("_", " ") for verdict in known} == set()


def test_every_field_of_a_history_is_explained() -> None:
    fields = {field.name for struct in (Header, Event) for field in msgspec.structs.fields(struct)}
    assert fields - explained("history.md") == set()


def test_the_lines_of_the_history_are_of_the_format() -> None:
    (header, event) = blocks(ROOT / "docs" / "history.md", "json")
    assert msgspec.json.decode(header, type=Header, strict=True).history == 1
    assert msgspec.json.decode(event, type=Event, strict=True).op == "read"


def test_every_option_can_be_looked_up() -> None:
    words = helped("verify")
    assert [option.flag for option in OPTIONS if option.flag not in words] == []


@pytest.fixture
def helpdesk(tmp_path: Path) -> Path:
    for name in ("helpdesk.openapi.yaml", "helpdesk.session.yaml"):
        (tmp_path / name).write_text(example(CONTRACTS, name), encoding="utf-8")
    return tmp_path


def check(folder: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "sessionproof", "contract", "check", "helpdesk.session.yaml"]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


def test_the_contract_of_the_helpdesk_is_checked_as_shown(helpdesk: Path) -> None:
    checked = check(helpdesk)
    assert checked.returncode == 0, checked.stderr
    assert checked.stdout in blocks(CONTRACTS, "text")


@pytest.mark.parametrize(
    ("right", "wrong"), [("resumed:", "resummed:"), ("/browser", "/browsr"), ("create", "creates")]
)
def test_what_is_wrong_with_a_contract_is_said_as_shown(helpdesk: Path, right: str, wrong: str) -> None:
    file = helpdesk / "helpdesk.session.yaml"
    before, operations, after = file.read_text(encoding="utf-8").partition("operations:")
    file.write_text(before + operations + after.replace(right, wrong, 1), encoding="utf-8")
    checked = check(helpdesk)
    assert checked.returncode == 4
    assert any(checked.stderr in text for text in blocks(CONTRACTS, "text"))


@pytest.mark.parametrize("page", ["README.md", "docs/pytest.md"])
def test_the_pytest_example_passes(page: str, tmp_path: Path) -> None:
    for name in ("conftest.py", "test_tabs.py"):
        (tmp_path / name).write_text(example(ROOT / page, name), encoding="utf-8")
    with bundled_server("fm-session-service") as url:
        command = [sys.executable, "-m", "pytest", "--base-url", url]
        ended = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stdout + ended.stderr
