"""Whatever a file holds, what comes out is a list of problems or a contract, never a traceback."""

from __future__ import annotations

import copy
import json
import random
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from sessionproof.contract import contract_problems, load_contract
from sessionproof.contract.source import read_source
from sessionproof.errors import ContractError

from .documents import BUNDLED, ROOT, written

TEXT = BUNDLED.read_text(encoding="utf-8")
COPIES = 25  # of each kind
JUNK: tuple[Any, ...] = (
    None, True, 0, -1, 17.5, "", "x", "$", "$request.body#/x", "$ref", [], [None], ["x"], {}, {"$ref": "#/nowhere"},
    {"$ref": 3}, {"x": None}, 10**30, "\u2028", "post",
)  # fmt: skip
CHARACTERS = "{}[]:#&*!|>'\"%@`,?- \t\n\\0é\u2028"


def outcome(file: Path) -> str:
    """ "" when both ways of reading the file end as they should; what came out otherwise."""
    try:
        problems = contract_problems(file)
        if not problems:
            load_contract(file)
    except ContractError as error:
        return f"load_contract raises what contract_problems doesn't show: {error}"
    except Exception as error:
        return f"{type(error).__name__}: {error}"
    for problem in problems:
        assert len(str(problem).splitlines()) == 1
        assert problem.line >= 1
    return ""


def tracebacks(folder: Path, texts: Iterator[str]) -> list[str]:
    found = []
    for number, text in enumerate(texts):
        if said := outcome(written(folder, **{f"copy{number}": text})):
            found.append(f"copy {number}: {said}")
    return found


def steps_to_all(value: Any, at: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The way to every value inside a document."""
    below = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for step, child in below:
        yield (*at, step)
        yield from steps_to_all(child, (*at, step))


def with_junk(chance: random.Random, below: tuple[str, ...]) -> Iterator[str]:
    """Copies in which one value is replaced, removed or renamed; `below` narrows down where."""
    document = read_source(BUNDLED).document
    everywhere = list(steps_to_all(document))
    places = [steps for steps in everywhere if any(step in below for step in steps)] if below else everywhere
    for _ in range(COPIES):
        changed = copy.deepcopy(document)
        *way, last = chance.choice(places)
        inside = changed
        for step in way:
            inside = inside[step]
        how = chance.choice(("replace", "replace", "remove", "rename"))
        if how == "remove":
            del inside[last]
        elif how == "rename" and isinstance(inside, dict):
            inside[chance.choice(("x", "", "3", f"{last}x"))] = inside.pop(last)
        else:
            inside[last] = chance.choice(JUNK)
        yield json.dumps(changed, indent=1)  # which is YAML as well


def with_slips(chance: random.Random) -> Iterator[str]:
    """Copies with slips of an editor: lines lost, doubled or moved, characters lost or added, a file cut short."""
    rows = TEXT.splitlines(keepends=True)
    for _ in range(COPIES):
        changed, place = list(rows), chance.randrange(len(rows))
        how = chance.randrange(6)
        if how == 0:
            del changed[place : place + chance.randint(1, 5)]
        elif how == 1:
            changed.insert(chance.randrange(len(rows)), changed[place])
        elif how == 2:
            changed[place] = " " * chance.randint(1, 3) + changed[place]
        elif how == 3:
            del changed[place:]
            changed.append(rows[place][: chance.randrange(len(rows[place]))])
        else:
            at = chance.randrange(len(rows[place]))
            added = chance.choice(CHARACTERS) if how == 4 else ""
            changed[place] = rows[place][:at] + added + rows[place][at + 1 :]
        yield "".join(changed)


@pytest.mark.parametrize("part", [("identity",), ("life",), ("does", "each", "messages"), ("x-session",)], ids=str)
def test_junk_in_the_vocabulary(tmp_path: Path, part: tuple[str, ...]) -> None:
    assert tracebacks(tmp_path, with_junk(random.Random(1), part)) == []


@pytest.mark.parametrize("part", [("parameters",), ("requestBody", "responses"), ()], ids=str)
def test_junk_in_openapi(tmp_path: Path, part: tuple[str, ...]) -> None:
    assert tracebacks(tmp_path, with_junk(random.Random(1), part)) == []


def test_slips_of_an_editor(tmp_path: Path) -> None:
    assert tracebacks(tmp_path, with_slips(random.Random(1))) == []


def test_random_bytes(tmp_path: Path) -> None:
    chance = random.Random(1)
    for number in range(COPIES):
        file = tmp_path / f"{number}.yaml"
        file.write_bytes(chance.randbytes(chance.randint(1, 200)))
        assert contract_problems(file) != []
        assert outcome(file) == ""


def test_the_bundled_contract_itself_is_taken(tmp_path: Path) -> None:
    assert contract_problems(written(tmp_path, same=TEXT)) == []


@pytest.mark.parametrize(
    "value",
    ["0b_", "0x_", "!!int abc", '!!int ""', "!!float x", "!!bool x", "!!timestamp x", "1" * 5000],
    ids=lambda value: value[:12],
)
def test_values_that_are_not_what_their_tag_says(tmp_path: Path, value: str) -> None:
    assert outcome(written(tmp_path, broken=f"openapi: 3.1.0\npaths: {value}\n")) == ""


@pytest.mark.parametrize("value", ["!!set {a}", "!!binary aGk=", "!!timestamp 2030-01-01"])
def test_values_that_json_does_not_have(tmp_path: Path, value: str) -> None:
    text = f"openapi: 3.1.0\nx-session: {{identity: {value}}}\npaths: {{}}\n"
    assert outcome(written(tmp_path, broken=text)) == ""


@pytest.mark.parametrize(
    "text", ["a: &a {b: *a}\n", "openapi: 3.1.0\npaths: &p\n  /s: *p\nx-session: {identity: none}\n"]
)
def test_an_anchor_in_itself(tmp_path: Path, text: str) -> None:
    assert outcome(written(tmp_path, broken=text)) == ""


def test_brackets_in_brackets(tmp_path: Path) -> None:
    assert outcome(written(tmp_path, broken="a: " + "[" * 2000 + "]" * 2000)) == ""


def test_brackets_without_end(tmp_path: Path) -> None:
    file = written(tmp_path, broken="[" * 100_000)
    program = """
import sys
from pathlib import Path
from sessionproof.contract import contract_problems
print(contract_problems(Path(sys.argv[1])))
"""
    ended = subprocess.run(
        [sys.executable, "-c", program, file], cwd=ROOT, capture_output=True, text=True, timeout=60, check=False
    )
    assert ended.returncode == 0
    assert "ContractError" in ended.stdout


def test_anchors_of_anchors_stay_as_small_as_their_file(tmp_path: Path) -> None:
    rows = [f"a{number}: &a{number} [*a{number - 1}, *a{number - 1}]" for number in range(1, 16)]
    source = read_source(written(tmp_path, bomb="\n".join(["a0: &a0 [x]", *rows])))
    assert len(source.lines) < 1000


def test_shared_parts_are_taken_and_keep_their_lines(tmp_path: Path) -> None:
    text = "openapi: 3.1.0\nx-session: {identity: none}\nx-shared: &one\n  does: create\n  session: $response.headr.L\n"
    (problem, *_) = contract_problems(written(tmp_path, shared=text + "paths: {/s: {post: {x-session: *one}}}\n"))
    assert problem.line in (5, 6)
    assert "session" in problem.reason
