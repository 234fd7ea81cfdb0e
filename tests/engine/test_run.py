"""A run ends in bounded time with clear verdicts, and leaves nothing behind, whatever becomes of its target."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from sessionproof.effort import Effort
from sessionproof.errors import TargetError
from sessionproof.report.document import Report
from sessionproof.run import Run, TargetLost
from sessionproof.verdicts import Exit, Verdict
from sessionproof.wire import Answer, Request

from .documents import ALICE, contract_of
from .fake_api import Dropped, FakeApi, fake_api
from .running import command, judged, plain_environment, reference_server, verdicts
from .scripted import Scripted, answered, scripted_run

P, F, E = Verdict.PASSED, Verdict.FAILED, Verdict.ERROR
JUDGED = ("LIF-01", "LIF-03", "LIF-05", "LIF-06", "RES-01", "RES-04", "ISO-01", "ISO-03")


@pytest.fixture
def api() -> Iterator[FakeApi]:
    with fake_api() as api:
        yield api


def run(api: FakeApi, folder: Path, *only: str, **settings: Any) -> Report:
    return judged(api.url, contract=api.write(folder), only=only or JUDGED, seed=1, **settings)


# The API that these tests break


def test_the_fake_api_keeps_its_contract_and_is_left_empty(api: FakeApi, tmp_path: Path) -> None:
    report = run(api, tmp_path)
    assert verdicts(report) == dict.fromkeys(sorted(JUDGED, key=list(verdicts(report)).index), P)
    assert (report.exit, report.left_behind) == (Exit.PROVEN, ())
    assert api.made > 50
    assert api.sessions == {}


# A target that goes away


def dies_at(api: FakeApi, call: tuple[str, str], time: int = 1) -> None:
    """Have the API die when it is called like this for the `time`th time."""
    seen: list[str] = []

    def before(method: str, path: str) -> None:
        if (method, path.rpartition("/")[2]) == call:
            seen.append(path)
            if len(seen) == time:
                api.die()

    api.before = before


def test_a_target_that_dies_in_the_middle(api: FakeApi, tmp_path: Path) -> None:
    """While a check lists sessions, which others have done before."""
    dies_at(api, ("GET", "s"), 3)
    report = run(api, tmp_path, timeout=5.0)
    found = verdicts(report)
    assert list(found.values()) == [P] * found_before(found) + [E] * (len(found) - found_before(found))
    assert found["LIF-01"] is P, "what was judged before stays"
    assert len(found) == len(JUDGED)
    assert report.exit is Exit.TARGET
    reasons = {result.reason for result in report.results if result.verdict is E}
    assert any(reason.startswith("the target stopped answering: ") for reason in reasons)
    assert len(api.calls) < 200


def found_before(found: dict[str, Verdict]) -> int:
    return list(found.values()).index(E)


def test_what_was_left_on_a_target_that_died_is_told(api: FakeApi, tmp_path: Path) -> None:
    dies_at(api, ("POST", "beat"))
    report = run(api, tmp_path, timeout=5.0)
    assert report.exit is not Exit.PROVEN
    assert len(report.left_behind) == len(api.sessions) > 0
    for line in report.left_behind:
        id, _, why = line.partition(": ")
        assert id in api.sessions
        assert "stopped answering" in why


def test_a_target_that_dies_under_an_expectation_is_an_error_and_no_failure(api: FakeApi, tmp_path: Path) -> None:
    dies_at(api, ("POST", "beat"))
    report = run(api, tmp_path, timeout=5.0)
    assert F not in verdicts(report).values()
    assert report.exit is Exit.TARGET


def test_a_target_that_dies_at_the_very_first_call(api: FakeApi, tmp_path: Path) -> None:
    contract = api.write(tmp_path)
    api.die()
    with pytest.raises(TargetError, match="can't connect"):
        judged(api.url, contract=contract)


def test_a_target_that_stops_while_we_clean_up(api: FakeApi, tmp_path: Path) -> None:
    def dies_at_a_delete(method: str, path: str) -> None:
        if method == "DELETE":
            api.die()

    api.before = dies_at_a_delete
    report = run(api, tmp_path, "LIF-01", timeout=5.0)
    assert verdicts(report) == {"LIF-01": P}
    assert len(report.left_behind) == len(api.sessions) == api.made
    assert Counter(method for method, _ in api.calls)["DELETE"] <= 1


def test_one_route_that_never_answers(api: FakeApi, tmp_path: Path) -> None:
    def drops_reads(method: str, path: str) -> None:
        if method == "GET" and path != "/s" and api.made:
            raise Dropped

    api.before = drops_reads
    report = run(api, tmp_path, timeout=5.0)
    found = verdicts(report)
    assert found["LIF-06"] is found["RES-01"] is P, "routes that answer are judged"
    assert P not in {found["LIF-01"], found["LIF-03"], found["ISO-01"]}
    assert set(found) == set(JUDGED)
    assert api.sessions == {}
    reads = [path for method, path in api.calls if method == "GET" and path not in ("/s", "/s/never-issued")]
    assert 0 < len(reads) <= 4, "after that it isn't tried again"


def test_a_delete_that_is_refused_is_told(api: FakeApi, tmp_path: Path) -> None:
    api.before = lambda method, path: (500, None) if method == "DELETE" else None
    report = run(api, tmp_path, "RES-01")
    assert verdicts(report) == {"RES-01": P}
    assert sorted(report.left_behind) == sorted(f"{id}: delete answered 500" for id in api.sessions)


def test_a_contract_without_a_delete_says_what_it_leaves(api: FakeApi, tmp_path: Path) -> None:
    text = Path(api.write(tmp_path)).read_text(encoding="utf-8")
    (tmp_path / "without.yaml").write_text(text.replace("does: delete", "does: clear"), encoding="utf-8")
    report = judged(api.url, contract=str(tmp_path / "without.yaml"), only=("RES-01",))
    assert {line.partition(": ")[0] for line in report.left_behind} == set(api.sessions) != set()
    assert {line.partition(": ")[2] for line in report.left_behind} == {"the contract has no delete"}


@pytest.mark.parametrize("effect", ["fails", "breaks off"])
def test_nothing_is_left_behind_by_checks_that_fail(api: FakeApi, tmp_path: Path, effect: str) -> None:
    """Every second create of a client makes a new session; or is answered with nonsense after it made one."""

    def misbehaves(method: str, path: str) -> tuple[int, Any] | None:
        if (method, path) == ("POST", "/s") and api.made % 2:
            if effect == "breaks off":
                return 200, {"strange": True}
            for session in api.sessions.values():
                session["client"] = None
        return None

    api.before = misbehaves
    report = run(api, tmp_path)
    assert report.exit is not Exit.PROVEN
    assert verdicts(report)["RES-01"] is not P
    assert api.sessions == {}
    assert report.left_behind == ()


JUNK: tuple[Any, ...] = (
    None, True, -1, 17.5, "", "x", "\ud800", [], [None], {}, {"id": None}, {"id": {"a": 1}}, {"all": {"x": 3}},
    {"all": [None, 3, {"id": []}], "id": "a\n/../b", "resumed": "yes", "title": {}}, 10**40, float("inf"), "a" * 5000,
)  # fmt: skip


@pytest.mark.parametrize("lies", [0.02, 0.2, 1.0])
@pytest.mark.parametrize("seed", [1, 2])
def test_a_target_that_answers_with_junk_gets_a_verdict_for_everything(
    api: FakeApi, tmp_path: Path, lies: float, seed: int
) -> None:
    chance = random.Random(seed)

    def lies_at_times(method: str, path: str) -> tuple[int, Any] | None:
        status = chance.choice((200, 200, 201, 204, 302, 400, 404, 500))
        return (status, chance.choice(JUNK)) if chance.random() < lies else None

    api.before = lies_at_times
    report = run(api, tmp_path)
    assert set(verdicts(report)) == set(JUDGED)
    assert report.exit in (Exit.FAILED, Exit.TARGET)
    reasons = [check.reason for result in report.results for check in result.checks]
    assert [reason for reason in reasons if "harness fault" in reason] == []
    assert len(api.calls) < 5000


# Silence, counted

CONTRACT = contract_of("""
POST /s: {x-session: {does: create, session: $response.body#/id}, responses: {200: {content: {application/json: {}}}}}
GET /s: {x-session: {does: list}}
GET /h: {x-session: {does: health}}
POST /b/{id}: {x-session: {does: heartbeat, session: $request.path.id}}
DELETE /s/{id}: {x-session: {does: delete, session: $request.path.id}}
""")
SILENCE = Answer(None, failure="silence")


def paths_sent(run: Run) -> list[str]:
    assert isinstance(run.sender, Scripted)
    return [f"{request.method} {request.target}" for request in run.sender.sent]


def test_three_silent_calls_in_a_row_ask_whether_anybody_is_there() -> None:
    run = scripted_run(CONTRACT, lambda request: answered({}) if request.target == "/h" else SILENCE)
    for _ in range(3):
        run.ask(CONTRACT.first("heartbeat"), ALICE, {"session": "1"})
    assert paths_sent(run) == ["POST /b/1"] * 3 + ["GET /h"]
    assert run.lost == ""


def test_a_target_that_does_not_answer_then_either_is_lost_for_good() -> None:
    run = scripted_run(CONTRACT, lambda _: SILENCE)
    for _ in range(2):
        run.ask(CONTRACT.first("heartbeat"), ALICE, {"session": "1"})
    with pytest.raises(TargetLost, match="the target stopped answering: silence"):
        run.ask(CONTRACT.first("create"), ALICE, {})
    sent = len(paths_sent(run))
    for _ in range(3):
        with pytest.raises(TargetLost):
            run.ask(CONTRACT.first("list"), ALICE, {})
    assert len(paths_sent(run)) == sent


def test_an_answer_in_between_begins_the_count_anew() -> None:
    run = scripted_run(CONTRACT, lambda request: answered({}) if request.target == "/s" else SILENCE)
    for operation in ("heartbeat", "heartbeat", "list", "heartbeat", "list"):
        run.ask(CONTRACT.first(operation), ALICE, {"session": "1"})
    assert "GET /h" not in paths_sent(run)


# Which paths a check goes through

PATHS = contract_of("""
POST /s: {x-session: {does: create, session: $response.body#/id}, responses: {200: {content: {application/json: {}}}}}
GET /a/{id}: {x-session: {does: read, session: $request.path.id}}
POST /a/{id}/q: {x-session: {does: query, session: $request.path.id}}
GET /b/{id}: {x-session: {does: read, session: $request.path.id}}
POST /b/{id}/q: {x-session: {does: query, session: $request.path.id}}
DELETE /a/{id}: {x-session: {does: delete, session: $request.path.id}}
POST /c/q: {x-session: {does: query, session: $request.query.s}, parameters: [{name: s, in: query}]}
""")


def gone_through(effort: Effort, **how: Any) -> list[str]:
    run = scripted_run(PATHS, lambda _: SILENCE)
    run.effort = effort
    return sorted(binding.name for binding in run.on_session(**how))


@pytest.mark.parametrize("effort", [Effort.NORMAL, Effort.THOROUGH])
def test_checks_go_through_every_path_of_an_operation(effort: Effort) -> None:
    reads, queries = ["GET /a/{id}", "GET /b/{id}"], ["POST /a/{id}/q", "POST /b/{id}/q", "POST /c/q"]
    assert gone_through(effort) == ["DELETE /a/{id}", *reads, *queries]
    assert gone_through(effort, leave_out=["delete"]) == [*reads, *queries]
    assert gone_through(effort, writes=False) == reads
    run = scripted_run(PATHS, lambda _: SILENCE)
    run.effort = effort
    assert [binding.name for binding in run.bindings("query")] == queries


def test_at_quick_effort_they_take_the_first_path_of_each() -> None:
    assert gone_through(Effort.QUICK) == ["DELETE /a/{id}", "GET /a/{id}", "POST /a/{id}/q"]
    assert gone_through(Effort.QUICK, writes=True, leave_out=["delete"]) == ["POST /a/{id}/q"]
    assert gone_through(Effort.QUICK, writes=False) == ["GET /a/{id}"]
    run = scripted_run(PATHS, lambda _: SILENCE)
    run.effort = Effort.QUICK
    assert [binding.name for binding in run.bindings("query")] == ["POST /a/{id}/q"]


def test_what_is_not_declared_has_no_path() -> None:
    assert scripted_run(PATHS, lambda _: SILENCE).bindings("heartbeat") == ()


# What is to be cleaned up


FIRST = contract_of("""
POST /s: {x-session: {does: create, session: $response.body#/id}, responses: {200: {content: {application/json: {}}}}}
POST /q:
  x-session: {does: query, session: [$request.query.s, $response.body#/id], resumed: $response.body#/old}
  parameters: [{name: s, in: query}]
  responses: {200: {content: {application/json: {}}}}
DELETE /s/{id}: {x-session: {does: delete, session: $request.path.id}}
""")


@pytest.mark.parametrize(
    ("session", "answer", "made"),
    [
        (None, answered({"id": "n"}), ["n"]),
        ("", answered({"id": "n"}), ["n"]),
        (None, answered({"id": "n", "old": True}), []),
        (None, answered({"id": "n"}, 400), []),
        (None, answered({}), []),
        ("n", answered({"id": "n"}), []),
    ],
    ids=["without a session", "with an empty one", "one that was there", "refused", "unnamed", "within a session"],
)
def test_a_session_that_another_call_began_is_deleted_by_who_made_it(
    session: str | None, answer: Answer, made: list[str]
) -> None:
    run = scripted_run(FIRST, lambda request: answer if request.method == "POST" else Answer(204))
    values = {} if session is None else {"session": session}
    for _ in range(2):
        run.ask(FIRST.first("query"), ALICE, values)
    assert run.issued == made
    assert run.clean_up() == ()
    assert paths_sent(run)[2:] == [f"DELETE /s/{id}" for id in made]
    assert isinstance(run.sender, Scripted)
    assert {request.actor for request in run.sender.sent} == {ALICE}


def test_only_what_is_left_is_deleted_each_by_who_made_it() -> None:
    ids = iter(["a", "b", "c"])

    def answer(request: Request) -> Answer:
        return answered({"id": next(ids)}) if request.method == "POST" else Answer(204)

    run = scripted_run(CONTRACT, answer)
    alice, bob = run.actor("alice"), run.actor("bob")
    for actor in (alice, bob, alice):
        run.ask(CONTRACT.first("create"), actor, {})
    run.ask(CONTRACT.first("delete"), bob, {"session": "b"})
    assert run.clean_up() == ()
    assert paths_sent(run)[4:] == ["DELETE /s/a", "DELETE /s/c"]
    assert isinstance(run.sender, Scripted)
    assert {request.actor.name for request in run.sender.sent[4:]} == {"alice"}
    assert run.clean_up() == ()
    assert len(paths_sent(run)) == 6


@pytest.mark.parametrize(("status", "left"), [(200, 0), (202, 0), (204, 0), (404, 0), (410, 0), (403, 1), (500, 1)])
def test_what_counts_as_deleted(status: int, left: int) -> None:
    run = scripted_run(CONTRACT, lambda request: answered({"id": "a"}) if request.method == "POST" else Answer(status))
    run.ask(CONTRACT.first("create"), ALICE, {})
    assert run.clean_up() == (f"a: delete answered {status}",) * left


def test_an_id_that_can_not_be_sent_keeps_nothing_else_from_being_deleted() -> None:
    ids = iter(["a\ud800", "b"])
    run = scripted_run(
        CONTRACT, lambda request: answered({"id": next(ids)}) if request.method == "POST" else Answer(204)
    )
    for _ in range(2):
        run.ask(CONTRACT.first("create"), ALICE, {})
    run.clean_up()
    assert paths_sent(run)[-1] == "DELETE /s/b"


# Ctrl-C and SIGTERM


def hears_signals() -> None:
    """As at a terminal: what runs in the background inherits that it ignores Ctrl-C."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


class Interrupted:
    """`sessionproof verify` as a process, which gets a signal at a moment that the API sees."""

    def __init__(self, api: FakeApi, folder: Path, number: signal.Signals) -> None:
        self.api, self.number, self.report = api, number, folder / "report.json"
        arguments = ("verify", api.url, "--contract", api.write(folder), "--json", self.report, "--seed", "1", "-q")
        self.arguments = command(*arguments, *(part for id in JUDGED for part in ("--only", id)))
        self.process: subprocess.Popen[str] | None = None

    def strike(self) -> None:
        assert self.process is not None
        os.kill(self.process.pid, self.number)

    def ended(self) -> tuple[int, str]:
        """The exit code, and what was said."""
        self.process = subprocess.Popen(
            self.arguments,
            env=plain_environment(),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            preexec_fn=hears_signals,
        )
        try:
            out, err = self.process.communicate()
        finally:
            self.process.kill()  # if pytest's --timeout has ended the wait
        return self.process.returncode, out + err

    def end(self) -> tuple[int, str, dict[str, Any]]:
        """The exit code, what was said, and the report."""
        return *self.ended(), json.loads(self.report.read_text(encoding="utf-8"))


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_run_that_is_stopped_cleans_up_and_reports_what_it_has(
    api: FakeApi, tmp_path: Path, number: signal.Signals
) -> None:
    """The signal comes during a read, after sessions of several checks."""
    run, reads = Interrupted(api, tmp_path, number), Counter[str]()

    def strikes_at_the_hundredth_read(method: str, path: str) -> None:
        reads[method] += 1
        if method == "GET" and reads["GET"] == 100:
            run.strike()

    api.before = strikes_at_the_hundredth_read
    code, said, report = run.end()
    assert code == report["exit_code"] == Exit.UNPROVEN
    assert "Traceback" not in said
    assert said.splitlines()[-1].startswith("UNPROVEN")
    found = {row["id"]: (row["verdict"], row["reason"]) for row in report["requirements"] if row["id"] in JUDGED}
    assert found["LIF-01"][0] == "passed"
    assert ("unproven", "stopped before it was looked at") in found.values()
    assert report["left_behind"] == []
    assert api.made > 30
    assert api.sessions == {}


def test_a_run_that_is_stopped_before_it_begins_says_so_in_one_line(api: FakeApi, tmp_path: Path) -> None:
    run = Interrupted(api, tmp_path, signal.SIGINT)

    def strikes_at_once(method: str, path: str) -> None:
        run.strike()
        api.ended.wait(0.3)  # or until nobody waits for the answer any more

    api.before = strikes_at_once
    code, said = run.ended()
    assert (code, said.strip()) == (130, "sessionproof: stopped")
    assert len(api.calls) == 1


def test_what_is_being_made_when_a_run_is_stopped_is_deleted_as_well(api: FakeApi, tmp_path: Path) -> None:
    """The signal comes during a create, which the API carries out."""
    run, creates = Interrupted(api, tmp_path, signal.SIGINT), Counter[str]()

    def strikes_at_the_tenth_create(method: str, path: str) -> None:
        creates[method + path] += 1
        if (method, path) == ("POST", "/s") and creates["POST/s"] == 10:
            run.strike()
            api.ended.wait(0.3)  # the run has given up by then, if it gives up

    api.before = strikes_at_the_tenth_create
    run.end()
    assert api.made == 10
    assert api.sessions == {}


def test_what_was_made_on_the_reference_server_is_deleted(tmp_path: Path) -> None:
    """Counted in the server's own log: as many sessions made as deleted, whatever the checks found."""
    log = tmp_path / "log"
    with reference_server("F-RES-02", log=log) as url:
        report = judged(url, contract="fm-session-service", only=("RES-01", "LIF-05", "SEC-02", "ISO-05"))
    assert verdicts(report)["RES-01"] is F
    events = [json.loads(line) for line in log.read_text(encoding="utf-8").splitlines()]
    counted = Counter((event.get("method"), event.get("status")) for event in events if event["event"] == "request")
    made = sum(
        event["event"] == "request"
        and (event["method"], event["path"], event["status"]) == ("POST", "/api/v1/sessions", 201)
        for event in events
    )
    assert made == counted["DELETE", 204] > 5
    assert report.left_behind == ()
