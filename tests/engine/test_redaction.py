"""Secrets are in nothing that a run leaves behind: history, reports, terminal, repeats."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from sessionproof.actors import Actor
from sessionproof.contract import load_contract
from sessionproof.effort import Effort
from sessionproof.expect import Expect, Violation
from sessionproof.history.redact import SECRET_HEADERS, Redactor
from sessionproof.plugin.findings import findings
from sessionproof.report.document import Report, as_dict
from sessionproof.run import Run
from sessionproof.users import given_users
from sessionproof.verdicts import CheckResult, Verdict
from sessionproof.wire import Answer

from .documents import ALICE, EXAMPLE, contract_of, written
from .running import judged, reference_server, served
from .scripted import answered, scripted_run

SECRET = "s3cr3t-0f-al1ce"


def redactor(*secrets: str) -> Redactor:
    known = Redactor()
    for number, secret in enumerate(secrets):
        known.add(secret, f"NAME{number}")
    return known


# What is taken out


def test_a_secret_is_shown_as_its_variable() -> None:
    assert redactor(SECRET).text(f"a {SECRET}{SECRET} b") == "a $NAME0$NAME0 b"
    assert redactor(SECRET).names == ("NAME0",)


def test_a_secret_that_holds_another_goes_first() -> None:
    assert redactor("short", "short-and-long").text("short short-and-long") == "$NAME0 $NAME1"


@pytest.mark.parametrize(
    "value",
    [SECRET, [SECRET], {"k": {"d": [1, f"x{SECRET}y"]}}, (SECRET,), SECRET * 100, f"{SECRET}{'x' * 300}"],
    ids=str,
)
def test_secrets_inside_of_values(value: Any) -> None:
    assert SECRET not in json.dumps(redactor(SECRET).value("context", value))


@pytest.mark.parametrize("name", ["password", "token"])
def test_values_that_are_secrets_by_their_name(name: str) -> None:
    assert redactor().value(name, "anything") == "[redacted]"
    assert redactor().value("m", {name: "anything", "x": 1}) == {name: "[redacted]", "x": 1}


@pytest.mark.parametrize("name", sorted(SECRET_HEADERS))
def test_headers_that_are_secrets_by_their_name(name: str) -> None:
    shown = redactor(SECRET).headers([(name.title(), "unknown secret"), (name, f"Bearer {SECRET}"), ("X-A", SECRET)])
    assert shown == [(name.title(), "[redacted]"), (name, "Bearer $NAME0"), ("X-A", "$NAME0")]


def test_what_is_no_text_stays() -> None:
    assert [redactor(SECRET).value("n", value) for value in (1, 1.5, True, None)] == [1, 1.5, True, None]
    assert redactor().value("f", b"\0\xff")["bytes"] == 2


# What a failure shows

LISTED = "responses: {200: {content: {application/json: {}}}}"
CREATE = "{does: create, title: $request.body#/t, session: $response.body#/id}"
OPERATIONS = f"""
POST /login:
  x-session: {{does: login, user: $request.body#/u, password: $request.body#/p, token: $response.body#/t}}
  requestBody: {{content: {{application/json: {{}}}}}}
  {LISTED}
POST /s: {{x-session: {CREATE}, requestBody: {{content: {{application/json: {{}}}}}}, {LISTED}}}
"""


def failure(identity: str, actor: Actor, answer: Answer, known: Redactor, **values: Any) -> CheckResult:
    """What is reported where the answer to a create of `actor` isn't what was expected."""
    contract = contract_of(OPERATIONS, f"{{identity: {identity}}}")
    run = scripted_run(contract, lambda _: answer, redactor=known)
    reply = run.ask(contract.first("create"), actor, values)
    violation = Violation(f"not {actor.secret}", f"seen {actor.secret}", reply)
    return next(findings("check", "LIF-01", violation, Expect(), run))


@pytest.mark.parametrize("identity", ["{header: X-User}", "{query: user}", "{bearer: {login: known}}"])
def test_evidence_and_repeat_have_variables_in_place_of_secrets(identity: str) -> None:
    actor = replace(ALICE, user=SECRET, secret=SECRET)
    answer = answered({"id": "1", "you": SECRET}, 500, set_cookie="sid=1", x_user=SECRET)
    shown = failure(identity, actor, answer, redactor(SECRET), title=f"by {SECRET}")
    text = f"{shown.evidence} {shown.repeat} {shown.reason}"
    assert SECRET not in text
    assert "sid=1" not in text
    assert text.count("$NAME0") >= 4
    assert "${NAME0:?" in shown.repeat


ODD_SECRETS = ['pa"ss\\word', "a+b/c==", "geh\u00e9im!", "two words"]


@pytest.mark.parametrize("secret", ODD_SECRETS)
def test_secrets_are_found_as_urls_and_json_spell_them(secret: str) -> None:
    actor = replace(ALICE, user=secret, secret=secret)
    shown = failure("{query: user}", actor, answered({"you": secret}, 500), redactor(secret), title=secret)
    text = f"{shown.evidence[0].exchange}\n{shown.repeat}"
    for spelled in (
        secret,
        quote(secret, safe=""),
        quote(secret, safe="").replace("%20", "+"),
        json.dumps(secret)[1:-1],
    ):
        assert spelled not in text


def test_a_failure_that_quotes_a_header_shows_no_secret(tmp_path: Path) -> None:
    contract = contract_of(OPERATIONS, "{identity: {bearer: {login: known}}}")
    refused = Answer(None, failure=f"LocalProtocolError: Illegal header value b'Bearer {SECRET}\\n'")
    run = scripted_run(contract, lambda _: refused, tmp_path / "h.jsonl", redactor(SECRET))
    run.ask(contract.first("create"), ALICE, {})
    assert SECRET not in (tmp_path / "h.jsonl").read_text(encoding="utf-8")


def test_variables_of_secrets_are_expanded_wherever_they_stand() -> None:
    known = redactor(SECRET)
    shown = failure("{query: user}", replace(ALICE, user=SECRET), answered({}, 500), known, title=f"by {SECRET}")
    quoted = re.findall(r"'[^']*'", shown.repeat)
    assert "$NAME0" in shown.repeat
    assert not [part for part in quoted if "$NAME0" in part]


# Whole runs


class Kept:
    """All that a run leaves behind: files, and what is on the terminal."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.settings = {name: folder / f"out.{name}" for name in ("json", "junit", "html", "history")}

    def texts(self, report: Report, output: str) -> Iterator[tuple[str, str]]:
        for name, file in self.settings.items():
            yield name, file.read_text(encoding="utf-8")
        yield "report", json.dumps(as_dict(report), ensure_ascii=False)
        yield "terminal", output


def test_tokens_and_passwords_of_logins(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A contract that is wrong about its server has failures to show, with all their exchanges."""
    text = EXAMPLE.read_text(encoding="utf-8")
    wrong = text.replace("foreign: [403]", "foreign: [418]").replace("gone: [410]", "gone: [418]")
    contract = written(tmp_path, wrong=wrong.replace("unknown: [404]", "unknown: [418]"))
    secrets: set[str] = set()
    actor = Run.actor

    def remembering(run: Run, name: str, user: str | None = None) -> Actor:
        known = actor(run, name, user)
        secrets.add(known.secret)
        for reply in run.transcript:
            if reply.request.binding.operation == "login":
                secrets.add(str(reply.request.values["password"]))
        return known

    monkeypatch.setattr(Run, "actor", remembering)
    kept = Kept(tmp_path)
    with served(sys.executable, "examples/other_server", "--port", "0") as url:
        report = judged(url, contract=str(contract), effort=Effort.QUICK, **kept.settings)
    broken = [result for result in report.results if result.verdict is Verdict.FAILED]
    assert len(broken) >= 3
    assert any("Authorization: Bearer $ALICE_TOKEN" in result.evidence[0].exchange for result in broken)
    assert any('"Authorization: Bearer $ALICE_TOKEN"' in result.repeat for result in broken)
    assert len(secrets) > 20
    for name, text in kept.texts(report, capsys.readouterr().out):
        assert len(text) > 1000, name
        assert not [secret for secret in secrets if secret in text], name


def test_identities_from_the_environment_and_from_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("ALICES", f"{SECRET}-env")
    (tmp_path / "bob.txt").write_text(f"{SECRET}-file\n", encoding="utf-8")
    users = ("alice=X-User-ID:env:ALICES", f"bob=X-User-ID:@{tmp_path / 'bob.txt'}")
    kept = Kept(tmp_path)
    only = ("ISO-01", "ISO-02", "ISO-06", "RES-01", "SEC-05")
    with reference_server("F-ISO-01", "F-ISO-07", "F-RES-01") as url:
        report = judged(url, contract="fm-session-service", user=users, only=only, **kept.settings)
    assert [str(result.verdict) for result in report.results if result.requirement.id in only] == ["failed"] * 5
    texts = dict(kept.texts(report, capsys.readouterr().out))
    for name, text in texts.items():
        assert SECRET not in text, name
    for name in ("json", "html", "junit", "terminal"):
        assert "ALICE_SECRET" in texts[name]
        assert "BOB_SECRET" in texts[name]


def test_users_of_a_bearer_are_secrets_even_in_plain_sight() -> None:
    contract, known = load_contract(EXAMPLE), Redactor()
    (alice,) = given_users((f"alice=Authorization:Bearer {SECRET}",), contract, known)
    assert (alice.user, alice.secret) == (SECRET, SECRET)
    assert known.text(f"x {SECRET}") == "x $ALICE_SECRET"
