"""The server keeps the contract's document, and so does the document that it serves itself."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml
from jsonschema import Draft202012Validator, FormatChecker

from reference_server.local import SESSIONS, Local

CONTRACTS = Path(__file__).parents[2] / "contracts/openapi"
NOBODY = "00000000-0000-4000-8000-000000000000"


@pytest.fixture
def local(kept: dict[str, Any]) -> Iterator[Local]:
    with Local(**kept) as server:
        yield server


@pytest.fixture
def faultmaven(kept: dict[str, Any]) -> Iterator[Local]:
    with Local(contract="faultmaven", **kept) as server:
        yield server


@pytest.fixture
def agentic(kept: dict[str, Any]) -> Iterator[Local]:
    with Local(contract="agentic-multi-client", **kept) as server:
        yield server


def documents(local: Local, contract: str) -> list[Any]:
    """The contract's document as it is written, and as the server serves it."""
    written = yaml.safe_load((CONTRACTS / f"{contract}.yaml").read_text())
    return [written, local.send("GET", "/openapi.json", None).json()]


@pytest.fixture(params=[0, 1], ids=["written", "served"])
def document(request: pytest.FixtureRequest, local: Local) -> Any:
    return documents(local, "fm-session-service")[request.param]


def resolve(document: Any, value: Any) -> Any:
    while "$ref" in value:
        found = document
        for step in value["$ref"].removeprefix("#/").split("/"):
            found = found[step]
        value = found
    return value


def judge(document: Any, answer: httpx.Response, template: str) -> None:
    """The status is declared, and the body has the declared form."""
    operation = document["paths"][template][answer.request.method.lower()]
    declared = resolve(document, operation["responses"][str(answer.status_code)])
    content = declared.get("content")
    if content is None:
        assert answer.content == b""
        return
    schema = {**content["application/json"]["schema"], "components": document["components"]}
    Draft202012Validator(schema, format_checker=FormatChecker()).validate(answer.json())


def test_every_answer_has_a_declared_form(local: Local, document: Any) -> None:
    one, said, beat = (f"{SESSIONS}/{{session_id}}{end}" for end in ("", "/messages", "/heartbeat"))
    wrong = {"content": b"{", "headers": {"Content-Type": "application/json"}}
    exchanges: list[tuple[str, str, dict[str, Any], list[int]]] = [
        ("POST", SESSIONS, {"json": {"client_id": "tab", "metadata": {"x": 1}}}, [201, 200]),
        ("POST", SESSIONS, wrong, [422]),
        ("GET", SESSIONS, {}, [200]),
        ("GET", SESSIONS + "?limit=0", {}, [422]),
        ("POST", said, {"json": {"role": "user", "content": "hello"}}, [201]),
        ("POST", said, wrong, [422]),
        ("GET", said, {}, [200]),
        ("GET", said + "?offset=x", {}, [422]),
        ("GET", one, {}, [200]),
        ("PUT", one, {"json": {"title": "x", "status": "archived"}}, [200]),
        ("PUT", one, wrong, [422]),
        ("POST", beat, {}, [200]),
        ("GET", "/health", {}, [200]),
        ("DELETE", one, {}, [204, 404]),
    ]
    session_id = NOBODY
    for method, template, extra, statuses in exchanges:
        bare = template.partition("?")[0]
        for status in statuses:
            answer = local.send(method, template.replace("{session_id}", session_id), **extra)
            assert answer.status_code == status
            judge(document, answer, bare)
            if method == "POST" and template == SESSIONS and status < 300:
                session_id = answer.json()["session_id"]
        if bare != "/health":
            answer = local.send(method, template.replace("{session_id}", session_id), None, **extra)
            judge(document, answer, bare)
        if "{session_id}" in bare:
            judge(document, local.send(method, template.replace("{session_id}", NOBODY), **extra), bare)


@pytest.mark.parametrize("which", [0, 1], ids=["written", "served"])
def test_every_answer_of_faultmaven_has_a_declared_form(faultmaven: Local, which: int) -> None:
    document = documents(faultmaven, "faultmaven")[which]
    one, case = f"{SESSIONS}/{{session_id}}", f"{SESSIONS}/{{session_id}}/cases/{{case_id}}/history"
    wrong = {"content": b"{", "headers": {"Content-Type": "application/json"}}
    asked, file = {"json": {"query": "why?"}}, {"files": {"file": ("a.log", b"x")}}
    exchanges: list[tuple[str, str, dict[str, Any], list[int]]] = [
        ("POST", SESSIONS, {"json": {"client_id": "tab", "timeout_minutes": 5}}, [201, 200]),
        ("POST", SESSIONS, wrong, [422]),
        ("GET", one, {}, [200]),
        ("GET", case, {}, [200]),
        ("POST", "/query", asked, [200, 200]),
        ("POST", "/api/v1/query/", asked, [200]),
        ("POST", "/api/v1/agent/query", asked, [200]),
        ("POST", "/query", wrong, [422]),
        ("POST", one + "/new-case", {}, [201]),
        ("GET", one + "/cases", {}, [200]),
        ("GET", case, {}, [200]),
        ("POST", "/data", file, [201]),
        ("POST", "/data", {"files": {"other": b"x"}}, [422]),
        ("POST", "/api/v1/data/upload", file, [201]),
        ("GET", "/api/v1/data", {}, [200]),
        ("GET", one, {}, [200]),
        ("GET", "/health", {}, [200]),
        ("DELETE", one, {}, [204, 404]),
    ]
    judge_all(faultmaven, document, exchanges)


@pytest.mark.parametrize("which", [0, 1], ids=["written", "served"])
def test_every_answer_of_agentic_multi_client_has_a_declared_form(agentic: Local, which: int) -> None:
    document = documents(agentic, "agentic-multi-client")[which]
    wrong = {"content": b"{", "headers": {"Content-Type": "application/json"}}
    said, file, one = {"json": {"message": "why?"}}, {"files": {"file": ("a.log", b"x")}}, "/sessions/{session_id}"
    exchanges: list[tuple[str, str, dict[str, Any], list[int]]] = [
        ("POST", "/sessions", {"json": {"client_id": "tab"}}, [201, 201]),
        ("POST", "/sessions", wrong, [422]),
        ("GET", one, {}, [200]),
        ("POST", "/chat", said, [200, 200]),
        ("POST", "/chat", wrong, [422]),
        ("POST", "/upload", file, [201]),
        ("POST", "/upload", {"files": {"other": b"x"}}, [422]),
        ("GET", one, {}, [200]),
        ("POST", one + "/clear", {}, [200]),
        ("GET", "/sessions", {}, [200]),
        ("GET", "/health", {}, [200]),
        ("DELETE", one, {}, [204, 404]),
    ]
    judge_all(agentic, document, exchanges)


def judge_all(local: Local, document: Any, exchanges: list[tuple[str, str, dict[str, Any], list[int]]]) -> None:
    """Each exchange has these statuses, one after another; then without a user, without a session, with a wrong one."""
    session_id = NOBODY
    for method, template, extra, statuses in exchanges:
        for status in statuses:
            answer = send(local, method, template, session_id, extra)
            assert (method, template, answer.status_code) == (method, template, status)
            judge(document, answer, template)
            if method == "POST" and template.endswith("/sessions") and status < 300:
                session_id = answer.json()["session_id"]
        if template.endswith("/sessions") or template == "/health":
            continue
        for user, named in ((None, NOBODY), ("ann", NOBODY), ("ann", "")):
            answer = send(local, method, template, named or session_id, extra, user, in_header=bool(named))
            judge(document, answer, template)


def send(
    local: Local,
    method: str,
    template: str,
    session_id: str,
    extra: dict[str, Any],
    user: str | None = "ann",
    *,
    in_header: bool = True,
) -> httpx.Response:
    """The request with its session in the path, if that has a place for it, and in the header, if so wished."""
    path = template.replace("{session_id}", session_id).replace("{case_id}", "current")
    headers = {**extra.get("headers", {}), **({"X-Session-ID": session_id} if in_header else {})}
    return local.send(method, path, user, **{**extra, "headers": headers})


@pytest.mark.parametrize("contract", ["fm-session-service", "faultmaven", "agentic-multi-client"])
def test_the_served_document_has_what_the_written_one_has(contract: str) -> None:
    with Local(contract=contract) as local:
        written, served = documents(local, contract)
    assert set(served["paths"]) == set(written["paths"])
    for path, item in written["paths"].items():
        for method in set(item) - {"parameters"}:
            theirs, ours = item[method], served["paths"][path][method]
            assert ours["operationId"] == theirs["operationId"]
            assert set(theirs["responses"]) - set(ours["responses"]) <= {"503"}
            declared = [*item.get("parameters", []), *theirs.get("parameters", [])]
            parameters = [resolve(written, parameter) for parameter in declared]
            expected = {(p["name"], p["in"]): p["schema"] for p in parameters}
            found = {(p["name"], p["in"]): p["schema"] for p in ours.get("parameters", [])}
            assert set(found) == set(expected)
            for name, schema in found.items():
                assert schema == resolve(written, expected[name])
            assert theirs.get("requestBody", {}).get("required") == ours.get("requestBody", {}).get("required")
    for name, schema in written["components"]["schemas"].items():
        ours = served["components"]["schemas"].get(name)
        if ours is not None and "required" in schema:
            assert set(ours["required"]) >= set(schema["required"])


def test_the_served_limits_are_those_in_force() -> None:
    with Local(longest_minutes=90, default_minutes=30) as local:
        schemas = local.send("GET", "/openapi.json", None).json()["components"]["schemas"]
        minutes = schemas["Metadata"]["properties"]["timeout_minutes"]
        assert minutes == {"type": "number", "minimum": 1, "maximum": 90, "title": "Timeout Minutes"}
        assert local.create()["metadata"] == {"timeout_minutes": 30}
        assert local.send("POST", SESSIONS, json={"metadata": {"timeout_minutes": 91}}).status_code == 422
