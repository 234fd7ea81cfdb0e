"""Bursts: begun together, each call by a connection of its own, repeated until the budget is spent, and measured."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable, Iterator
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from sessionproof.burst import Bursts, at_once, overlapping
from sessionproof.caller import Caller
from sessionproof.contract import find_contract, load_contract
from sessionproof.effort import Effort
from sessionproof.expect import Expect, Unproven
from sessionproof.history import Recorder
from sessionproof.history.redact import Redactor
from sessionproof.run import Run
from sessionproof.sender import Pool, Sender
from sessionproof.wire import Answer, Reply
from tests.engine.scripted import HEADER

CONTRACT = load_contract(find_contract("fm-session-service"))


class Meeting:
    """A server that answers nobody until `size` calls are there at once, or a while has passed."""

    def __init__(self, size: int) -> None:
        self.met = threading.Barrier(size)
        self.connections: list[int] = []
        self.cookies: list[str | None] = []
        self.together = 0
        meeting = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                meeting.connections.append(self.client_address[1])
                meeting.cookies.append(self.headers["Cookie"])
                try:
                    meeting.met.wait(2)
                    meeting.together += 1
                except threading.BrokenBarrierError:
                    meeting.met.reset()
                self.send_response(200)
                self.send_header("Set-Cookie", "who=somebody")
                self.send_header("Content-Length", "2")
                self.end_headers()
                self.wfile.write(b"{}")

            def log_message(self, format: str, *args: object) -> None:
                return

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server.server_port}"


@pytest.fixture
def meeting(request: pytest.FixtureRequest) -> Iterator[Meeting]:
    made = Meeting(getattr(request, "param", 4))
    yield made
    made.server.shutdown()
    made.server.server_close()


@pytest.fixture
def run_against() -> Iterator[Callable[..., Run]]:
    made: list[Run] = []

    def make(url: str, max_rps: float | None = None) -> Run:
        redactor = Redactor()
        run = Run(CONTRACT, Sender(url, max_rps=max_rps), Recorder(redactor, None, HEADER), redactor, Effort.QUICK)
        run.begin("a check")
        made.append(run)
        return run

    yield make
    for run in made:
        run.sender.close()


def test_works_meet_at_the_server_each_by_a_connection_of_its_own(
    meeting: Meeting, run_against: Callable[..., Run]
) -> None:
    run = run_against(meeting.url)
    alice = Caller(run, run.actor("alice"))
    replies = at_once([partial(alice.read, f"s{number}") for number in range(4)])
    assert [reply.request.session for reply in replies] == ["s0", "s1", "s2", "s3"]
    assert meeting.together == 4
    assert len(set(meeting.connections)) == 4
    assert overlapping(replies) == 4
    assert run.transcript == [reply for _, reply in sorted(enumerate(run.transcript))]


@pytest.mark.parametrize("meeting", [1], indirect=True)
def test_a_lane_keeps_its_connection_from_burst_to_burst(meeting: Meeting, run_against: Callable[..., Run]) -> None:
    run = run_against(meeting.url)
    alice = Caller(run, run.actor("alice"))
    for _ in range(3):
        at_once([partial(alice.read, "s")] * 2)
    assert len(set(meeting.connections)) == 2


@pytest.mark.parametrize("meeting", [2], indirect=True)
def test_users_behind_a_gateway_share_few_connections_and_no_cookies(
    meeting: Meeting, run_against: Callable[..., Run]
) -> None:
    run = run_against(meeting.url)
    callers = [Caller(run, run.actor(name)) for name in ("alice", "bob", "carol", "dave")]
    for _ in range(2):
        at_once([partial(caller.read, "s") for caller in callers], shared=Pool("shared", 2, shared=True))
    assert len(set(meeting.connections)) == 2
    assert set(meeting.cookies) == {None}


@pytest.mark.parametrize("meeting", [2], indirect=True)
def test_a_work_that_calls_nothing_or_fails_holds_nobody_up(meeting: Meeting, run_against: Callable[..., Run]) -> None:
    run = run_against(meeting.url)
    alice = Caller(run, run.actor("alice"))

    def fails() -> Reply:
        raise LookupError("before its call")

    calls_nothing = partial(Reply, CONTRACT, alice.read("s0").request, Answer(200))
    works: list[Callable[[], Reply]] = [partial(alice.read, "s1"), calls_nothing, fails, partial(alice.read, "s2")]
    with pytest.raises(LookupError):
        at_once(works)
    assert meeting.together == 2


@pytest.mark.parametrize("meeting", [1], indirect=True)
def test_works_can_be_held_back(meeting: Meeting, run_against: Callable[..., Run]) -> None:
    run = run_against(meeting.url)
    alice = Caller(run, run.actor("alice"))
    first, second = at_once([partial(alice.read, "s")] * 2, after=[0.0, 0.3])
    assert second.began - first.began >= 0.2


def bursts_of(run: Run) -> tuple[Bursts, Expect]:
    run.actor("alice")
    expect = Expect()
    return Bursts(run, expect, random.Random(1)), expect


@pytest.mark.parametrize("meeting", [3], indirect=True)
def test_bursts_end_with_their_budget_and_tell_how_they_overlapped(
    meeting: Meeting, run_against: Callable[..., Run]
) -> None:
    run = run_against(meeting.url)
    alice = Caller(run, run.actor("alice"))
    bursts, expect = bursts_of(run)
    for burst in bursts:
        burst(*[partial(alice.read, "s")] * burst.width)
    assert expect.observations == ["measured: 1 of 1 bursts overlapped, 3 calls at most"]


@pytest.mark.parametrize("meeting", [1], indirect=True)
def test_bursts_that_never_overlap_prove_nothing(meeting: Meeting, run_against: Callable[..., Run]) -> None:
    run = run_against(meeting.url, max_rps=4)
    alice = Caller(run, run.actor("alice"))
    bursts, _ = bursts_of(run)

    def look() -> None:
        for burst in bursts:
            burst(*[partial(alice.read, "s")] * 2)

    with pytest.raises(Unproven, match="no two calls were under way at one moment"):
        look()


def test_a_call_of_a_burst_is_sent_once(run_against: Callable[..., Run]) -> None:
    class Busy(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(503)
            self.send_header("Retry-After", "20")
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            return

    with ThreadingHTTPServer(("127.0.0.1", 0), Busy) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        run = run_against(f"http://127.0.0.1:{server.server_port}")
        alice = Caller(run, run.actor("alice"))
        begun = time.monotonic()
        replies = at_once([partial(alice.read, "s")] * 2)
        server.shutdown()
    assert all(reply.lost_a_race for reply in replies)
    assert time.monotonic() - begun < 15
