"""`sessionproof pact verify` on real servers: what holds is proven, what is broken is named, nothing is assumed."""

from __future__ import annotations

import json
import os
import signal
import xml.etree.ElementTree as ElementTree
from pathlib import Path
from typing import Any

import pytest

from tests.engine.fake_api import Dropped, FakeApi, fake_api
from tests.engine.running import Ended, said, served
from tests.pact.interactions import PROVIDER
from tests.servers import COMMAND

ABOUT = {"LIF-01", "LIF-02", "LIF-05", "RES-01", "RES-02", "RES-03", "RES-08", "MSG-09", "CAS-01", "CAS-02", "CAS-04"}


def server(*faults: str) -> Any:
    named = [part for fault in faults for part in ("--fault", fault)]
    return served(*COMMAND, "--until-stdin-closes", "--port", "0", "--contract", PROVIDER, *named)


def verify(url: str, report: Path, *options: str | Path) -> tuple[Ended, dict[str, Any]]:
    """How it ended, and the verdict of each requirement that an interaction was about."""
    ended = said("pact", "verify", url, "--quiet", "--json", report, *options)
    text = report.read_text(encoding="utf-8")
    rows = json.loads(text)["requirements"] if text else []
    return ended, {row["id"]: row["verdict"] for row in rows if row["verdict"] != "not selected"}


def test_three_clean_runs_raise_nothing(tmp_path: Path) -> None:
    with server() as url:
        for _ in range(3):
            ended, verdicts = verify(url, tmp_path / "report.json")
            assert ended.code == 0, ended.out
            assert verdicts == dict.fromkeys(ABOUT, "passed")


def test_without_a_url_the_bundled_server_is_verified(tmp_path: Path) -> None:
    ended = said("pact", "verify", "--quiet", "--json", tmp_path / "report.json")
    assert ended.code == 0, ended.err
    assert "PROVEN" in ended.out


@pytest.mark.parametrize(
    ("fault", "broken"),
    [
        ("F-RES-01", "RES-01"),
        ("F-RES-09", "RES-03"),
        ("F-CAS-04", "RES-03"),
        ("F-CAS-20", "LIF-02"),
        ("F-RES-06", "RES-08"),
        ("F-CAS-39", "LIF-05"),
    ],
)
def test_a_fault_is_found_under_the_requirement_that_it_breaks(fault: str, broken: str, tmp_path: Path) -> None:
    with server(fault) as url:
        ended, verdicts = verify(url, tmp_path / "report.json")
    assert ended.code == 1, ended.out
    assert verdicts[broken] == "failed", verdicts
    assert "passed" in verdicts.values()


def test_a_failure_shows_the_exchange_and_how_to_repeat_it(tmp_path: Path) -> None:
    with server("F-RES-01") as url:
        verify(url, tmp_path / "report.json", "--only", "RES-01", "--seed", "5")
    rows = json.loads((tmp_path / "report.json").read_text(encoding="utf-8"))["requirements"]
    (row,) = (row for row in rows if row["id"] == "RES-01")
    assert "status 201" in row["evidence"][0]["seen"]
    assert "> POST /api/v1/sessions" in row["evidence"][0]["exchange"]
    assert "curl" in row["repeat"]
    assert f"sessionproof pact verify {url}" in row["repeat"]
    assert "--only RES-01 --seed 5" in row["repeat"]


def test_everything_is_recorded_and_nothing_stays(tmp_path: Path) -> None:
    history = tmp_path / "history.jsonl"
    with server() as url:
        ended, _ = verify(url, tmp_path / "report.json", "--history", history)
    header, *calls = map(json.loads, history.read_text(encoding="utf-8").splitlines())
    assert header["lens"] == "pacts"
    by_pact = [call for call in calls if call["check"].startswith("browser-extension: open the panel again (")]
    assert [(call["op"], call["status"]) for call in by_pact] == [("create", 201), ("create", 200)]
    made = {call["session"] for call in calls if call["op"] == "create" and call["status"] == 201}
    deleted = {call["session"] for call in calls if call["op"] == "delete" and call["status"] == 204}
    assert made == deleted
    assert "left behind" not in ended.out


def test_other_reports_are_written_as_well(tmp_path: Path) -> None:
    junit, html = tmp_path / "junit.xml", tmp_path / "report.html"
    with server("F-RES-01") as url:
        verify(url, tmp_path / "report.json", "--junit", junit, "--html", html)
    failures = [
        case.get("name", "") for case in ElementTree.parse(junit).iter("testcase") if case.find("failure") is not None
    ]
    assert any("RES-01" in name for name in failures), failures
    assert "open the panel again" in html.read_text(encoding="utf-8")


def test_the_report_of_pacts_own_library_stays_away(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    with server("F-RES-01") as url:
        verify(url, tmp_path / "report.json")
    written = "".join(capfd.readouterr())
    assert "Verifying a pact" not in written
    assert "tracking" not in written


# Somebody's own pacts, against an API that this process answers for.

ANYBODY = {"type": "ProviderState", "expression": "${user}"}


def interaction(
    method: str = "POST", path: str = "/s", state: str = "a living session", **parts: Any
) -> dict[str, Any]:
    """An interaction of version 3 of the format, by a user that the state names."""
    request = {
        "method": method,
        "path": path,
        "headers": {"X-User": "x"},
        "generators": {"header": {"X-User": ANYBODY}},
    }
    return {
        "description": "does it",
        "providerStates": [{"name": state, "params": parts.get("params", {})}],
        "request": {**request, **parts.get("request", {})},
        "response": {"status": 200, **parts.get("response", {})},
    }


def pact(folder: Path, *rows: dict[str, Any], provider: str = "fake", name: str = "pact.json") -> Path:
    content = {"consumer": {"name": "web"}, "provider": {"name": provider}, "interactions": list(rows)}
    (folder / name).write_text(json.dumps(content), encoding="utf-8")
    return folder / name


RESUME: dict[str, Any] = {
    "request": {
        "body": {"client": "c"},
        "headers": {"X-User": "x", "Content-Type": "application/json"},
        "generators": {
            "header": {"X-User": ANYBODY},
            "body": {"$.client": {"type": "ProviderState", "expression": "${client}"}},
        },
    },
    "response": {
        "body": {"id": "some", "resumed": True},
        "matchingRules": {"body": {"$.id": {"matchers": [{"match": "type"}]}}},
        "generators": {"body": {"$.id": {"type": "ProviderState", "expression": "${session}"}}},
    },
}


def ours(api: FakeApi, folder: Path, *rows: dict[str, Any], **options: str) -> tuple[Ended, dict[str, Any]]:
    given = [word for name, value in options.items() for word in (f"--{name}", value)]
    contract, file = api.write(folder), pact(folder, *rows)
    return verify(api.url, folder / "report.json", "--contract", contract, "--pact", file, *given)


def test_anybodys_pact_is_verified_under_anybodys_contract(tmp_path: Path) -> None:
    with fake_api() as api:
        ended, verdicts = ours(api, tmp_path, interaction(**RESUME))
        assert not api.sessions
    assert (ended.code, verdicts) == (0, {"RES-01": "passed", "RES-02": "passed"}), ended.out


def test_a_value_of_the_state_has_to_come_back_as_it_is(tmp_path: Path) -> None:
    """Pact's own verifier takes any text for the id here, since the rule is the type."""
    with fake_api() as api:
        answers = iter([None, (200, {"id": "another-session", "resumed": True})])
        api.before = lambda method, path: next(answers, None) if method == "POST" else None
        ended, verdicts = ours(api, tmp_path, interaction(**RESUME))
    assert (ended.code, verdicts) == (1, {"RES-01": "failed", "RES-02": "passed"}), ended.out
    assert "another-session" in ended.out


def test_an_unknown_state_is_unproven_and_the_known_ones_are_named(tmp_path: Path) -> None:
    with fake_api() as api:
        ended, verdicts = ours(api, tmp_path, interaction(state="there is a unicorn"))
        assert api.made == 0
    assert (ended.code, verdicts) == (2, {"LIF-01": "unproven"})
    assert "unknown provider state 'there is a unicorn'" in ended.out
    assert "'a living session'" in ended.out


def test_a_state_that_the_contract_has_no_calls_for_is_not_applicable(tmp_path: Path) -> None:
    with fake_api() as api:
        ended, verdicts = ours(api, tmp_path, interaction(state="a living session that was asked something"))
    assert (ended.code, set(verdicts.values())) == (2, {"not applicable"}), ended.out


def test_a_state_that_cant_be_made_is_an_error(tmp_path: Path) -> None:
    with fake_api() as api:
        api.before = lambda method, path: (500, {"code": "broken"}) if (method, path) == ("POST", "/s") else None
        ended, verdicts = ours(api, tmp_path, interaction(**RESUME))
    assert (ended.code, set(verdicts.values())) == (3, {"error"}), ended.out
    assert "set-up failed: create answered 500" in ended.out


def test_a_value_that_no_state_gives_is_unproven_whatever_came_back(tmp_path: Path) -> None:
    path = {"path": {"type": "ProviderState", "expression": "/s/${nothing}"}, "header": {"X-User": ANYBODY}}
    with fake_api() as api:
        ended, verdicts = ours(api, tmp_path, interaction("GET", "/s/x", request={"generators": path}))
    assert (ended.code, set(verdicts.values())) == (2, {"unproven"}), ended.out
    assert "the state gives no nothing" in ended.out


def test_no_answer_is_a_failure_and_says_so(tmp_path: Path) -> None:
    def drop_the_second(method: str, path: str) -> None:
        if method == "POST" and api.made == 1:
            raise Dropped

    with fake_api() as api:
        api.before = drop_the_second
        ended, verdicts = ours(api, tmp_path, interaction(**RESUME))
    assert (ended.code, verdicts["RES-01"]) == (1, "failed"), ended.out
    assert "cut off" in ended.out


def test_a_target_that_goes_away_is_an_error(tmp_path: Path) -> None:
    def die_after_the_first(method: str, path: str) -> None:
        if method == "POST" and api.made == 1:
            api.die()

    with fake_api() as api:
        api.before = die_after_the_first
        ended, verdicts = ours(api, tmp_path, interaction(**RESUME), timeout="2")
    assert (ended.code, verdicts["RES-01"]) == (3, "error"), ended.out


def test_a_pact_may_name_its_requirements_user_and_client(tmp_path: Path) -> None:
    mine = interaction(params={"user": "ann", "client": "fixed"}, **RESUME)
    mine["request"] = {**mine["request"], "generators": {}, "headers": {**mine["request"]["headers"], "X-User": "ann"}}
    mine["request"]["body"] = {"client": "fixed"}
    with fake_api() as api:
        ended, verdicts = ours(api, tmp_path, {**mine, "comments": {"requirements": ["RES-04"]}})
    assert (ended.code, verdicts) == (0, {"RES-04": "passed"}), ended.out


MESSAGE = {"type": "Asynchronous/Messages", "description": "a message", "contents": {}}


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("{", "not JSON"),
        ("[1]", "holds no JSON object"),
        ("{}", "'consumer' is missing"),
        ('{"consumer": {"name": "a"}, "provider": {"name": "b"}, "interactions": [{"description": "d"}]}', "'request'"),
        ('{"consumer": {"name": "a"}, "provider": {"name": "b"}, "interactions": []}', "no HTTP interaction"),
        (
            json.dumps({"consumer": {"name": "a"}, "provider": {"name": "b"}, "interactions": [MESSAGE]}),
            "no HTTP interaction",
        ),
    ],
)
def test_a_file_that_cant_be_verified_is_one_line(text: str, says: str, tmp_path: Path) -> None:
    file = tmp_path / "odd.json"
    file.write_text(text, encoding="utf-8")
    ended = said("pact", "verify", "http://127.0.0.1:1", "--pact", file)
    assert ended.code == 4
    assert says in ended.err
    assert str(file) in ended.err
    assert len(ended.err.splitlines()) == 1


def test_nothing_to_verify_is_never_a_pass(tmp_path: Path) -> None:
    with fake_api() as api:
        contract, file = api.write(tmp_path), pact(tmp_path, interaction(**RESUME))
        for options, says in (
            (["--only", "EXP-01"], "no interaction is about that; they are about RES-01 RES-02"),
            (["--provider", "another"], "no HTTP interaction with another in these pacts; they are with fake"),
        ):
            ended = said("pact", "verify", api.url, "--contract", contract, "--pact", file, *options)
            assert (ended.code, len(ended.err.splitlines())) == (4, 1), ended
            assert says in ended.err
        ended = said("pact", "verify", api.url, "--contract", contract)
        assert ended.code == 4
        assert "no pact comes with SessionProof for fake" in ended.err
        assert api.made == 0


def test_an_interaction_that_counts_for_nothing_is_refused(tmp_path: Path) -> None:
    with fake_api() as api:
        ended = said(
            "pact", "verify", api.url, "--contract", api.write(tmp_path),
            "--pact", pact(tmp_path, interaction("GET", "/elsewhere")),
        )  # fmt: skip
    assert (ended.code, len(ended.err.splitlines())) == (4, 1)
    assert "counts for no requirement" in ended.err


def test_pacts_with_several_providers_need_a_choice(tmp_path: Path) -> None:
    pact(tmp_path, interaction(**RESUME))
    pact(tmp_path, interaction(**RESUME), provider="other", name="other.json")
    ended = said("pact", "verify", "http://127.0.0.1:1", "--pact", tmp_path)
    assert ended.code == 4
    assert "--provider fake" in ended.err


def test_a_target_that_isnt_there_is_an_error() -> None:
    ended = said("pact", "verify", "http://127.0.0.1:1")
    assert ended.code == 3
    assert "can't connect" in ended.err


def test_the_states_are_listed() -> None:
    ended = said("pact", "verify", "--list-states")
    assert ended.code == 0
    assert "a living session\n" in ended.out
    assert "gives user, client, session" in ended.out


def test_an_interrupted_run_deletes_what_it_made_and_proves_nothing(tmp_path: Path) -> None:
    def interrupt_the_second(method: str, path: str) -> None:
        if method == "POST" and api.made == 1:
            os.kill(os.getpid(), signal.SIGINT)

    with fake_api() as api:
        api.before = interrupt_the_second
        ended, verdicts = ours(api, tmp_path, interaction(**RESUME))
        assert not api.sessions
    assert (ended.code, verdicts) == (2, {"RES-01": "unproven", "RES-02": "unproven"}), ended.out
    assert "stopped before it was looked at" in ended.out


def test_a_target_that_hangs_is_given_up(tmp_path: Path) -> None:
    def hang_at_the_second(method: str, path: str) -> None:
        if method == "POST" and api.made == 1:
            api.ended.wait(60)

    with fake_api() as api:
        api.before = hang_at_the_second
        ended, verdicts = ours(api, tmp_path, interaction(**RESUME), timeout="1")
        api.ended.set()
    assert (ended.code, verdicts["RES-01"]) == (1, "failed"), ended.out
    assert "no complete answer within 1 s" in ended.out
