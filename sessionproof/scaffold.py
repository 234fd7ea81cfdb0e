"""Begins a new requirement in a checkout: `python -m sessionproof.scaffold RES-12 resumption what_the_check_shows`.

Adds a row to contracts/requirements.toml, a check to the suite and two faults to the reference server. All of them
are red until they are written: the check is unproven, and the faults break nothing yet.
"""

from __future__ import annotations

import argparse
import ast
import re
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from sessionproof.bundle import bundle_root
from sessionproof.errors import UsageError
from sessionproof.requirements import GROUPS, load_requirements

__all__ = ["Begun", "begin", "main"]

_ROW = """
[[requirement]]
id = "{id}"
group = "{group}"
level = "MUST"
tier = "universal"
sentence = "{sentence}"
why = "To be said: what goes wrong in the field where this does not hold."
sources = ["To be named."]
capabilities = ["create"]
means = []
"""

_SUITE = '''"""{title}: to be said, what this topic is about."""

from __future__ import annotations

import pytest

from sessionproof.caller import Caller
from sessionproof.expect import Expect, Unproven

requirement = pytest.mark.requirement
'''

_CHECK = """

@requirement("{id}")
def {name}(alice: Caller, expect: Expect) -> None:
    raise Unproven("this check isn't written yet")
"""

_FAULTS_FILE = '''"""Faults in {group}."""

from ..core import Core
from .registry import fault
'''

_FAULTS = '''

@fault("{always}", "{id}", "To be said: what it does wrong.")
class {part}Broken(Core):
    """Override the one step that goes wrong."""


@fault("{sometimes}", "{id}", "To be said: what it does wrong, and when.", conditional=True)
class {part}SometimesBroken(Core):
    """Override another step, and let it go wrong only at times."""
'''

_NEXT = """\
{id} has begun. What is left to do:
  contracts/requirements.toml
      the sentence, why, sources; MUST or SHOULD; capabilities and means
  {faults}
      make {always} and {sometimes} break the sentence, by two different mistakes; before the check is written
  tests/reference_server/
      a scenario for each of the two faults (the group's own test names those that lack one)
  {suite}
      the check {name}
  tests/test_requirements_file.py
      the number of rows
Then: make test, and sessionproof selfcheck --only F-{prefix}"""


@dataclass(frozen=True)
class Begun:
    """The files to write, by path, and what is left to do."""

    files: dict[Path, str]
    next: str


def begin(root: Path, id: str, group: str, name: str, suite: str | None = None) -> Begun:
    """What it takes to begin requirement `id`; nothing is written. Raises UsageError where it can't begin."""
    rows = root / "contracts" / "requirements.toml"
    _check_id(rows, id, group)
    prefix = id.split("-")[0]
    always, sometimes = _next_faults(root, prefix)
    words = {"id": id, "group": group, "name": name, "prefix": prefix, "always": always, "sometimes": sometimes}
    words |= {"sentence": name.replace("_", " ").capitalize() + ".", "part": name.title().replace("_", "")}
    suite_file = root / "suites" / f"{suite or group}.py"
    faults_file = root / "reference_server" / "faults" / f"{group}.py"
    _check_name(root, name)
    words |= {"title": suite_file.stem.capitalize()}
    words |= {"suite": str(suite_file.relative_to(root)), "faults": str(faults_file.relative_to(root))}
    files = {
        rows: _with_row(rows.read_text(encoding="utf-8"), group, _ROW.format(**words)),
        suite_file: _with_check(suite_file, words),
        faults_file: _read(faults_file, _FAULTS_FILE.format(**words)) + _FAULTS.format(**words),
    }
    if not faults_file.exists():
        index = faults_file.with_name("__init__.py")
        files[index] = _with_module(index.read_text(encoding="utf-8"), group)
    return Begun(files, _NEXT.format(**words))


def _check_id(rows: Path, id: str, group: str) -> None:
    known = load_requirements(rows)
    if group not in GROUPS:
        raise UsageError(f"{group}: not a group; groups are {', '.join(GROUPS)}")
    if id in known:
        raise UsageError(f"{id}: is there already: {known[id].sentence}")
    last = [row.id for row in known.values() if row.group == group][-1]
    free = f"{last[:3]}-{int(last[4:]) + 1:02}"
    if id != free:
        raise UsageError(f"{id}: the next id of {group} is {free}")


def _check_name(root: Path, name: str) -> None:
    if not re.fullmatch(r"[a-z][a-z0-9]*(_[a-z0-9]+)+", name):
        raise UsageError(f"{name}: not a check's name; say what it shows, like heartbeat_restarts_the_life")
    for file in sorted((root / "suites").glob("*.py")):
        if f"\ndef {name}(" in file.read_text(encoding="utf-8"):
            raise UsageError(f"{name}: is there already, in {file.relative_to(root)}")


def _next_faults(root: Path, prefix: str) -> tuple[str, str]:
    texts = [file.read_text(encoding="utf-8") for file in (root / "reference_server" / "faults").glob("*.py")]
    last = max((int(number) for text in texts for number in re.findall(rf'"F-{prefix}-(\d\d)"', text)), default=0)
    return f"F-{prefix}-{last + 1:02}", f"F-{prefix}-{last + 2:02}"


def _with_row(text: str, group: str, row: str) -> str:
    """The row after the last one of its group."""
    end = text.find("\n\n", text.rindex(f'\ngroup = "{group}"\n'))
    return f"{text}{row}" if end < 0 else f"{text[: end + 1]}{row}{text[end + 1 :]}"


def _with_check(file: Path, words: dict[str, str]) -> str:
    return _importing(_read(file, _SUITE.format(**words)), "sessionproof.expect", "Unproven") + _CHECK.format(**words)


def _with_module(text: str, group: str) -> str:
    """A faults/__init__.py that imports and names one more module."""
    names = re.compile(r"__all__ = \[(.*?)\]", re.DOTALL)
    found = names.search(text)
    assert found is not None
    listed = sorted({*re.findall(r'"(\w+)"', found[1]), group}, key=lambda name: (not name.isupper(), name))
    shown = "".join(f'    "{name}",\n' for name in listed)
    return _importing(names.sub(f"__all__ = [\n{shown}]", text), "", group)


def _importing(text: str, module: str, name: str) -> str:
    """`text` with `name` among what its `from` import of `module` names; "" is the package itself."""
    for node in ast.parse(text).body:
        if isinstance(node, ast.ImportFrom) and (node.module or "") == module:
            named = sorted({*(each.name for each in node.names), name})
            lines = text.splitlines(keepends=True)
            lines[node.lineno - 1 : node.end_lineno] = [f"from {module or '.'} import {', '.join(named)}\n"]
            return "".join(lines)
    raise UsageError(f"there is no import from {module} to add {name} to; add it, and try again")


def _read(file: Path, otherwise: str) -> str:
    return file.read_text(encoding="utf-8") if file.exists() else otherwise


def main(arguments: Sequence[str] | None = None) -> int:
    """Begin a requirement and say what is left to do. Exit code 4, with one line, where it can't begin."""
    parser = argparse.ArgumentParser(prog="python -m sessionproof.scaffold", description=__doc__.splitlines()[0])
    parser.add_argument("id", metavar="ID", help="the next id of the group, like RES-12")
    parser.add_argument("group", metavar="GROUP", help=", ".join(GROUPS))
    parser.add_argument("name", metavar="NAME", help="what the check shows, like heartbeat_restarts_the_life")
    parser.add_argument("--suite", metavar="FILE", help="the file in suites/, without .py (default: the group)")
    options = parser.parse_args(arguments)
    root = bundle_root()
    try:
        if not (root / "pyproject.toml").is_file():
            raise UsageError("this is an installed copy; requirements are begun in a checkout of the source")
        begun = begin(root, options.id, options.group, options.name, options.suite)
        for file, text in begun.files.items():
            file.write_text(text, encoding="utf-8")
    except UsageError as error:
        print(f"scaffold: {error}", file=sys.stderr)
        return error.exit_code
    print(begun.next)
    return 0


if __name__ == "__main__":
    sys.exit(main())
