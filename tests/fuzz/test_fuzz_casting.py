"""Who sends a generated request, and about which session: every operation soon meets every role."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import schemathesis

from sessionproof.fuzz.casting import Cast, Casting, Role
from sessionproof.fuzz.document import explored
from sessionproof.prepare import prepare
from sessionproof.run import Run
from sessionproof.settings import Settings
from tests.engine.fake_api import FakeApi, fake_api


@pytest.fixture
def api() -> Iterator[FakeApi]:
    with fake_api() as api:
        yield api


@pytest.fixture
def run(api: FakeApi, tmp_path: Path) -> Iterator[Run]:
    run = prepare(Settings(base_url=api.url, contract=str(api.write(tmp_path)), seed=1), "fuzz").run
    yield run
    run.sender.close()


def case_of(run: Run, method: str = "POST", path: str = "/s/{id}/beat", **parts: Any) -> Any:
    schema = schemathesis.openapi.from_dict(explored(run.contract), config=schemathesis.Config.from_dict({}))
    return schema[path][method].Case(**{"path_parameters": {"id": "generated"}, **parts})


def test_ten_calls_of_an_operation_meet_every_role(run: Run) -> None:
    casting = Casting(run)
    roles = [casting.cast(case_of(run)).role for _ in range(10)]
    assert set(roles) == {Role.OWN, Role.STRANGER, Role.NOBODY, Role.ENDED, Role.UNKNOWN}


def test_the_session_of_the_role_is_in_the_request(run: Run, api: FakeApi) -> None:
    casting = Casting(run)
    for role, lives in [(Role.OWN, True), (Role.STRANGER, True), (Role.ENDED, False), (Role.UNKNOWN, False)]:
        case = case_of(run)
        cast = casting.cast(case, role)
        assert case.path_parameters["id"] == cast.session
        assert (cast.session in api.sessions) is lives, role
        assert cast.actor.name == ("bob" if role is Role.STRANGER else "alice")


def test_a_session_that_a_link_led_to_is_kept(run: Run) -> None:
    casting = Casting(run)
    session = casting.sessions.living().session
    for _ in range(5):
        case = case_of(run, path_parameters={"id": session})
        cast = casting.cast(case)
        assert cast.role in (Role.MADE, Role.STRANGER)
        assert case.path_parameters["id"] == session


def test_nobody_but_others_acts_on_the_witness(run: Run) -> None:
    casting = Casting(run)
    witness = casting.sessions.witness().session
    casts: list[Cast] = [casting.cast(case_of(run, path_parameters={"id": witness})) for _ in range(10)]
    assert {cast.role for cast in casts if cast.session == witness} <= {Role.STRANGER, Role.NOBODY}


def test_without_another_user_there_is_no_stranger(api: FakeApi, tmp_path: Path) -> None:
    settings = Settings(base_url=api.url, contract=str(api.write(tmp_path)), seed=1, user=("alice=X-User:somebody",))
    run = prepare(settings, "fuzz").run
    try:
        casting = Casting(run)
        assert Role.STRANGER not in {casting.cast(case_of(run)).role for _ in range(20)}
    finally:
        run.sender.close()
