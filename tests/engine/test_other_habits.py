"""Habits that other correct servers have raise no alarm."""

from __future__ import annotations

from pathlib import Path

import pytest

from sessionproof.effort import Effort
from sessionproof.expect import Expect, Violation
from sessionproof.plugin.findings import findings
from sessionproof.verdicts import Verdict
from sessionproof.wire import Answer, Reply, build_request, shape_error

from .documents import ALICE, contract_of
from .fake_api import fake_api
from .running import judged, verdicts
from .scripted import answered, scripted_run


@pytest.mark.parametrize("joins", [False, True])
def test_an_identity_sent_twice_may_be_a_third_users(joins: bool, tmp_path: Path) -> None:
    with fake_api() as api:
        api.joins = joins
        report = judged(api.url, contract=api.write(tmp_path), only=("ISO-06",), effort=Effort.NORMAL, seed=1)
    assert verdicts(report) == {"ISO-06": Verdict.PASSED}


FORMS = """
POST /s:
  x-session:
    does: create
    client: $request.body#/client
    life: {at: $request.body#/minutes, unit: minutes}
    session: $response.header.Location
  requestBody: {content: {KIND: {schema: {type: object}}}}
  responses:
    201: {description: Made}
    400: {description: Refused, content: {text/plain: {schema: {type: string}}}}
"""


@pytest.mark.parametrize(
    ("kind", "typed"),
    [("application/json", True), ("application/x-www-form-urlencoded", False), ("multipart/form-data", False)],
)
def test_a_form_tells_no_number_from_its_text(kind: str, typed: bool) -> None:
    assert contract_of(FORMS.replace("KIND", kind)).first("create").is_typed is typed


def test_a_refusal_in_plain_text_has_its_declared_shape() -> None:
    contract = contract_of(FORMS.replace("KIND", "application/json"))
    request = build_request(contract, contract.first("create"), ALICE, {})
    assert shape_error(Reply(contract, request, Answer(400, content=b"bad minutes"))) == ""
    assert shape_error(Reply(contract, request, Answer(404, content=b"bad minutes"))) != ""


SHORT = """
POST /s: {x-session: {does: create, session: $response.header.Location}}
GET /s/{id}: {x-session: {does: read, session: $request.path.id}}
"""


@pytest.mark.parametrize(
    ("kind", "reads", "status", "verdict"),
    [
        ("idle", 1, 404, Verdict.FAILED),
        ("idle", 20, 404, Verdict.UNPROVEN),
        ("idle", 20, 403, Verdict.FAILED),
        ("", 20, 404, Verdict.FAILED),
    ],
)
def test_where_sessions_may_have_ended_meanwhile_a_refusal_shows_nothing(
    kind: str, reads: int, status: int, verdict: Verdict
) -> None:
    life = f", life: {{kind: {kind}, default: 10 seconds}}" if kind else ""
    contract = contract_of(SHORT, f"{{identity: none{life}}}")
    run = scripted_run(contract, lambda request: answered(status=status, Location="/s/s1-session"))
    for _ in range(reads):
        read = run.ask(contract.first("read"), ALICE, {"session": "s1-session"})
    (found,) = findings("check", "LIF-01", Violation("success", str(status), read), Expect(), run)
    assert found.verdict is verdict
