"""The history: a header, then one whole line per call, in order, whatever the calls and the process come to."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from sessionproof.clocks.kind import Passing
from sessionproof.errors import UsageError
from sessionproof.history import Recorder
from sessionproof.history.event import FORMAT
from sessionproof.history.redact import Redactor
from sessionproof.run import Run
from sessionproof.wire import Answer, Raw, Request

from .documents import ALICE, ROOT, contract_of
from .scripted import HEADER, answered, scripted_run

BODY = "requestBody: {content: {application/json: {}}}, responses: {200: {content: {application/json: {}}}}"
CONTRACT = contract_of(
    f"""
POST /s:
  {{x-session: {{does: create, client: $request.body#/c, session: $response.body#/id, metadata: $response.body#/m,
    resumed: $response.body#/old, count: $response.body#/n}}, {BODY}}}
POST /s/{{id}}/m:
  {{x-session: {{does: add_message, session: $request.path.id, content: $request.body#/t,
    message: $response.body#/id}}, {BODY}}}
GET /s:
  {{x-session: {{does: list, each: {{in: $response.body, session: $key, title: $item#/t}}}}, {BODY}}}
""",
    "{identity: {header: X-User}, errors: {reason: $response.body#/code}}",
)


def lines(file: Path) -> list[dict[str, Any]]:
    text = file.read_text(encoding="utf-8")
    assert text.endswith("\n")
    return [json.loads(line) for line in text.split("\n")[:-1]]


def run_with(file: Path, *answers: Answer) -> Run:
    replies = iter(answers)
    return scripted_run(CONTRACT, lambda _: next(replies), file)


def events(file: Path, *calls: tuple[str, dict[str, Any], Answer]) -> list[dict[str, Any]]:
    """What is in the file after these calls of alice."""
    run = run_with(file, *(answer for _, _, answer in calls))
    run.canaries.add(ALICE)
    for operation, values, _ in calls:
        run.ask(CONTRACT.first(operation), ALICE, values)
    run.recorder.close()
    run.recorder.close()
    return lines(file)[1:]


def test_the_header_comes_first_and_says_the_format(tmp_path: Path) -> None:
    Recorder(Redactor(), tmp_path / "h.jsonl", HEADER).close()
    (header,) = lines(tmp_path / "h.jsonl")
    assert header["history"] == FORMAT == 1
    assert header == {
        "history": 1,
        "clock": "c1",
        "started": "2030-01-01T00:00:00+00:00",
        "target": "http://t",
        "contract": "c",
        "lens": "suites",
        "seed": 1,
        "tool": "t",
        "scale": 1.0,
        "life": None,
        "tolerance": 1.0,
    }


def test_a_call_is_a_line(tmp_path: Path) -> None:
    made = answered({"id": "s1", "old": False, "m": {"k": [1, None]}, "n": 3})
    (event,) = events(tmp_path / "h.jsonl", ("create", {"client": "tab"}, made))
    assert event == {
        "n": 1,
        "t0": 1.0,
        "t1": 1.5,
        "clock": "c1",
        "actor": "alice",
        "op": "create",
        "call": "POST /s",
        "session": "s1",
        "client": "tab",
        "sent": {"client": "tab"},
        "status": 200,
        "got": {"session": "s1", "resumed": False, "metadata": {"k": [1, None]}, "count": 3},
        "user": "alice-1",
    }


def test_a_moved_clock_and_an_odd_request_are_written_down(tmp_path: Path) -> None:
    run = run_with(tmp_path / "h.jsonl", *[answered({"id": "s1"})] * 4)
    run.ask(CONTRACT.first("create"), ALICE, {})
    run.clock = Passing()
    run.clock.shift = 90.0
    run.ask(CONTRACT.first("create"), ALICE, {})
    run.ask(CONTRACT.first("create"), ALICE, {}, Raw(identity=False))
    run.ask(replace(CONTRACT.first("create"), method="PUT"), ALICE, {})
    plain, later, odd, undeclared = lines(tmp_path / "h.jsonl")[1:]
    assert "shift" not in plain
    assert "odd" not in plain
    assert (later["t0"], later["shift"], later["user"]) == (2.0, 90.0, "alice-1")
    assert (odd["odd"], "user" in odd) == (True, False)
    assert undeclared["odd"]


def test_what_was_not_sent_is_marked_as_never_seen_by_the_target(tmp_path: Path) -> None:
    (event,) = events(tmp_path / "h.jsonl", ("create", {}, Answer(None, failure="HTTP can't carry it", unsent=True)))
    assert event["injected"] is True


def test_lines_count_up_and_name_the_check(tmp_path: Path) -> None:
    run = run_with(tmp_path / "h.jsonl", *[answered({"id": "s1"})] * 3)
    for check in ("one", "two"):
        run.begin(check)
        run.ask(CONTRACT.first("create"), ALICE, {})
    seen = lines(tmp_path / "h.jsonl")[1:]
    assert [(event["n"], event["check"]) for event in seen] == [(1, "one"), (2, "two")]
    assert run.recorder.count == 2


def test_lists_refusals_failures_and_leaks(tmp_path: Path) -> None:
    seen = events(
        tmp_path / "h.jsonl",
        ("list", {}, answered({"s1": {"t": "one"}, "s2": {}})),
        ("create", {}, answered({"code": "gone", "id": "no"}, 404)),
        ("create", {}, Answer(None, failure="cut off")),
        ("add_message", {"session": "s1", "content": "hello"}, answered({"id": 7}, 201)),
    )
    assert seen[0]["got"] == {"each": [{"session": "s1", "title": "one"}, {"session": "s2"}]}
    assert (seen[1]["status"], seen[1]["got"]) == (404, {"reason": "gone"})
    assert "status" not in seen[2]
    assert seen[2]["failure"] == "cut off"
    assert (seen[3]["session"], seen[3]["sent"]["content"], seen[3]["got"]) == ("s1", "hello", {"message": 7})


def test_long_texts_are_cut_to_a_digest(tmp_path: Path) -> None:
    long = "\u00e9" * 5000
    seen = events(
        tmp_path / "h.jsonl",
        ("add_message", {"session": "s1", "content": long}, answered({"id": 1})),
        ("add_message", {"session": "s1", "content": long + "x"}, answered({"id": 1})),
        ("add_message", {"session": "s1", "content": "x" * 200}, answered({"id": 1})),
    )
    first, second, third = (event["sent"] for event in seen)
    assert first["content"]["starts"] == "\u00e9" * 40
    assert first["content"]["characters"] == 5000
    assert first["content"]["sha256"] != second["content"]["sha256"]
    assert third["content"] == "x" * 200
    assert all(len(line) < 1000 for line in (tmp_path / "h.jsonl").read_text(encoding="utf-8").splitlines())


def test_texts_with_odd_characters_keep_to_one_line(tmp_path: Path) -> None:
    odd = "a\nb\r\u2028\u0085\0\x1b[31m"
    values = {"session": odd, "content": odd + "\ud800"}
    (event,) = events(tmp_path / "h.jsonl", ("add_message", values, answered({"id": odd + "\ud800"})))
    assert event["session"] == odd
    assert event["sent"]["content"].startswith("a\nb\r\u2028\u0085\0\x1b[31m")
    assert len((tmp_path / "h.jsonl").read_bytes().splitlines()) == 2


def test_a_call_is_in_the_file_before_its_answer_is_used(tmp_path: Path) -> None:
    file = tmp_path / "h.jsonl"
    run = run_with(file, *[answered({"id": "s1"})] * 3)
    for number in range(1, 4):
        run.ask(CONTRACT.first("create"), ALICE, {})
        assert len(lines(file)) == 1 + number


CRASHING = """
import os, sys
from pathlib import Path
from tests.engine.documents import ALICE
from tests.engine.scripted import answered
from tests.engine.test_history import CONTRACT, run_with
run = run_with(Path(sys.argv[1]), *[answered({"id": "s1"})] * 5)
for number in range(5):
    run.ask(CONTRACT.first("create"), ALICE, {})
os._exit(9)
"""


def test_every_call_is_in_the_file_after_a_crash(tmp_path: Path) -> None:
    file = tmp_path / "h.jsonl"
    ended = subprocess.run([sys.executable, "-c", CRASHING, file], cwd=ROOT, timeout=60, check=False)
    assert ended.returncode == 9
    assert [line.get("n") for line in lines(file)] == [None, 1, 2, 3, 4, 5]


def test_calls_of_many_threads_are_whole_lines(tmp_path: Path) -> None:
    file = tmp_path / "h.jsonl"
    recorder = Recorder(Redactor(), file, HEADER)
    run = scripted_run(CONTRACT, lambda _: answered({"id": "s1"}))
    reply = run.ask(CONTRACT.first("create"), ALICE, {"client": "x" * 150})
    threads = [threading.Thread(target=lambda: [recorder.record(reply, 0, 1) for _ in range(50)]) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    recorder.close()
    assert [line["n"] for line in lines(file)[1:]] == list(range(1, 401))


def test_a_file_that_can_not_be_written_is_a_mistake_of_the_call(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"--history .*can't be written"):
        Recorder(Redactor(), tmp_path / "nowhere" / "h.jsonl", HEADER)
    with pytest.raises(UsageError, match="can't be written"):
        Recorder(Redactor(), tmp_path, HEADER)


def test_without_a_file_calls_are_counted() -> None:
    run = scripted_run(CONTRACT, lambda _: answered({"id": "s1"}))
    run.ask(CONTRACT.first("create"), ALICE, {})
    assert run.recorder.count == 1


def test_requests_that_were_not_sent_are_written_down_as_well(tmp_path: Path) -> None:
    sent: list[Request] = []

    def silent_but_for_lists(request: Request) -> Answer:
        sent.append(request)
        return answered([]) if request.method == "GET" else Answer(None, failure="silence")

    run = scripted_run(CONTRACT, silent_but_for_lists, tmp_path / "h.jsonl")
    for _ in range(6):
        run.ask(CONTRACT.first("create"), ALICE, {})
    seen = [event["failure"] for event in lines(tmp_path / "h.jsonl")[1:]]
    assert seen == ["silence"] * 4 + ["POST /s wasn't tried again: it never answered"] * 2
    assert sum(request.method == "POST" for request in sent) == 4


# What a lying target may send

LIES: dict[str, Any] = {
    "half a character as a name": {"id": "s1", "m": {"\ud800": 1}},
    "a number beyond 64 bits": {"id": "s1", "n": 10**40},
    "an infinite number": {"id": "s1", "n": float("inf")},
    "deep nesting": {"id": "s1", "m": json.loads('{"a":' * 600 + "1" + "}" * 600)},
    "an object for an id": {"id": {"a": 1}},
    "a list for an id": {"id": [1]},
}


@pytest.mark.parametrize("body", LIES.values(), ids=LIES)
def test_whatever_a_target_answers_is_a_line(tmp_path: Path, body: Any) -> None:
    (event,) = events(tmp_path / "h.jsonl", ("create", {}, answered(body)))
    assert event["op"] == "create"
