"""Where a contract lets guests in, they are judged as a user of their own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from sessionproof.contract import bundled_contracts
from sessionproof.effort import Effort
from sessionproof.report.document import Report
from sessionproof.verdicts import Verdict

from .fake_api import CONTRACT, FakeApi
from .running import REFERENCE, judged, served, verdicts

P, F = Verdict.PASSED, Verdict.FAILED
UNBROKEN = {P, Verdict.UNPROVEN, Verdict.NOT_APPLICABLE}
GUESTS = ("guests_have_sessions_that_no_user_sees", "guests_reach_no_session_of_a_user")


def letting_guests_in(folder: Path, text: str, identity: str) -> str:
    """The contract in `text` with guests in its identity, as a file."""
    assert text.count(identity) == 1
    file = folder / "guests.yaml"
    file.write_text(text.replace(identity, identity.replace("}", ", guests: true}")), encoding="utf-8")
    return str(file)


def checks(report: Report, id: str) -> dict[str, Verdict]:
    return {
        check.name: check.verdict for found in report.results if found.requirement.id == id for check in found.checks
    }


def test_a_server_that_lets_guests_in_keeps_its_contract(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = bundled_contracts()["faultmaven"].read_text(encoding="utf-8")
    contract = letting_guests_in(tmp_path, text, "identity: {header: X-User-ID}")
    monkeypatch.setenv("GUESTS", "yes")
    with served(*REFERENCE, "--contract", "faultmaven") as url:
        report = judged(url, contract=contract, effort=Effort.QUICK, seed=1)
    assert set(verdicts(report).values()) - {Verdict.NOT_SELECTED} <= UNBROKEN
    assert set(verdicts(report, "ISO-05", "SEC-04", "SEC-08").values()) == {P}
    assert [checks(report, "ISO-05")[name] for name in GUESTS] == [P, P]
    assert report.left_behind == ()


# An API that lets guests in, and what can be wrong with it


class LetsGuestsIn(FakeApi):
    """Who names nobody is the user that `guest` names; `reaches` says who gets at whose sessions."""

    guest: Callable[[], str] = staticmethod(lambda: "")
    reaches: Callable[[str, str], bool] = staticmethod(lambda caller, owner: caller == owner)

    def answer(self, method: str, path: str, user: str | None, body: Any) -> tuple[int, Any]:
        caller = self.guest() if user is None else user
        owner = self.sessions.get(path.split("/")[2] if path != "/s" else "", {"user": caller})["user"]
        return super().answer(method, path, owner if self.reaches(caller, owner) else caller, body)


@pytest.fixture
def api() -> Iterator[LetsGuestsIn]:
    api = LetsGuestsIn()
    try:
        yield api
    finally:
        api.stop()


def found(api: FakeApi, folder: Path, effort: Effort = Effort.NORMAL) -> dict[str, Verdict]:
    contract = letting_guests_in(folder, CONTRACT, "identity: {header: X-User}")
    report = judged(api.url, contract=contract, only=("ISO-05",), seed=1, effort=effort)
    return {name: checks(report, "ISO-05")[name] for name in GUESTS}


@pytest.mark.parametrize("effort", Effort)
def test_guests_who_are_a_user_of_their_own(api: LetsGuestsIn, tmp_path: Path, effort: Effort) -> None:
    assert found(api, tmp_path, effort) == dict.fromkeys(GUESTS, P)
    assert api.made > 0
    assert api.sessions == {}, "those of guests are deleted as well"


def test_a_guest_who_reaches_the_sessions_of_users(api: LetsGuestsIn, tmp_path: Path) -> None:
    api.reaches = lambda caller, owner: caller in ("", owner)
    assert found(api, tmp_path)["guests_reach_no_session_of_a_user"] is F


def test_users_who_reach_the_sessions_of_guests(api: LetsGuestsIn, tmp_path: Path) -> None:
    api.reaches = lambda caller, owner: owner in ("", caller)
    assert found(api, tmp_path)["guests_have_sessions_that_no_user_sees"] is F


def test_guests_whom_nobody_knows_again(api: LetsGuestsIn, tmp_path: Path) -> None:
    numbers = count()
    api.guest = lambda: f"guest-{next(numbers)}"
    assert found(api, tmp_path)["guests_have_sessions_that_no_user_sees"] is F


def test_guests_who_are_turned_away(tmp_path: Path, api: LetsGuestsIn) -> None:
    api.before = lambda method, path: (401, {"code": "no_identity"}) if method == "GET" else None
    assert P not in found(api, tmp_path).values()


def test_where_no_guests_are_declared_they_are_not_looked_for(api: LetsGuestsIn, tmp_path: Path) -> None:
    report = judged(api.url, contract=api.write(tmp_path), only=("ISO-05",), seed=1)
    assert {name: checks(report, "ISO-05")[name] for name in GUESTS} == dict.fromkeys(GUESTS, Verdict.NOT_APPLICABLE)
    assert verdicts(report) == {"ISO-05": F}, "and letting them in is wrong"
