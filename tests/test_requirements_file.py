"""Guarantees that `contracts/requirements.toml` is complete and well-formed, row by row."""

from __future__ import annotations

import re
import tomllib
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

FILE = Path(__file__).resolve().parents[1] / "contracts" / "requirements.toml"
TEXT = FILE.read_text(encoding="utf-8")
DOCUMENT: dict[str, Any] = tomllib.loads(TEXT)
ROWS: list[dict[str, Any]] = DOCUMENT["requirement"]

KEYS = ["id", "group", "level", "tier", "sentence", "why", "sources", "capabilities", "means"]
LEVELS = {"MUST", "SHOULD"}
TIERS = {"universal", "capability", "declared"}
CAPABILITIES = {
    *("create", "read", "update", "delete", "list", "resume", "timeout", "heartbeat", "messages", "title"),
    *("status", "query", "clear", "cases", "legacy", "uploads", "stats", "health", "cors", "idempotency"),
    *("autocreate", "identity"),
}
MEANS = {"users", "clock", "store", "nodes", "client"}

# Prefix, group, number of rows: in the order of the file.
GROUPS = [
    ("LIF", "lifecycle", 9),
    ("RES", "resumption", 11),
    ("ISO", "isolation", 10),
    ("EXP", "expiry", 14),
    ("MSG", "messages", 11),
    ("CAS", "cases", 9),
    ("UPL", "uploads", 6),
    ("CLI", "client", 12),
    ("SEC", "security", 10),
    ("CON", "load", 8),
]

FORBIDDEN = ("seed", "catalogue", "profile")
DOCUMENTS = (
    "FaultMaven user guide: ",
    "fm-session-service README: ",
    "Agentic-AI multi-client guide: ",
    "FaultMaven extension incident report: ",
    "FaultMaven case and session concepts: ",
)
STANDARDS = (
    r"RFC \d{4} section \d+(\.\d+)*",
    r"OWASP ASVS 5\.0 \d+\.\d+\.\d+",
    r"OWASP WSTG-[A-Z]{4}-\d\d",
    r"OWASP API\d+:2023",
    r"NIST SP 800-63B-4 section \d+(\.\d+)*",
    r"https://github\.com/[\w.-]+/[\w.-]+/issues/\d+",
)

each_row = pytest.mark.parametrize("row", ROWS, ids=[row["id"] for row in ROWS])


def test_there_are_a_hundred_rows_in_order() -> None:
    expected = [(f"{prefix}-{number:02}", group) for prefix, group, rows in GROUPS for number in range(1, rows + 1)]
    assert len(ROWS) == 100
    assert [(row["id"], row["group"]) for row in ROWS] == expected


def test_the_file_has_a_format_and_nothing_but_rows() -> None:
    assert list(DOCUMENT) == ["format", "requirement"]
    assert DOCUMENT["format"] == 1


def test_ids_and_sentences_are_unique() -> None:
    for key in ("id", "sentence", "why"):
        repeated = [value for value, count in Counter(row[key] for row in ROWS).items() if count > 1]
        assert repeated == []


@pytest.mark.parametrize("word", FORBIDDEN)
def test_no_forbidden_word_occurs(word: str) -> None:
    assert word not in TEXT.lower()


@pytest.mark.parametrize("key", ["format", *KEYS])
def test_the_header_explains_every_key(key: str) -> None:
    header = TEXT.partition("\nformat = ")[0]
    assert re.search(rf"^# {key}  +\S", header, re.MULTILINE)


@each_row
def test_a_row_has_every_key_and_no_other(row: dict[str, Any]) -> None:
    assert list(row) == KEYS


@each_row
def test_level_and_tier_are_known(row: dict[str, Any]) -> None:
    assert row["level"] in LEVELS
    assert row["tier"] in TIERS


@each_row
def test_capabilities_and_means_are_known_and_listed_once(row: dict[str, Any]) -> None:
    for key, known in (("capabilities", CAPABILITIES), ("means", MEANS)):
        assert set(row[key]) <= known
        assert len(row[key]) == len(set(row[key]))


@each_row
def test_two_users_need_an_identity(row: dict[str, Any]) -> None:
    if "users" in row["means"]:
        assert "identity" in row["capabilities"]


@each_row
def test_the_client_group_needs_a_client(row: dict[str, Any]) -> None:
    assert ("client" in row["means"]) == (row["group"] == "client")


@each_row
def test_sentence_and_why_are_short_full_sentences(row: dict[str, Any]) -> None:
    for key, limit in (("sentence", 300), ("why", 200)):
        text = row[key]
        assert 0 < len(text) <= limit
        assert text.endswith(".")
        assert text == " ".join(text.split())


@each_row
def test_sources_are_named_and_listed_once(row: dict[str, Any]) -> None:
    assert row["sources"]
    assert all(source.strip() == source != "" for source in row["sources"])
    assert len(row["sources"]) == len(set(row["sources"]))


@each_row
def test_documents_standards_and_threads_are_cited_in_one_form(row: dict[str, Any]) -> None:
    for source in row["sources"]:
        if source.startswith(("RFC", "OWASP ASVS", "OWASP WSTG", "OWASP API", "NIST", "http")):
            assert any(re.fullmatch(form, source) for form in STANDARDS), source
        elif source.startswith(("FaultMaven ", "fm-", "Agentic")):
            assert source.startswith(DOCUMENTS), source
