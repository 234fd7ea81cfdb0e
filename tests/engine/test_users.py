"""Users from --user: their form, their channel, where their secrets come from, and who they are in a run."""

from __future__ import annotations

from pathlib import Path

import pytest

from sessionproof.contract import Contract
from sessionproof.errors import TargetError, UsageError
from sessionproof.history.redact import Redactor
from sessionproof.run import MissingUser, Run
from sessionproof.users import given_users
from sessionproof.wire import Answer

from .documents import contract_of
from .scripted import answered, scripted_run

CREATE = "POST /s: {x-session: {does: create, session: $response.header.L}}\n"
BODY = "{content: {application/json: {}}}"
LOGIN = f"""
POST /login:
  x-session: {{does: login, user: $request.body#/u, password: $request.body#/p, token: $response.body#/t}}
  requestBody: {BODY}
  responses: {{200: {BODY}}}
"""


def contract_by(identity: str) -> Contract:
    return contract_of(CREATE + LOGIN, f"{{name: mine, identity: {identity}}}")


HEADER, QUERY = contract_by("{header: X-User-ID}"), contract_by("{query: user}")
KNOWN, ANYONE, NONE = (
    contract_by("{bearer: {login: known}}"),
    contract_by("{bearer: {login: anyone}}"),
    contract_by("none"),
)
COOKIE = contract_by("{cookie: {name: sid, login: known}}")


def users(contract: Contract, *texts: str, redactor: Redactor | None = None) -> list[tuple[str, str | None, str]]:
    return [(user.name, user.user, user.secret) for user in given_users(texts, contract, redactor or Redactor())]


def test_forms() -> None:
    assert users(HEADER, "alice=X-User-ID:a-1") == [("alice", "a-1", "a-1")]
    assert users(HEADER, "alice=x-user-id: a:1 ", "b_2=X-User-ID:b=2") == [
        ("alice", "a:1", "a:1"),
        ("b_2", "b=2", "b=2"),
    ]
    assert users(QUERY, "alice=user:a") == [("alice", "a", "a")]
    assert users(HEADER, "alice=X-User-ID:Alice A. Smith") == [("alice", "Alice A. Smith", "Alice A. Smith")]
    assert users(KNOWN, "alice=Authorization:Bearer tok") == users(KNOWN, "alice=Authorization:tok")
    for said in ("tok", "sid=tok", "theme=dark; sid=tok"):
        assert users(COOKIE, f"alice=Cookie:{said}") == [("alice", "tok", "tok")]
    assert users(HEADER) == users(ANYONE) == users(NONE) == []


def test_values_from_the_environment_and_from_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALICES", "Bearer from-env")
    (tmp_path / "bob").write_text("  from-file\n", encoding="utf-8")
    redactor = Redactor()
    found = users(
        KNOWN, "alice=Authorization:env:ALICES", f"bob-2=Authorization:@{tmp_path / 'bob'}", redactor=redactor
    )
    assert [secret for _, _, secret in found] == ["from-env", "from-file"]
    assert redactor.names == ("ALICE_SECRET", "BOB_2_SECRET")
    assert redactor.text("from-env from-file") == "$ALICE_SECRET $BOB_2_SECRET"


def test_a_user_named_in_plain_text_is_no_secret_unless_it_is_a_token() -> None:
    redactor = Redactor()
    users(HEADER, "alice=X-User-ID:plain-name", redactor=redactor)
    assert redactor.text("plain-name") == "plain-name"
    users(KNOWN, "alice=Authorization:plain-token", redactor=redactor)
    assert redactor.text("plain-token") == "$ALICE_SECRET"
    users(COOKIE, "bob=Cookie:sid=cookie-value", redactor=redactor)
    assert redactor.text("cookie-value") == "$BOB_SECRET"


@pytest.mark.parametrize(
    ("contract", "texts", "words"),
    [
        (HEADER, ("alice",), "--user alice: not of the form NAME=HEADER:VALUE"),
        (HEADER, ("alice=a-1",), "not of the form"),
        (HEADER, ("alice=X-User-ID:",), "not of the form"),
        (HEADER, ("=X-User-ID:a",), "not of the form"),
        (HEADER, ("1a=X-User-ID:a",), "not of the form"),
        (HEADER, ("alice=X-Other:a",), "names users by X-User-ID, not by X-Other"),
        (HEADER, ("a=X-User-ID:1", "a=X-User-ID:2"), "--user a: given twice"),
        (HEADER, ("a=X-User-ID:env:NOT_SET_ANYWHERE",), "NOT_SET_ANYWHERE is not set"),
        (HEADER, ("a=X-User-ID:@/nowhere/at/all",), "/nowhere/at/all can't be read"),
        (NONE, ("a=X-User-ID:1",), "declares no identity; leave --user out"),
        (KNOWN, (), "wants users that log in, and none was given; add --user alice=Authorization:env:ALICE_TOKEN"),
    ],
)
def test_what_is_wrong_is_one_clear_line(contract: Contract, texts: tuple[str, ...], words: str) -> None:
    with pytest.raises(UsageError) as raised:
        given_users(texts, contract, Redactor())
    assert words in str(raised.value)
    assert len(str(raised.value).splitlines()) == 1


@pytest.mark.parametrize("text", ["alice=a-s3cr3t", "alice=X-User-ID-s3cr3t", "alice=X-Other:s3cr3t"])
def test_a_wrong_user_is_not_shown_with_its_value(text: str) -> None:
    with pytest.raises(UsageError) as raised:
        given_users((text,), HEADER, Redactor())
    assert "s3cr3t" not in str(raised.value)


def test_a_user_without_a_name_is_not_shown_with_its_value() -> None:
    with pytest.raises(UsageError) as raised:
        given_users(("Authorization:Bearer s3cr3t",), KNOWN, Redactor())
    assert "s3cr3t" not in str(raised.value)


# In a run


def run_of(contract: Contract, *texts: str, answer: Answer | None = None) -> Run:
    run = scripted_run(contract, lambda _: answer or answered({"t": f"token-{len(run.transcript)}"}))
    run.users = given_users(texts, contract, run.redactor)
    return run


def test_users_are_invented_where_the_contract_lets_anyone_name_one() -> None:
    run = run_of(HEADER)
    assert run.invents_users
    assert run.means == {"users"}
    assert run.actor("alice").user != run.actor("alice").user


def test_without_an_identity_there_are_no_users() -> None:
    run = run_of(NONE)
    assert not run.invents_users
    assert run.means == set()
    assert run.actor("alice").user is None


def test_given_users_are_taken_by_name_or_else_in_order() -> None:
    run = run_of(HEADER, "bob=X-User-ID:b-1", "eve=X-User-ID:e-1")
    assert [run.actor(name).user for name in ("bob", "eve", "alice")] == ["b-1", "e-1", "e-1"]
    assert run.means == {"users"}
    assert not run.invents_users


def test_one_given_user_is_no_means_for_two() -> None:
    run = run_of(HEADER, "alice=X-User-ID:a-1")
    assert run.means == set()
    for name in ("bob", "carol", "dave"):
        with pytest.raises(MissingUser, match=f"needs another user; add --user {name}=X-User-ID:VALUE"):
            run.actor(name)


def test_an_alice_and_a_bob_in_order_are_two_people() -> None:
    run = run_of(HEADER, "one=X-User-ID:1", "two=X-User-ID:2")
    assert [(actor.name, actor.user) for actor in (run.actor("alice"), run.actor("bob"))] == [
        ("alice", "1"),
        ("bob", "2"),
    ]


def test_alice_and_bob_are_never_one_person() -> None:
    run = run_of(HEADER, "bob=X-User-ID:b-1", "eve=X-User-ID:e-1")
    assert run.actor("alice").user != run.actor("bob").user


def test_anyone_logs_in_and_the_token_is_a_secret_from_then_on() -> None:
    run = run_of(ANYONE)
    alice, bob = run.actor("alice"), run.actor("bob")
    assert (alice.secret, bob.secret) == ("token-0", "token-1")
    assert run.redactor.text(f"{alice.secret} {bob.secret}") == "$ALICE_TOKEN $BOB_TOKEN"
    sent = [reply.request.values for reply in run.transcript]
    assert [values["user"] for values in sent] == [alice.user, bob.user]
    assert sent[0]["password"] != sent[1]["password"]


def test_a_log_in_may_set_a_cookie_instead() -> None:
    contract = contract_by("{cookie: {name: sid, login: anyone}}")
    answer = answered({}, set_cookie="sid=a-cookie; Path=/; HttpOnly")
    run = run_of(contract, answer=answer)
    alice = run.actor("alice")
    assert alice.secret == "a-cookie"
    assert run.redactor.text("a-cookie") == "$ALICE_TOKEN"
    run.ask(contract.first("create"), alice, {})
    assert ("Cookie", "sid=a-cookie") in run.transcript[-1].request.headers
    with pytest.raises(TargetError, match="log-in as bob failed: "):
        run_of(contract, answer=answered({}, set_cookie="mysid=a-cookie")).actor("bob")


@pytest.mark.parametrize(
    "answer", [answered({"t": "x"}, 401), answered({}), answered({"t": 3}), Answer(None, failure="silence")]
)
def test_a_log_in_that_fails_is_an_error_of_the_target(answer: Answer) -> None:
    with pytest.raises(TargetError, match="log-in as alice failed: "):
        run_of(ANYONE, answer=answer).actor("alice")


def test_a_stranger_sends_what_it_is_told_to_and_never_logs_in() -> None:
    run = run_of(ANYONE)
    assert run.stranger("made-up").secret == "made-up"
    assert run.transcript == []
