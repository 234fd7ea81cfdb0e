"""The pacts in the repository are what the extension's calls give, byte for byte."""

from __future__ import annotations

import json
import tomllib
from dataclasses import replace
from typing import Any

import pytest
from pact.error import MismatchesError

from sessionproof.pacts.files import bundled_pacts
from sessionproof.requirements import load_requirements
from tests.pact.interactions import INTERACTIONS, pact_file, pact_path


def interactions() -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(pact_path().read_bytes())["interactions"]
    return found


def test_the_file_is_what_the_extensions_calls_give() -> None:
    assert pact_file() == pact_path().read_bytes(), "write it anew: python -m tests.pact.interactions"


def test_the_order_of_the_calls_makes_no_difference() -> None:
    some = INTERACTIONS[:3]
    assert pact_file(some) == pact_file(some[::-1])


def test_an_extension_that_sends_something_else_has_no_pact() -> None:
    changed = replace(INTERACTIONS[0], act=lambda extension: extension.ask("some-session", "a question"))
    with pytest.raises(MismatchesError, match="Request not found: POST /api/v1/query/"):
        pact_file((changed,))


def test_an_extension_that_cant_use_the_answer_has_no_pact() -> None:
    changed = replace(INTERACTIONS[0], then=lambda reply: reply.resumed is True)
    with pytest.raises(AssertionError, match="open the panel for the first time"):
        pact_file((changed,))


def test_nothing_in_the_file_changes_with_time_or_versions() -> None:
    assert json.loads(pact_path().read_bytes())["metadata"] == {"pactSpecification": {"version": "4.0"}}


def test_requests_name_users_clients_and_sessions_by_their_state() -> None:
    for row in interactions():
        given = json.dumps(row["request"]["generators"])
        assert "${user}" in given
        assert "${session}" in given or "${client}" in given, row["description"]


def test_the_table_names_requirements_that_there_are() -> None:
    table = tomllib.loads((bundled_pacts() / "requirements.toml").read_text(encoding="utf-8"))["counts"]
    assert table
    assert {id for row in table for id in row["for"]} <= set(load_requirements())
