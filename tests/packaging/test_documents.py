"""docs/documents.md is what the data and the checks give, and the data leave no statement and no requirement out."""

from __future__ import annotations

import json
import re
import tomllib
from pathlib import Path
from typing import Any

import pytest

from sessionproof.documents import Check, checks_by_requirement, main, page
from sessionproof.requirements import load_requirements

ROOT = Path(__file__).resolve().parents[2]
DATA: dict[str, Any] = tomllib.loads((ROOT / "contracts" / "documents.toml").read_text(encoding="utf-8"))
DOCUMENTS: list[dict[str, Any]] = DATA["document"]
ROWS = [(document["name"], row) for document in DOCUMENTS for row in document["statements"]]
OPEN: list[dict[str, Any]] = DATA["contradiction"]
REQUIREMENTS = load_requirements()
COVERED = {id for _, row in ROWS for id in row.get("requirements", [])}
SCHEMA = json.loads((ROOT / "contracts" / "schemas" / "x-session.schema.json").read_text(encoding="utf-8"))


def test_the_page_is_up_to_date() -> None:
    text = (ROOT / "docs" / "documents.md").read_text(encoding="utf-8")
    now = page(DATA, REQUIREMENTS, checks_by_requirement(ROOT / "suites"))
    assert text == now, "docs/documents.md is out of date: `make docs` writes it"


@pytest.mark.parametrize(("name", "row"), ROWS, ids=[f"{name} {row['place']}" for name, row in ROWS])
def test_a_statement_has_requirements_that_exist_or_a_reason(name: str, row: dict[str, Any]) -> None:
    assert row.keys() in ({"place", "statement", "requirements"}, {"place", "statement", "reason"})
    assert all(row.values())
    ids = row.get("requirements", [])
    assert [id for id in ids if id not in REQUIREMENTS] == []
    assert len(ids) == len(set(ids))


def test_no_statement_is_there_twice() -> None:
    seen = [(name, row["place"], row["statement"]) for name, row in ROWS]
    assert len(seen) == len(set(seen))


def test_every_requirement_has_a_statement_or_comes_from_elsewhere() -> None:
    assert COVERED | set(DATA["elsewhere"]) == set(REQUIREMENTS)
    assert COVERED & set(DATA["elsewhere"]) == set()


def test_what_comes_from_elsewhere_cites_none_of_the_documents() -> None:
    sources = [source for id in DATA["elsewhere"] for source in REQUIREMENTS[id].sources]
    assert [source for source in sources if source.startswith(tuple(each["name"] for each in DOCUMENTS))] == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=[document["name"] for document in DOCUMENTS])
def test_a_requirement_that_cites_a_document_stands_at_a_statement_of_it(document: dict[str, Any]) -> None:
    citing = {
        id
        for id, requirement in REQUIREMENTS.items()
        if any(source.startswith(f"{document['name']}: ") for source in requirement.sources)
    }
    assert citing
    assert citing - {id for row in document["statements"] for id in row.get("requirements", [])} == set()


def declared(key: str) -> Any:
    """What the vocabulary's schema says of a key; KeyError where it isn't one."""
    below = SCHEMA["$defs"]["operation" if key.startswith("operation.") else "contract"]
    for name in key.removeprefix("operation.").split("."):
        below = next(form["properties"][name] for form in forms(below) if name in form.get("properties", {}))
    return below


def forms(schema: dict[str, Any]) -> list[dict[str, Any]]:
    """A schema, or what it refers to, or all that it may be."""
    if "$ref" in schema:
        return forms(SCHEMA["$defs"][schema["$ref"].rpartition("/")[2]])
    return [schema, *schema.get("oneOf", [])]


@pytest.mark.parametrize("row", OPEN, ids=[row["question"] for row in OPEN])
def test_a_contradiction_is_declared_in_words_of_the_vocabulary(row: dict[str, Any]) -> None:
    assert list(row) == ["question", "statement", "declared", "keys", "requirements"]
    assert [id for id in row["requirements"] if id not in REQUIREMENTS] == []
    words = (ROOT / "docs" / "contracts.md").read_text(encoding="utf-8")
    quoted = re.findall(r"`([^`]+)`", re.sub(r"^```.*?^```$", "", words, flags=re.MULTILINE | re.DOTALL))
    explained = {word for text in quoted for word in re.findall(r"\w+", text)}
    for key in row["keys"]:
        assert declared(key)
        assert key.rpartition(".")[2] in explained
    assert row["keys"] or row["declared"].startswith("nothing")


def test_a_key_that_is_none_would_be_noticed() -> None:
    for key in ("life.defaults", "operation.sessions", "lives.default"):
        with pytest.raises(StopIteration):
            declared(key)


SUITE = """
import pytest
requirement = pytest.mark.requirement
@requirement("LIF-01")
@requirement("LIF-02")
def both(alice): ...
@pytest.mark.requirement("LIF-01")
async def waits(alice): ...
@pytest.mark.parametrize("requirement", ["LIF-03"])
def other(requirement): ...
def helper(): ...
raise SystemExit("imported")
"""


def test_checks_are_found_without_running_anything(tmp_path: Path) -> None:
    (tmp_path / "b.py").write_text(SUITE, encoding="utf-8")
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "c.py").write_text('@requirement("LIF-02")\ndef deep(): ...\n', encoding="utf-8")
    assert checks_by_requirement(tmp_path) == {
        "LIF-01": [Check("b.py", "both"), Check("b.py", "waits")],
        "LIF-02": [Check("a/c.py", "deep"), Check("b.py", "both")],
    }


def test_a_requirement_without_a_check_says_what_it_needs() -> None:
    ids = {
        "RES-06": "no check yet",
        "EXP-01": "no check yet: needs a clock",
        "ISO-04": "no check yet: needs a second user",
    }
    ids |= {"CLI-10": "no check yet: judged by driving a client", "CON-08": "no check yet: needs a second node"}
    statements = [{"place": id, "statement": "Something.", "requirements": [id]} for id in ids]
    document = {"name": "A document", "about": "About.", "statements": statements}
    text = page({"document": [document], "contradiction": [], "elsewhere": []}, REQUIREMENTS, {})
    for id, words in ids.items():
        assert f"| {id} | Something. | {id} | {id}: {words} |\n" in text
    assert "| A document | 5 | 0 | 0 | 5 | 0 |" in text


def test_the_command_writes_in_a_checkout_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sessionproof.documents.bundle_root", lambda: tmp_path)
    assert main() == 4
    assert capsys.readouterr().err.startswith("documents: this is an installed copy")
