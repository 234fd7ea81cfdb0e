"""Who imports whom: the engine none of the folders beside it, servers nothing of the engine."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from .documents import ROOT
from .running import subcommand

BESIDE = {"suites", "load", "reference_server", "examples", "tests", "fixtures", "contracts"}
HEAVY = {
    "httpx",
    "pytest",
    "_pytest",
    "fastapi",
    "starlette",
    "uvicorn",
    "rich",
    "jinja2",
    "jsonschema",
    "msgspec",
    "anyio",
}


def imported(file: Path) -> Iterator[str]:
    """The first name of every module that a file imports, wherever in it."""
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"), str(file))):
        if isinstance(node, ast.Import):
            yield from (name.name.partition(".")[0] for name in node.names)
        elif isinstance(node, ast.ImportFrom) and not node.level:
            yield str(node.module).partition(".")[0]
        elif isinstance(node, ast.Call) and getattr(node.func, "id", "") in ("import_module", "__import__"):
            yield from (str(part.value).partition(".")[0] for part in node.args if isinstance(part, ast.Constant))


def files(*folders: str) -> list[Path]:
    found = [file for folder in folders for file in (ROOT / folder).rglob("*.py") if "bundle" not in file.parts[:-1]]
    assert len(found) > 5
    return found


def offences(folders: tuple[str, ...], forbidden: set[str]) -> list[str]:
    return [
        f"{file.relative_to(ROOT)}: {name}" for file in files(*folders) for name in imported(file) if name in forbidden
    ]


def test_the_engine_imports_none_of_the_folders_beside_it() -> None:
    assert offences(("sessionproof",), BESIDE) == []


def test_implementations_import_nothing_of_the_engine() -> None:
    assert (
        offences(("reference_server", "examples"), {"sessionproof", *BESIDE} - {"reference_server", "examples"}) == []
    )


def test_the_suites_import_nothing_but_the_engine() -> None:
    assert offences(("suites",), BESIDE) == []


def test_what_is_looked_for_would_be_found(tmp_path: Path) -> None:
    text = "import a.b, c\nfrom d.e import f\nfrom . import g\ndef h():\n    import i\n    import_module('j.k')\n"
    (tmp_path / "file.py").write_text(text, encoding="utf-8")
    assert sorted(imported(tmp_path / "file.py")) == ["a", "c", "d", "i", "j"]


PROGRAM = """
import sys
from sessionproof.commands import main
sys.argv = ["sessionproof", *sys.argv[1:]]
try:
    main()
except SystemExit as ended:
    print("|", ended.code, *sorted({name.partition(".")[0] for name in sys.modules}), file=sys.stderr)
"""


@pytest.mark.parametrize(
    ("arguments", "allowed"),
    [
        (["--help"], set()),
        (["--version"], set()),
        (["requirements"], set()),
        (["requirements", "RES-01", "--json"], set()),
        (["completion", "bash"], set()),
        (["verify", "--help"], set()),
        (["contract", "list"], {"jsonschema"}),
        (["contract", "check", "fm-session-service"], {"jsonschema"}),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_light_commands_load_nothing_heavy(arguments: list[str], allowed: set[str]) -> None:
    ended = subcommand([sys.executable, "-c", PROGRAM, *arguments])
    code, *loaded = ended.err.rpartition("|")[2].split()
    assert code in ("0", "None"), ended.err
    assert ended.out
    assert "sessionproof" in loaded
    assert HEAVY & set(loaded) <= allowed
