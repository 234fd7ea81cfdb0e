"""`sessionproof fuzz` on real servers: what holds is proven, what is broken is named, and nothing stays."""

from __future__ import annotations

import base64
import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest

from sessionproof.contract import bundled_contracts, load_contract
from sessionproof.effort import Effort
from sessionproof.fuzz.builtin import BUILTIN
from sessionproof.fuzz.cases import CASES, Kept
from sessionproof.fuzz.engine import BUDGETS, Budget
from tests.engine.fake_api import CONTRACT, Dropped, FakeApi, fake_api
from tests.engine.running import Ended, reference_server, said

QUICK = ("--effort", "quick", "--seed", "1", "--quiet")


@pytest.fixture(autouse=True)
def little() -> Iterator[None]:
    """A few cases an operation and a few chains, so that a run is the schemas' boundaries and not much more."""
    few = Budget(2, 3, 4, 20, 120)
    with patch.dict(BUDGETS, {Effort.QUICK: few, Effort.NORMAL: few}):
        yield


def fuzz(url: str, folder: Path, *options: str | Path) -> tuple[Ended, dict[str, Any]]:
    """How it ended, and each requirement's entry in the report."""
    report = folder / "report.json"
    cases = () if "--cases" in options else ("--cases", folder / "cases")
    ended = said("fuzz", url, *QUICK, "--json", report, *cases, *options)
    text = report.read_text(encoding="utf-8") if report.is_file() else ""
    return ended, {row["id"]: row for row in json.loads(text)["requirements"]} if text else {}


def verdicts(rows: dict[str, Any], *ids: str) -> list[str]:
    return [rows[id]["verdict"] for id in ids]


def test_a_clean_server_raises_nothing_and_keeps_nothing(tmp_path: Path) -> None:
    history, reports = tmp_path / "history.jsonl", tmp_path / "schemathesis"
    with reference_server() as url:
        ended, rows = fuzz(url, tmp_path, "--history", history, "--schemathesis-report", reports)
    assert ended.code == 0, ended.out
    assert set(verdicts(rows, "LIF-01", "LIF-05", "ISO-01", "ISO-02", "ISO-05", "SEC-02", "SEC-03")) == {"passed"}
    assert "about living sessions" in ended.out
    assert all(name in ended.out for name, builtin in BUILTIN.items() if builtin.off)
    header, *calls = map(json.loads, history.read_text(encoding="utf-8").split("\n")[:-1])
    assert header["lens"] == "fuzz"
    made = {call["session"] for call in calls if call["op"] == "create" and call["status"] == 201}
    ended_ones = {call["session"] for call in calls if call["op"] == "delete" and call["status"] == 204}
    assert made <= ended_ones | {call["session"] for call in calls if call.get("sent", {}).get("status") == "deleted"}
    assert {file.name for file in reports.iterdir()} == {"junit.xml", "traffic.har", "events.ndjson"}
    assert not (tmp_path / "cases").exists()


ONE = "/api/v1/sessions/{{session}}"
TRIED = [
    ("F-ISO-01", "ISO-01", "stranger", "GET", ONE, b""),
    ("F-ISO-24", "ISO-02", "stranger", "PUT", ONE, b'{"title": "x"}'),
    ("F-ISO-31", "ISO-05", "nobody", "POST", f"{ONE}/heartbeat", b""),
    ("F-LIF-31", "LIF-05", "ended", "GET", f"{ONE}/messages", b""),
    ("F-LIF-06", "SEC-03", "ended", "DELETE", ONE, b""),
    ("F-SEC-24", "SEC-02", "unknown", "PUT", ONE, b'{"title": "x"}'),
    ("F-SEC-25", "SEC-03", "own", "PUT", ONE, b'{"title": "x", "status": 7}'),
    ("F-SEC-29", "SEC-04", "own", "PUT", ONE, b'{"title": 7}'),
    ("F-LIF-23", "LIF-02", "own", "GET", ONE, b""),
]


@pytest.mark.parametrize(("fault", "broken", "role", "method", "target", "body"), TRIED, ids=[row[0] for row in TRIED])
def test_a_fault_is_found_under_the_requirement_that_it_breaks(
    fault: str, broken: str, role: str, method: str, target: str, body: bytes, tmp_path: Path
) -> None:
    """One request is enough, if it comes from the right one and is about the right session."""
    headers = [("Content-Type", "application/json")] if body else []
    case = Kept("not_a_server_error", broken, role, method, target, tuple(headers), base64.b64encode(body).decode())
    CASES.keep(tmp_path / "cases", load_contract(bundled_contracts()["fm-session-service"]), [case])
    with reference_server(fault) as url:
        ended, rows = fuzz(url, tmp_path, "--only", broken, "--max-time", "1", "--contract", "fm-session-service")
    row = rows[broken]
    assert row["verdict"] in ("failed", "warned"), ended.out
    assert row["level"] == "SHOULD" or ended.code == 1
    assert row["evidence"][0]["exchange"].startswith("> ")
    assert "curl" in row["repeat"]
    assert f"sessionproof fuzz {url}" in row["repeat"]
    assert f"--only {broken} --seed 1" in row["repeat"]


# Somebody's own API, which this process answers for.


def ours(api: FakeApi, folder: Path, *options: str | Path) -> tuple[Ended, dict[str, Any]]:
    return fuzz(api.url, folder, "--contract", api.write(folder), "--timeout", "3", *options)


def fails_at(method: str, part: str) -> Any:
    return lambda asked, path: (500, {}) if asked == method and part in path else None


def test_what_was_found_is_tried_first_the_next_time(tmp_path: Path) -> None:
    with fake_api() as api:
        api.before = fails_at("POST", "/beat")
        ended, rows = ours(api, tmp_path, "--only", "SEC-03")
        assert (ended.code, rows["SEC-03"]["verdict"]) == (1, "failed"), ended.out
        kept = (tmp_path / "cases" / "fake.json").read_text(encoding="utf-8")
        assert "/s/{{session}}/beat" in kept
        assert "X-User" not in kept
        again, _ = ours(api, tmp_path, "--only", "SEC-03")
        assert "found something again" in again.out
        api.before = lambda method, path: None
        mended, rows = ours(api, tmp_path, "--only", "SEC-03")
    assert "500" not in str(rows["SEC-03"]["evidence"]), mended.out


def test_schemathesis_sends_nothing_by_a_client_of_its_own(tmp_path: Path) -> None:
    with fake_api() as api, patch("requests.sessions.Session.send", side_effect=AssertionError("a second client")):
        history = tmp_path / "history.jsonl"
        ended, rows = ours(api, tmp_path, "--history", history)
        calls = len(api.calls)
    assert rows, ended.err
    assert "a second client" not in ended.out
    recorded = len(history.read_text(encoding="utf-8").split("\n")) - 2
    assert calls <= recorded + 2  # those that see whether the contract fits


def test_a_server_error_that_is_no_session_is_a_set_up_error(tmp_path: Path) -> None:
    with fake_api() as api:
        api.before = fails_at("POST", "/s")
        ended, _ = ours(api, tmp_path)
    assert ended.code == 3
    assert "no session to explore with: create answered 500" in ended.err


def test_a_server_that_drops_connections_later_is_named_in_a_line(tmp_path: Path) -> None:
    def drops(method: str, path: str) -> None:
        if api.made >= 6:
            raise Dropped

    with fake_api() as api:
        api.before = drops
        ended, _ = ours(api, tmp_path, "--only", "LIF-05")
    assert ended.code == 3, ended.out
    assert "the target stopped answering" in ended.out
    assert "Traceback" not in ended.out


def test_a_server_that_hangs_ends_the_run_in_bounded_time(tmp_path: Path) -> None:
    def hangs(method: str, path: str) -> None:
        if api.made >= 6:
            api.ended.wait(30)

    with fake_api() as api:
        api.before = hangs
        ended, _ = ours(api, tmp_path, "--only", "LIF-05")
        api.ended.set()
    assert ended.code == 3, ended.out


def test_ctrl_c_reports_what_there_is_and_cleans_up(tmp_path: Path) -> None:
    import signal

    with fake_api() as api:
        stops = threading.Timer(3, signal.raise_signal, [signal.SIGINT])
        api.before = lambda method, path: stops.start() if api.made == 3 and not stops.is_alive() else None
        ended, rows = ours(api, tmp_path, "--max-time", "60")
        assert not api.sessions
    assert ended.code in (1, 2), ended.err
    assert rows


def test_a_thorough_verify_explores_as_well(tmp_path: Path) -> None:
    report = tmp_path / "report.json"
    with fake_api() as api:
        contract = api.write(tmp_path)
        few = ("--only", "SEC-02", "--max-time", "5")
        said("verify", api.url, "--contract", contract, "--effort", "thorough", *few, "--json", report)
        assert not api.sessions
    rows = {row["id"]: row for row in json.loads(report.read_text(encoding="utf-8"))["requirements"]}
    assert "unknown_ids_are_not_adopted" in [check["name"] for check in rows["SEC-02"]["checks"]]
    assert rows["SEC-03"]["verdict"] == "not selected"


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (("not-a-url",), 4, "not a URL"),
        (("http://127.0.0.1:1", "--contract", "fm-session-service"), 3, "is the API running there"),
        (("--only", "CLI-01"), 4, "exploring says nothing of that"),
        (("--max-time", "0"), 4, "--max-time"),
    ],
)
def test_bad_input_is_one_line(arguments: tuple[str, ...], code: int, words: str) -> None:
    ended = said("fuzz", *arguments, "--quiet")
    assert ended.code == code, ended.out
    assert words in ended.err
    assert len(ended.err.strip().splitlines()) == 1


def test_a_contract_without_create_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "contract.yaml"
    file.write_text(CONTRACT.replace("does: create", "does: stats"), encoding="utf-8")
    with fake_api() as api:
        ended = said("fuzz", api.url, "--contract", file, "--cases", tmp_path, "--quiet")
    assert ended.code == 4, ended.err
    assert len(ended.err.strip().splitlines()) == 1


def test_kept_cases_that_are_none_are_refused(tmp_path: Path) -> None:
    (tmp_path / "fake.json").write_text("{}", encoding="utf-8")
    with fake_api() as api:
        ended, _ = ours(api, tmp_path, "--cases", tmp_path)
    assert ended.code == 4
    assert "holds no kept cases" in ended.err
