"""A plain OpenAPI document and a sidecar beside it are one contract, and errors name the file that is to be mended."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from _pytest.mark import ParameterSet

from sessionproof.contract import contract_problems, load_contract
from sessionproof.errors import ContractError

from .documents import written

OPENAPI = """
openapi: 3.0.3
paths:
  /s:
    post:
      requestBody: {content: {application/json: {schema: {properties: {c: {type: string, nullable: true}}}}}}
      responses:
        201: {content: {application/json: {schema: {properties: {id: {type: string}}}}}}
    get: {responses: {200: {description: all}}}
  /s/{id}:
    get: {responses: {200: {description: one}}}
"""
SIDECAR = """
x-session: {name: beside, identity: {header: X-User}}
operations:
  POST /s: {does: create, client: $request.body#/c, session: $response.body#/id}
  GET /s/{id}: {does: read, session: $request.path.id}
"""


def test_a_sidecar_beside_a_document(tmp_path: Path) -> None:
    contract = load_contract(written(tmp_path, openapi=OPENAPI, side=SIDECAR), tmp_path / "side.yaml")
    assert contract.name == "beside"
    assert [binding.name for binding in contract.bindings] == ["POST /s", "GET /s/{id}"]
    assert set(contract.first("create").responses) == {"201"}
    assert contract_problems(tmp_path / "openapi.yaml", tmp_path / "side.yaml") == []


def test_a_sidecar_that_names_its_document(tmp_path: Path) -> None:
    (tmp_path / "api").mkdir()
    written(tmp_path / "api", openapi=OPENAPI)
    side = written(tmp_path, side="openapi: api/openapi.yaml\n" + SIDECAR)
    assert load_contract(side).has("read")


def test_a_document_as_json(tmp_path: Path) -> None:
    paths: dict[str, Any] = {"/s": {"post": {"responses": {"200": {"content": {"application/json": {}}}}}}}
    (tmp_path / "openapi.json").write_text(json.dumps({"openapi": "3.1.0", "paths": paths}), encoding="utf-8")
    side = written(
        tmp_path,
        side="{x-session: {identity: none}, operations: {POST /s: {does: create, session: $response.body#/id}}}",
    )
    assert load_contract(tmp_path / "openapi.json", side).has("create")


def test_a_sidecar_beside_the_document_that_the_target_serves(tmp_path: Path) -> None:
    side = written(tmp_path, side=SIDECAR)
    asked: list[str] = []

    def served(path: str) -> str | None:
        asked.append(path)
        return OPENAPI

    assert load_contract(side, served=served).has("create")
    assert load_contract(written(tmp_path, other="openapi: /there.json\n" + SIDECAR), served=served).has("create")
    assert asked == ["", "/there.json"]
    with pytest.raises(ContractError, match="or on the target"):
        load_contract(side, served=lambda path: None)


def test_without_a_document_it_says_how_to_give_one(tmp_path: Path) -> None:
    side = written(tmp_path, side=SIDECAR)
    with pytest.raises(ContractError, match=r"OpenAPI document beside it.*; say `openapi: FILE`") as raised:
        load_contract(side)
    assert raised.value.file == str(side)


def test_a_document_that_is_not_there(tmp_path: Path) -> None:
    side = written(tmp_path, side="openapi: nowhere.yaml\n" + SIDECAR)
    with pytest.raises(ContractError, match="can't be read") as raised:
        load_contract(side)
    assert raised.value.file == str(tmp_path / "nowhere.yaml")


def wrong(old: str, new: str, reason: str, fix: str, *, id: str) -> ParameterSet:
    """A mistake in the sidecar, and what is to be said."""
    return pytest.param(old, new, reason, fix, id=id)


LIST = "GET /s: {does: list}"
WRONG = [
    wrong(LIST, "DELETE /s: {does: clear}", "has no DELETE /s", "GET, POST", id="method"),
    wrong(LIST, "FETCH /s: {does: list}", "'FETCH /s'", "", id="no method"),
    wrong(LIST, "GET /sessions: {does: list}", "has no GET /sessions", "paths there are /s, /s/{id}", id="path"),
    wrong("GET /s/{id}", "GET /s/{ids}", "has no GET /s/{ids}", "did you mean /s/{id}?", id="similar path"),
    wrong(
        "/s: {does: c", "/s: {title: $request.body#/d, does: c", "not in the body's schema", "known are c", id="field"
    ),
    wrong("/s/{id}: {", "/s/{id}: {title: $request.query.t, ", "not a declared query", "there are none", id="query"),
    wrong("/s: {does: c", "/s: {sesion: $response.body#/id, does: c", "'sesion'", "did you mean session?", id="word"),
    wrong(
        "session: $request.path.id",
        "title: $response.header.T",
        "where the session id is",
        "add `session:",
        id="session",
    ),
    wrong("{header: X-User}", "{headers: X-User}", "identity", "write {header: NAME}", id="identity"),
]


@pytest.mark.parametrize(("old", "new", "reason", "fix"), WRONG)
def test_errors_name_the_sidecar_and_its_line(tmp_path: Path, old: str, new: str, reason: str, fix: str) -> None:
    text = SIDECAR.rstrip("\n") + "\n  GET /s: {does: list}\n"
    assert old in text
    broken = text.replace(old, new)
    line = next(number for number, row in enumerate(broken.splitlines(), 1) if row not in text.splitlines())
    openapi = written(tmp_path, openapi=OPENAPI, side=broken)
    problem = contract_problems(openapi, tmp_path / "side.yaml")[0]
    assert (problem.file, problem.line) == (str(tmp_path / "side.yaml"), line)
    assert reason in problem.reason
    assert fix in problem.fix


PLAIN = {
    "paths is a list": "openapi: 3.1.0\npaths: [1]\n",
    "paths is nothing": "openapi: 3.1.0\npaths:\n",
    "a path is nothing": "openapi: 3.1.0\npaths:\n  /s:\n",
    "an operation is nothing": "openapi: 3.1.0\npaths:\n  /s:\n    post:\n",
    "an operation is a list": "openapi: 3.1.0\npaths:\n  /s:\n    post: [1]\n",
}


@pytest.mark.parametrize("openapi", PLAIN.values(), ids=PLAIN)
def test_a_document_that_is_none_is_named_and_not_a_traceback(tmp_path: Path, openapi: str) -> None:
    side = "x-session: {identity: none}\noperations: {POST /s: {does: create, session: $response.header.L}}\n"
    problems = contract_problems(written(tmp_path, openapi=openapi, side=side), tmp_path / "side.yaml")
    assert len(problems) >= 1
