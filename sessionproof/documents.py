"""Writes docs/documents.md in a checkout: `python -m sessionproof.documents`.

Joins what five public documents say (contracts/documents.toml) with the requirements and with the checks that there
are in suites/, which are read and not imported.
"""

from __future__ import annotations

import ast
import sys
import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sessionproof.bundle import bundle_root
from sessionproof.errors import UsageError
from sessionproof.report.words import MEANS
from sessionproof.requirements import Requirement, load_requirements

__all__ = ["Check", "checks_by_requirement", "main", "page"]

_HEAD = """\
# What the documents say, and what looks at it

SessionProof's flows come from five public documents. Here is each statement, endpoint and setting of them, with the
[requirements](../contracts/requirements.toml) that hold it and the checks that look at it, or the reason why there is
none. `make docs` writes this page from [documents.toml](../contracts/documents.toml) and from the checks in
[suites/](../suites/).
"""


@dataclass(frozen=True)
class Check:
    """A function that looks at a requirement, and its file under suites/."""

    file: str
    function: str


def checks_by_requirement(suites: Path) -> dict[str, list[Check]]:
    """The functions marked `@requirement("ID")` under a folder, by id, in the order of files and lines."""
    found: dict[str, list[Check]] = {}
    for file in sorted(suites.rglob("*.py")):
        for node in ast.parse(file.read_text(encoding="utf-8"), str(file)).body:
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                for id in _marked(node):
                    found.setdefault(id, []).append(Check(file.relative_to(suites).as_posix(), node.name))
    return found


def _marked(function: ast.FunctionDef | ast.AsyncFunctionDef) -> Iterator[str]:
    for call in function.decorator_list:
        if isinstance(call, ast.Call) and ast.unparse(call.func).rpartition(".")[2] == "requirement":
            yield from (
                part.value for part in call.args if isinstance(part, ast.Constant) and isinstance(part.value, str)
            )


def page(
    data: Mapping[str, Any], requirements: Mapping[str, Requirement], checks: Mapping[str, Sequence[Check]]
) -> str:
    """The page as Markdown; the same data give the same text."""
    shown = [_HEAD, _numbers(data, requirements, checks)]
    for document in data["document"]:
        rows = [
            [row["place"], row["statement"], *_covered(row, requirements, checks)] for row in document["statements"]
        ]
        shown += [
            f"\n## {document['name']}\n\n{document['about']}\n",
            _table(["place", "statement", "requirements", "checks, or why there is none"], rows),
        ]
    rows = [
        [row["question"], row["statement"], _declared(row), " ".join(row["requirements"])]
        for row in data["contradiction"]
    ]
    shown += [
        "\n## Where the documents disagree\n\n"
        "What they contradict each other in, or leave open, a [contract](contracts.md) declares.\n",
        _table(["question", "what they say", "a contract declares", "requirements"], rows),
    ]
    rows = [
        [id, requirements[id].sentence, _sources(requirements[id]), _looked_at([id], requirements, checks)]
        for id in data["elsewhere"]
    ]
    shown += [
        "\n## Requirements from elsewhere\n\n"
        "These have no statement above: they come from standards and public bug reports alone.\n",
        _table(["requirement", "what holds", "sources", "checks, or why there is none"], rows),
    ]
    return "\n".join(shown) + "\n"


def _numbers(
    data: Mapping[str, Any], requirements: Mapping[str, Requirement], checks: Mapping[str, Sequence[Check]]
) -> str:
    rows = []
    for document in data["document"]:
        held = [row["requirements"] for row in document["statements"] if "requirements" in row]
        whole = sum(all(id in checks for id in ids) for ids in held)
        part = sum(any(id in checks for id in ids) for ids in held) - whole
        total = len(document["statements"])
        rows.append([document["name"], *map(str, (total, whole, part, len(held) - whole - part, total - len(held)))])
    looked_at = sum(id in checks for id in requirements)
    heads = ["document", "statements", "every requirement has a check", "some have", "none has yet", "nothing to test"]
    return f"{_table(heads, rows)}\n\nOf the {len(requirements)} requirements, {looked_at} have a check."


def _covered(
    row: Mapping[str, Any], requirements: Mapping[str, Requirement], checks: Mapping[str, Sequence[Check]]
) -> tuple[str, str]:
    if "reason" in row:
        return "", row["reason"]
    return " ".join(row["requirements"]), _looked_at(row["requirements"], requirements, checks)


def _looked_at(
    ids: Iterable[str], requirements: Mapping[str, Requirement], checks: Mapping[str, Sequence[Check]]
) -> str:
    return "<br>".join(
        f"{id}: {', '.join(map(_link, checks.get(id, []))) or _why_none(requirements[id])}" for id in ids
    )


def _link(check: Check) -> str:
    return f"[{check.file}:{check.function}](../suites/{check.file})"


def _why_none(requirement: Requirement) -> str:
    if "client" in requirement.means:
        return "no check yet: judged by driving a client"
    needs = [MEANS[name].name for name in sorted(requirement.means)]
    return f"no check yet: needs {' and '.join(needs)}" if needs else "no check yet"


def _declared(row: Mapping[str, Any]) -> str:
    keys = ", ".join(f"`{key.removeprefix('operation.')}`" for key in row["keys"])
    return f"{keys}: {row['declared']}" if keys else row["declared"]


def _sources(requirement: Requirement) -> str:
    return "<br>".join(source if "://" not in source else f"<{source}>" for source in requirement.sources)


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def main() -> int:
    """Write the page. Exit code 4, with one line, where that can't be done."""
    root = bundle_root()
    try:
        if not (root / "pyproject.toml").is_file():
            raise UsageError("this is an installed copy; the page is written in a checkout of the source")
        data = tomllib.loads((root / "contracts" / "documents.toml").read_text(encoding="utf-8"))
        text = page(data, load_requirements(), checks_by_requirement(root / "suites"))
        (root / "docs" / "documents.md").write_text(text, encoding="utf-8")
    except (UsageError, OSError, SyntaxError, tomllib.TOMLDecodeError) as error:
        print(f"documents: {error}", file=sys.stderr)
        return 4
    return 0


if __name__ == "__main__":
    sys.exit(main())
