"""No lens has a client, a recorder, a model of HTTP, a judge or a report of its own: who imports what, and makes it."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path

import pytest

from .documents import ROOT

PACKAGE = ROOT / "sessionproof"
LENSES = {  # by its name, the folders that it consists of
    "suites": ("suites", "sessionproof/plugin", "sessionproof/timed"),
    "fuzz": ("sessionproof/fuzz",),
    "pacts": ("sessionproof/pacts",),
    "browser": ("sessionproof/browser",),
    "load": ("load", "sessionproof/load", "sessionproof/locust"),
}
CLIENTS = {"httpx", "requests", "urllib.request", "urllib3", "http.client", "aiohttp", "geventhttpclient", "h11"}
ADAPTERS = {  # the tool's own client of a lens, where requests of the wire module go in and its answers come out
    "sessionproof/fuzz/transport.py",
    "sessionproof/fuzz/exploring.py",
    "sessionproof/locust/sending.py",
    "sessionproof/locust/campaign.py",
    "load/isolation.py",  # whose users share its connections
}
MAKERS = {  # what only these files may make, of all in sessionproof/ and suites/, and of load/ but its benchmarks
    "Report": {"sessionproof/report/making.py"},
    "Event": {"sessionproof/history/recorder.py"},
    "Recorder": {"sessionproof/prepare.py", "sessionproof/locust/campaign.py", "sessionproof/check/har.py"},
    "AsyncClient": {"sessionproof/sender.py"},
    "RequirementResult": {"sessionproof/judge.py", "sessionproof/verdicts.py"},
}
SHARED = {f"sessionproof.{name}" for name in ("wire.request", "wire.reply", "history.recorder", "contract.model")}
SHARED |= {f"sessionproof.{name}" for name in ("judge", "report.making")}
each_lens = pytest.mark.parametrize("lens", LENSES)


def files(lens: str) -> list[Path]:
    found = [file for folder in LENSES[lens] for file in in_folder(folder)]
    assert len(found) > 3
    return found


def in_folder(folder: str) -> list[Path]:
    return [file for file in (ROOT / folder).rglob("*.py") if not {"bundle", "benchmarks"} & set(file.parts)]


def name_of(file: Path) -> str:
    return file.relative_to(ROOT).as_posix()


@cache
def tree(file: Path) -> ast.Module:
    return ast.parse(file.read_text(encoding="utf-8"), str(file))


def imported(file: Path) -> Iterator[str]:
    """Every module and every name in one that a file imports, in full, wherever in it."""
    for node in ast.walk(tree(file)):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module
            yield from (f"{node.module}.{name.name}" for name in node.names)


def made(file: Path) -> Iterator[str]:
    """The names that a file calls as they are, or as an attribute of the module that has them."""
    for node in ast.walk(tree(file)):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            yield node.func.id
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            owner = node.func.value
            if isinstance(owner, ast.Name) and owner.id in ("httpx", "history", "verdicts", "document"):
                yield node.func.attr


def within(names: Iterable[str], modules: set[str]) -> set[str]:
    return {name for name in names if any(name == one or name.startswith(f"{one}.") for one in modules)}


def reached(start: Iterable[Path]) -> set[str]:
    """The modules of sessionproof that these files import, and those that these import, and so on."""
    found: set[str] = set()
    waiting = list(start)
    while waiting:
        for name in imported(waiting.pop()):
            path = ROOT / name.replace(".", "/")
            for file in (path.with_suffix(".py"), path / "__init__.py"):
                module = name_of(file).removesuffix("/__init__.py").removesuffix(".py").replace("/", ".")
                if name.startswith("sessionproof") and file.is_file() and module not in found:
                    found.add(module)
                    waiting.append(file)
    return found


@each_lens
def test_a_lens_has_no_client_of_its_own(lens: str) -> None:
    offences = {name_of(file): within(imported(file), CLIENTS) for file in files(lens)}
    assert {name for name, clients in offences.items() if clients} <= ADAPTERS


@pytest.mark.parametrize("file", ["fuzz/transport.py", "locust/sending.py", "locust/campaign.py"])
def test_the_client_of_a_lenss_tool_speaks_by_the_wire(file: str) -> None:
    assert within(imported(PACKAGE / file), {"sessionproof.wire"})


def test_exploring_imports_a_client_for_the_name_of_its_error_alone() -> None:
    file = PACKAGE / "fuzz" / "exploring.py"
    uses = [node.attr for node in ast.walk(tree(file)) if isinstance(node, ast.Attribute) and named(node, "requests")]
    assert set(uses) <= {"ConnectionError", "RequestException", "exceptions", "Timeout"}, uses


def named(node: ast.Attribute, owner: str) -> bool:
    return isinstance(node.value, ast.Name) and node.value.id == owner


@pytest.mark.parametrize("thing", MAKERS)
def test_one_place_makes_it(thing: str) -> None:
    everywhere = [file for folder in ("sessionproof", "suites", "load") for file in in_folder(folder)]
    assert {name_of(file) for file in everywhere if thing in made(file)} == MAKERS[thing]


@each_lens
def test_a_lens_defines_no_model_of_http_and_no_report(lens: str) -> None:
    ends = ("Request", "Response", "Reply", "Answer", "Recorder", "Report", "Verdict")
    assert [name for file in files(lens) for name in values(file) if name.endswith(ends)] == []


def values(file: Path) -> Iterator[str]:
    """The classes that a file defines, errors aside."""
    for node in ast.walk(tree(file)):
        if isinstance(node, ast.ClassDef) and "Exception" not in {getattr(base, "id", "") for base in node.bases}:
            yield node.name


@each_lens
def test_a_lens_judges_and_reports_as_all_do(lens: str) -> None:
    """Not by itself: it hands results to the one function that makes reports, or leaves that to the plugin."""
    assert not [name_of(file) for file in files(lens) if "sessionproof.judge.judge" in imported(file)]
    assert reached([*files(lens), PACKAGE / "verify.py"] if lens == "suites" else files(lens)) >= SHARED


def test_what_is_looked_for_would_be_found(tmp_path: Path) -> None:
    file = tmp_path / "file.py"
    lines = ("def f():", "    import httpx", "    from a.b import c", "    httpx.AsyncClient()", "    Report(1)")
    file.write_text("\n".join(lines), encoding="utf-8")
    assert set(imported(file)) == {"httpx", "a.b", "a.b.c"}
    assert set(made(file)) == {"AsyncClient", "Report"}
    assert within(imported(file), CLIENTS) == {"httpx"}
