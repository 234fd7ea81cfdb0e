"""A repeat shows the same thing again: by a plain shell, on another day, with ids and users of its own."""

from __future__ import annotations

import re
import shutil
import socket
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from itertools import count

import pytest

from sessionproof.actors import Actor
from sessionproof.contract import Contract
from sessionproof.expect import Expect, Violation
from sessionproof.history.redact import Redactor
from sessionproof.plugin.findings import findings
from sessionproof.run import Run
from sessionproof.verdicts import CheckResult, Verdict
from sessionproof.wire import Answer, Raw, Request

from .documents import ALICE, BOB, contract_of
from .raw_server import RawServer, raw_server, whole
from .running import judged, plain_environment, reference_server
from .scripted import answered, scripted_run

pytestmark = pytest.mark.skipif(shutil.which("curl") is None, reason="repeats are made of curl lines")


def shell(script: str, **variables: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["bash", "-c", script],
        env=plain_environment(**variables),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def parses(script: str) -> bool:
    checked = subprocess.run(["bash", "-n"], input=script, capture_output=True, text=True, timeout=60, check=False)
    return (checked.returncode, checked.stderr) == (0, "")


# Faults, shown again

FAULTS = {
    "F-ISO-01": "ISO-01",  # another's session can be read
    "F-RES-05": "RES-05",  # a client id leads to another's session
    "F-LIF-36": "LIF-07",  # a status that ought to delete
    "F-MSG-31": "MSG-07",  # the title follows the latest message
    "F-EXP-22": "EXP-05",  # a number in quotes
    "F-SEC-40": "SEC-08",  # a redirect where there ought to be a refusal
}
MASKS = (
    (r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", "ID"),
    (r"(?<![0-9a-f])[0-9a-f]{32}(?![0-9a-f])", "HEX"),
    (r"\d{4}-\d\d-\d\dT[\d:.]+(Z|[+-]\d\d:\d\d)", "TIME"),
    (r"zq[0-9]+[a-z]", "MARK"),
    (r"(?im)^(date|content-length): .*$", r"\1"),
    (r"http://127\.0\.0\.1:\d+", "URL"),
)


def masked(text: str) -> str:
    for form, word in MASKS:
        text = re.sub(form, word, text)
    return text


@pytest.fixture(scope="module")
def clean() -> Iterator[str]:
    with reference_server() as url:
        yield url


@pytest.mark.parametrize(("fault", "requirement"), FAULTS.items())
def test_the_repeat_of_a_fault_shows_it_and_nothing_on_a_clean_server(fault: str, requirement: str, clean: str) -> None:
    with reference_server(fault) as url:
        report = judged(url, contract="fm-session-service", only=(requirement,), seed=1)
        broken = next(result for result in report.results if result.requirement.id == requirement)
        assert broken.verdict in (Verdict.FAILED, Verdict.WARNED)
        assert f"--only {requirement} --seed 1" in broken.repeat
        assert parses(broken.repeat)
        assert broken.repeat.count(url) >= 2, "in the script, and in the command"
        there = shell(broken.repeat)
    here = [shell(broken.repeat.replace(url, clean)) for _ in range(2)]
    assert [(ended.returncode, ended.stderr) for ended in (there, *here)] == [(0, "")] * 3
    assert masked(here[0].stdout) == masked(here[1].stdout), "what differs from run to run is masked"
    assert masked(there.stdout) != masked(here[0].stdout)


# Traps

CONTRACT = contract_of(
    """
POST /v1/s:
  x-session: {does: create, client: $request.header.X-C, title: $request.body#/t, session: $response.body#/id}
  parameters: [{name: X-C, in: header}]
  requestBody: {content: {application/json: {}}}
  responses: {200: {content: {application/json: {}}}}
GET /v1/s: {x-session: {does: list, status: $request.query.q}, parameters: [{name: q, in: query}]}
GET /v1/s/{id}: {x-session: {does: read, session: $request.path.id}}
DELETE /v1/s/{id}: {x-session: {does: delete, session: $request.path.id}}
""",
    "{identity: {header: X-User}}",
)
TRAPS = {
    "single quotes": "it's 'quoted' ''",
    "double quotes": 'say "so"',
    "variables": "$HOME ${HOME} $(id) $((1)) `id` $$",
    "history": "!! !$ hey!",
    "globs": "* ? [a-z] {a,b} ~ \\*",
    "line breaks": "one\ntwo\r\nthree\n",
    "backslashes": "C:\\new\\temp \\\\ \\u0041 \\",
    "comments": "# not a comment",
    "operators": "a; b & c | d > e < f && g",
    "percent": "100% %s %n %%",
    "dashes": "--data-binary -X",
    "spaces around": "  x\t ",
    "more than ASCII": "gr\u00fc\u00dfe \U0001f600 \u202e",
    "a long repetition": "ab" * 500 + "%\\'" * 300,
    "a long text": "".join(f"{number}," for number in range(3000)),
    "nothing": "",
}


def arrived(script: str, *answers: bytes, **variables: str) -> list[bytes]:
    """The requests that the script sends, where these are the answers (the last one again and again)."""
    remaining = list(answers or [whole(b'{"id": "s1"}')])

    def answer(server: RawServer, connection: socket.socket) -> bool:
        connection.sendall(remaining.pop(0) if len(remaining) > 1 else remaining[0])
        return False

    with raw_server(answer) as server:
        ended = shell(script.replace("http://127.0.0.1:9", server.url), **variables)
        assert (ended.returncode, ended.stderr) == (0, "")
        return server.requests


def header_of(request: bytes, name: str) -> str:
    lines = request.partition(b"\r\n\r\n")[0].decode().split("\r\n")[1:]
    (value,) = [line.partition(":")[2].strip() for line in lines if line.lower().startswith(f"{name.lower()}:")]
    return value


def body_of(request: bytes) -> bytes:
    return request.partition(b"\r\n\r\n")[2]


def line_of(request: bytes) -> str:
    return request.partition(b" HTTP/1.1\r\n")[0].decode()


def a_run(contract: Contract = CONTRACT, redactor: Redactor | None = None, id: str = "5e55-1d") -> Run:
    ids = (id if number == 1 else f"{id}{number}" for number in count(1))
    return scripted_run(
        contract, lambda request: answered({"id": next(ids)} if request.method == "POST" else {}), redactor=redactor
    )


def result(run: Run, **what: str) -> CheckResult:
    """What is reported where the last answer wasn't what was expected."""
    violation = Violation(what.get("expected", "e"), what.get("seen", "s"), run.transcript[-1])
    return next(findings("check", "LIF-01", violation, Expect(), run))


def repeat(run: Run, **what: str) -> str:
    script = result(run, **what).repeat
    assert parses(script)
    return script


@pytest.mark.parametrize("text", TRAPS.values(), ids=TRAPS)
def test_texts_arrive_as_they_were_sent(text: str) -> None:
    run = a_run()
    run.ask(CONTRACT.first("list"), ALICE, {"status": text})
    queried = repeat(run)
    run.transcript.clear()
    run.ask(CONTRACT.first("create"), ALICE, {"title": text})
    sent: Request = run.transcript[-1].request
    (posted,) = arrived(repeat(run))
    assert line_of(posted) == "POST /v1/s"
    assert body_of(posted) == sent.content
    assert header_of(posted, "Content-Type") == "application/json"
    assert header_of(posted, "X-User") == "alice-1"
    (asked,) = arrived(queried)
    assert line_of(asked).startswith("GET /v1/s?q=")
    assert len(repeat(run)) < 25_000


@pytest.mark.parametrize("text", [text for text in TRAPS.values() if text and text.isprintable() and len(text) < 100])
def test_headers_arrive_as_they_were_sent(text: str) -> None:
    run = a_run()
    run.ask(CONTRACT.first("create"), ALICE, {"client": text.strip()})
    (posted,) = arrived(repeat(run))
    assert header_of(posted, "X-C") == text.strip()


def test_an_empty_header_arrives_empty() -> None:
    run = a_run()
    run.ask(CONTRACT.first("create"), replace(ALICE, user=""), {})
    (posted,) = arrived(repeat(run))
    assert header_of(posted, "X-User") == ""


@pytest.mark.parametrize(
    "content", [b"\xff\xfe\x00", b"\0", b"@file", b"{", b"'\xff'", bytes(range(256)), b"\xef\xbb\xbf{"], ids=repr
)
def test_bodies_of_bytes_arrive_as_they_were_sent(content: bytes) -> None:
    run = a_run()
    run.ask(CONTRACT.first("create"), ALICE, {}, Raw(content=content, content_type="text/odd"))
    (posted,) = arrived(repeat(run))
    assert body_of(posted) == content
    assert header_of(posted, "Content-Type") == "text/odd"


@pytest.mark.parametrize("path", ["/v1/s/%00", "/v1/../s//", "/v1/s/'%22%3B--", "/v1/s/a%2F..%2Fb", "/v1/s/[1-2]{3,4}"])
def test_odd_paths_arrive_as_they_were_sent(path: str) -> None:
    run = a_run()
    run.ask(CONTRACT.first("read"), ALICE, {"session": "x"}, Raw(path=path))
    (asked,) = arrived(repeat(run))
    assert line_of(asked) == f"GET {path}"


def test_expected_and_seen_are_comments_whatever_they_hold() -> None:
    run = a_run()
    run.ask(CONTRACT.first("list"), ALICE, {})
    script = repeat(run, expected="one\ntouch /tmp/never\r\n$(id)", seen="'\"`id`\u2028exit 3\x85exit 3")
    assert [line for line in script.splitlines() if "touch" in line or "exit 3" in line] == [
        "# expected: one touch /tmp/never $(id)",
        "# seen:     '\"`id` exit 3 exit 3",
    ]
    assert len(arrived(script)) == 1


def test_ids_are_taken_from_the_answers() -> None:
    run = a_run()
    session = run.ask(CONTRACT.first("create"), ALICE, {}).session
    run.ask(CONTRACT.first("delete"), ALICE, {"session": session})
    run.ask(CONTRACT.first("read"), ALICE, {"session": session})
    lines = list(map(line_of, arrived(repeat(run), whole(b'{"id": "n3w$1\'"}'))))
    assert [line.partition(" ")[0] for line in lines] == ["POST", "DELETE", "GET"]
    assert session not in " ".join(lines)
    assert all("n3w" in line for line in lines[1:])


def test_users_and_texts_are_new_in_each_run_of_the_script_and_differ_from_each_other() -> None:
    run = a_run()
    actors = [replace(run.actor(name)) for name in ("carol", "charlie", "carol", "bob")]
    for actor in actors:
        run.ask(CONTRACT.first("create"), actor, {"title": actor.text()})
    script = repeat(run)
    first, second = ([header_of(posted, "X-User") for posted in arrived(script)] for _ in range(2))
    assert len({*first, *second}) == 8
    assert not {actor.user for actor in actors} & {*first, *second}
    assert [user.partition("-")[0] for user in first] == ["carol", "charlie", "carol", "bob"]
    for posted, user in zip(arrived(script), first, strict=True):
        mark = header_of(posted, "X-User").partition("-")[2]
        assert mark.encode() in body_of(posted), user


def test_what_another_has_said_is_said_as_his() -> None:
    run = a_run()
    for actor, title in ((ALICE, ALICE.text()), (BOB, f"of {ALICE.marker}")):
        run.ask(CONTRACT.first("create"), actor, {"title": title})
    first, second = arrived(repeat(run))
    marks = [re.findall(rb"zq\w+", body_of(posted)) for posted in (first, second)]
    assert marks[0] == marks[1] != []
    assert ALICE.marker.encode() not in first


def test_only_reads_that_show_it_are_repeated() -> None:
    run = a_run()
    session = run.ask(CONTRACT.first("create"), ALICE, {}).session
    for _ in range(5):
        run.ask(CONTRACT.first("list"), ALICE, {})
    run.ask(CONTRACT.first("read"), ALICE, {"session": session})
    assert [line_of(request).split(" ")[0] for request in arrived(repeat(run))] == ["POST", "GET"]


def test_of_too_many_calls_only_the_command_is_left() -> None:
    run = a_run()
    for _ in range(200):
        run.ask(CONTRACT.first("create"), ALICE, {})
    script = result(run).repeat
    assert "curl" not in script
    assert "--only LIF-01" in script


def secret_users(*secrets: str) -> tuple[Redactor, list[Actor]]:
    known = Redactor()
    actors = [replace(ALICE, name=f"user{number}", user=secret, secret=secret) for number, secret in enumerate(secrets)]
    for actor in actors:
        known.add(actor.secret, f"{actor.name.upper()}_SECRET")
    return known, actors


def test_secrets_are_asked_for_and_put_where_they_belong() -> None:
    known, (alice,) = secret_users("pass-word-1")
    run = a_run(redactor=known)
    run.ask(CONTRACT.first("list"), alice, {})
    script = repeat(run)
    assert "pass-word-1" not in script
    without = shell(script)
    assert without.returncode != 0
    assert "USER0_SECRET: set it to the credential" in without.stderr
    (asked,) = arrived(script, USER0_SECRET="an'other $1\"")
    assert header_of(asked, "X-User") == "an'other $1\""


def test_only_secrets_that_are_needed_are_asked_for() -> None:
    known, (alice, _) = secret_users("pass-word-1", "pass-word-2")
    run = a_run(redactor=known)
    run.ask(CONTRACT.first("list"), alice, {})
    assert len(arrived(repeat(run), USER0_SECRET="x")) == 1


def test_a_log_in_gives_the_token_of_the_calls_after_it() -> None:
    contract = contract_of(
        """
POST /login:
  x-session: {does: login, user: $request.body#/u, password: $request.body#/p, token: $response.body#/t}
  requestBody: {content: {application/json: {}}}
  responses: {200: {content: {application/json: {}}}}
POST /s: {x-session: {does: create, session: $response.body#/id}, responses: {200: {content: {application/json: {}}}}}
""",
        "{identity: {bearer: {login: anyone}}}",
    )
    run = scripted_run(contract, lambda _: answered({"t": "issued-token", "id": "s1"}))
    alice = run.actor("alice")
    run.ask(contract.first("create"), alice, {})
    _, posted = arrived(repeat(run), whole(b'{"t": "another-token", "id": "s2"}'))
    assert header_of(posted, "Authorization") == "Bearer another-token"


def test_without_an_answer_there_is_evidence_all_the_same() -> None:
    silent = Answer(None, failure="cut off")
    run = scripted_run(CONTRACT, lambda request: silent if request.actor is ALICE else answered([]))
    run.ask(CONTRACT.first("list"), ALICE, {})
    shown = result(run)
    assert shown.evidence[0].exchange.endswith("< no answer: cut off")
    assert len(arrived(shown.repeat)) == 1


# What follows is wrong today.


def test_a_body_in_a_get_stays_in_a_get() -> None:
    run = a_run()
    run.ask(CONTRACT.first("list"), ALICE, {}, Raw(body={"a": 1}))
    (asked,) = arrived(repeat(run))
    assert line_of(asked) == "GET /v1/s"


def test_a_short_id_is_not_found_in_other_words() -> None:
    run = a_run(id="1")
    session = run.ask(CONTRACT.first("create"), ALICE, {}).session
    run.ask(CONTRACT.first("read"), ALICE, {"session": session})
    _, asked = arrived(repeat(run), whole(b'{"id": "77"}'))
    assert line_of(asked) == "GET /v1/s/77"


def test_an_id_that_is_a_number_is_taken_from_the_answer() -> None:
    run = scripted_run(CONTRACT, lambda request: answered({"id": 4711} if request.method == "POST" else {}))
    session = run.ask(CONTRACT.first("create"), ALICE, {}).session
    run.ask(CONTRACT.first("read"), ALICE, {"session": session})
    _, asked = arrived(repeat(run), whole(b'{"id": 12345}'))
    assert line_of(asked) == "GET /v1/s/12345"


def test_an_id_is_taken_from_a_location_beside_one_in_the_body() -> None:
    contract = contract_of(
        "POST /v1/s: {x-session: {does: create, session: $response.header.Location, message: $response.body#/first},"
        " responses: {201: {content: {application/json: {schema: {}}}}}}\n"
        "GET /v1/s/{id}: {x-session: {does: read, session: $request.path.id, message: $request.query.first},"
        " parameters: [{name: first, in: query, schema: {type: string}}]}"
    )
    run = scripted_run(contract, lambda request: answered({"first": "m1-first"}, 201, Location="/v1/s/s1-session"))
    made = run.ask(contract.first("create"), ALICE, {})
    run.ask(contract.first("read"), ALICE, {"session": made.session, "message": made["message"]})
    answer = b"HTTP/1.1 201 Created\r\nlocation: http://h/v1/s/n3w\r\nContent-Length: 15\r\n\r\n" + b'{"first": "m9"}'
    _, asked = arrived(repeat(run), answer)
    assert line_of(asked) == "GET /v1/s/n3w?first=m9"


def test_an_odd_id_in_a_path_is_taken_from_the_answer() -> None:
    run = a_run(id="a/b c")
    session = run.ask(CONTRACT.first("create"), ALICE, {}).session
    run.ask(CONTRACT.first("read"), ALICE, {"session": session})
    _, asked = arrived(repeat(run), whole(b'{"id": "new"}'))
    assert line_of(asked) == "GET /v1/s/new"


def test_a_long_body_of_bytes_arrives_whole() -> None:
    run = a_run()
    content = bytes(range(256)) * 20
    run.ask(CONTRACT.first("create"), ALICE, {}, Raw(content=content))
    (posted,) = arrived(repeat(run))
    assert body_of(posted) == content
