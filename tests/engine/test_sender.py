"""The sender ends every call within its time and size, says why one failed, and sends exactly what it was told."""

from __future__ import annotations

import asyncio
import gzip
import socket
from collections.abc import Iterator
from contextlib import closing, contextmanager
from itertools import pairwise
from types import SimpleNamespace

import pytest

from sessionproof import pace
from sessionproof import sender as sending
from sessionproof.actors import Actor
from sessionproof.contract.model import Binding
from sessionproof.pace import Pace
from sessionproof.sender import Sender
from sessionproof.wire import Answer, Request

from .raw_server import Behaviour, RawServer, raw_server, whole

PROBE = Binding("probe", "GET", "/x", {}, {}, {})
SHORT = 0.4  # seconds after which a call is given up, where nothing else ends it
NEVER = 60.0  # seconds that no test waits


def request(
    target: str = "/x",
    method: str = "GET",
    headers: tuple[tuple[str, str], ...] = (),
    content: bytes = b"",
    actor: str = "alice",
) -> Request:
    return Request(PROBE, Actor(actor, None), method, target, headers, content, {})


@contextmanager
def sender_to(url: str, timeout: float = NEVER, max_rps: float | None = None) -> Iterator[Sender]:
    made = Sender(url, timeout=timeout, max_rps=max_rps)
    try:
        yield made
    finally:
        made.close()


def answer_from(behave: Behaviour, timeout: float = NEVER) -> Answer:
    with raw_server(behave) as server, sender_to(server.url, timeout) as sender:
        return sender.wait_for(sender.send(request()))[0]


# Targets that don't behave


def hangs(server: RawServer, connection: socket.socket) -> bool:
    server.ended.wait()
    return False


def hangs_after_its_headers(server: RawServer, connection: socket.socket) -> bool:
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n")
    server.ended.wait()
    return False


def hangs_within_its_headers(server: RawServer, connection: socket.socket) -> bool:
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-")
    server.ended.wait()
    return False


def drips_its_body(server: RawServer, connection: socket.socket) -> bool:
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
    while not server.ended.wait(SHORT / 10):
        connection.sendall(b"x")
    return False


def drips_its_headers(server: RawServer, connection: socket.socket) -> bool:
    connection.sendall(b"HTTP/1.1 200 OK\r\n")
    while not server.ended.wait(SHORT / 10):
        connection.sendall(b"X-Drip: x\r\n")
    return False


@pytest.mark.parametrize(
    "behave", [hangs, hangs_after_its_headers, hangs_within_its_headers, drips_its_body, drips_its_headers]
)
def test_a_call_is_given_up_as_a_whole_however_it_goes_on(behave: Behaviour) -> None:
    answer = answer_from(behave, SHORT)
    assert (answer.status, answer.content) == (None, b"")
    assert answer.failure in (f"no complete answer within {SHORT:g} s", "no answer in time")


def sends(content: bytes) -> Behaviour:
    def behave(server: RawServer, connection: socket.socket) -> bool:
        connection.sendall(content)
        return False

    return behave


HEAD = b"HTTP/1.1 200 OK\r\n"
BROKEN = {
    "closes at once": (b"", "not HTTP, or cut off"),
    "closes within its headers": (HEAD + b"Content-Le", "not HTTP, or cut off"),
    "closes within its body": (HEAD + b"Content-Length: 10\r\n\r\nabc", "not HTTP, or cut off"),
    "speaks no HTTP": (b"220 mail.example ESMTP ready\r\n", "not HTTP, or cut off"),
    "speaks bytes": (b"\x16\x03\x01\x00\xff\x00" * 100, "not HTTP, or cut off"),
    "sends two lengths": (HEAD + b"Content-Length: 1\r\nContent-Length: 2\r\n\r\nab", "not HTTP, or cut off"),
    "sends bad chunks": (HEAD + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n", "not HTTP, or cut off"),
    "sends an endless header": (HEAD + b"X: " + b"y" * 300_000, "not HTTP, or cut off"),
    "says gzip and isn't": (HEAD + b"Content-Encoding: gzip\r\nContent-Length: 3\r\n\r\nabc", "DecodingError"),
}


@pytest.mark.parametrize(("content", "words"), BROKEN.values(), ids=BROKEN)
def test_what_is_no_answer_is_a_failure_in_words(content: bytes, words: str) -> None:
    answer = answer_from(sends(content))
    assert answer.status is None
    assert answer.failure.startswith(words)
    assert len(answer.failure.splitlines()) == 1


def test_a_huge_answer_is_given_up_at_its_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sending, "_LARGEST", 2**20)

    def endless(server: RawServer, connection: socket.socket) -> bool:
        connection.sendall(HEAD + b"\r\n")
        while not server.ended.is_set():
            connection.sendall(b"x" * 65536)
        return False

    answer = answer_from(endless)
    assert answer.status is None
    assert answer.failure.endswith("the answer is larger than 1 MiB")


def test_an_answer_that_unpacks_to_something_huge_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sending, "_LARGEST", 2**20)
    packed = gzip.compress(bytes(8 * 2**20))
    answer = answer_from(sends(whole(packed, "200 OK", "Content-Encoding: gzip")))
    assert answer.failure.endswith("the answer is larger than 1 MiB")


def test_an_answer_of_just_the_limit_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sending, "_LARGEST", 1000)
    assert answer_from(sends(whole(b"x" * 1000))).content == b"x" * 1000


def test_nobody_there() -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as taken:
        url = f"http://127.0.0.1:{taken.getsockname()[1]}"
    with sender_to(url) as sender:
        answer, start, end = sender.wait_for(sender.send(request()))
    assert answer.status is None
    assert answer.failure.startswith("can't connect (")
    assert start <= end


@pytest.mark.parametrize(
    "url", ["http://no-such-host.invalid", "http://127.0.0.1:1/\x00", "http://[::1", "http://exa mple"]
)
def test_a_url_that_leads_nowhere_is_a_failure_too(url: str) -> None:
    with sender_to(url) as sender:
        answer = sender.wait_for(sender.send(request()))[0]
    assert answer.status is None
    assert answer.failure


@pytest.mark.parametrize(
    "odd",
    [
        request("/a b"),
        request("/x", headers=(("X-A", "line\nbreak"),)),
        request("/x", headers=(("X A", "1"),)),
        request("/x", method="G T"),
        request("/x", headers=(("X-\u00e9\ud800", "1"),)),
    ],
    ids=["space in the target", "line break in a header", "space in a name", "space in the method", "half a character"],
)
def test_what_can_not_be_sent_is_a_failure_and_no_exception(odd: Request) -> None:
    with raw_server(lambda server, connection: False) as server, sender_to(server.url) as sender:
        answer = sender.wait_for(sender.send(odd))[0]
    assert answer.status is None
    assert answer.failure
    assert server.requests == []


def test_one_call_that_fails_spoils_no_other() -> None:
    seen: list[int] = []

    def every_second_closes(server: RawServer, connection: socket.socket) -> bool:
        seen.append(1)
        if len(seen) % 2:
            return False
        connection.sendall(whole())
        return True

    with raw_server(every_second_closes) as server, sender_to(server.url) as sender:
        statuses = [sender.wait_for(sender.send(request()))[0].status for _ in range(6)]
    assert statuses == [None, 200] * 3


# What is received


def test_everything_of_an_answer_comes_through() -> None:
    body = "\u00e9".encode()
    answer = answer_from(sends(whole(body, "418 Teapot", "X-A: 1", "x-a: 2", "X-Odd: \u00e9")))
    assert (answer.status, answer.content, answer.failure) == (418, body, "")
    assert [pair for pair in answer.headers if pair[0].lower() == "x-a"] == [("X-A", "1"), ("x-a", "2")]


@pytest.mark.parametrize("status", ["301 M", "302 F", "303 S", "307 T", "308 P"])
def test_redirects_are_not_followed(status: str) -> None:
    with raw_server(sends(whole(b"", status, "Location: /elsewhere"))) as server, sender_to(server.url) as sender:
        answer = sender.wait_for(sender.send(request()))[0]
    assert answer.status == int(status[:3])
    assert ("Location", "/elsewhere") in answer.headers
    assert len(server.requests) == 1


# What is sent


def sent(*requests: Request, base: str = "") -> list[bytes]:
    """What arrives, of requests that are answered."""

    def answers(server: RawServer, connection: socket.socket) -> bool:
        connection.sendall(whole())
        return True

    with raw_server(answers) as server, sender_to(server.url + base) as sender:
        for one in requests:
            assert sender.wait_for(sender.send(one))[0].status == 200
        return server.requests


@pytest.mark.parametrize(
    "target",
    [
        "/a%2Fb/../c/./d//e?x=%20&y=a+b&x=%C3%A9",
        "/%00%ff%FF",
        "/..%2f..%2fetc",
        "/'\"<>{}|\\^`",
        "//double",
        "/?",
        "/#fragment",
        "/" + "a" * 8000,
    ],
)
def test_the_target_arrives_byte_for_byte(target: str) -> None:
    (arrived,) = sent(request(target))
    assert arrived.split(b"\r\n")[0] == f"GET {target} HTTP/1.1".encode()


def test_the_path_of_the_base_url_stands_before_the_target() -> None:
    (arrived,) = sent(request("/s/a%2Fb"), base="/api/v1/")
    assert arrived.startswith(b"GET /api/v1/s/a%2Fb HTTP/1.1\r\n")


def test_headers_arrive_as_they_are_in_their_order_and_twice() -> None:
    headers = (("X-User", "a"), ("X-User", "b"), ("x-ODD", "z\u00f6 \U0001f600"), ("X-Empty", ""), ("Accept", "text/x"))
    (arrived,) = sent(request(headers=headers))
    lines = arrived.partition(b"\r\n\r\n")[0].split(b"\r\n")[1:]
    pairs = [(name, value.strip()) for name, _, value in (line.partition(b":") for line in lines)]
    mine = [(name.encode(), value.encode()) for name, value in headers]
    assert [pair for pair in pairs if pair in mine] == mine
    names = [name.lower() for name, _ in pairs]
    assert names.count(b"accept") == 1
    assert names.count(b"host") == 1


def test_a_body_arrives_byte_for_byte_with_its_length() -> None:
    content = bytes(range(256)) * 10
    (arrived,) = sent(request(method="POST", headers=(("Content-Type", "text/odd"),), content=content))
    head, _, body = arrived.partition(b"\r\n\r\n")
    assert body == content
    assert f"Content-Length: {len(content)}".encode() in head
    assert head.lower().count(b"content-type:") == 1


def test_a_body_goes_with_any_method() -> None:
    (arrived,) = sent(request(method="GET", content=b"{}"))
    assert arrived.endswith(b"\r\n\r\n{}")


def test_no_cookie_goes_from_one_call_to_another_actors() -> None:
    def sets_a_cookie(server: RawServer, connection: socket.socket) -> bool:
        connection.sendall(whole(b"{}", "200 OK", "Set-Cookie: sid=1; Path=/"))
        return True

    with raw_server(sets_a_cookie) as server, sender_to(server.url) as sender:
        for actor in ("alice", "bob", "bob"):
            sender.wait_for(sender.send(request(actor=actor)))
        assert server.connections == 2, "nor does a connection"
    assert [b"cookie" in arrived.lower() for arrived in server.requests[:2]] == [False, False]


def test_proxies_of_the_environment_are_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    assert len(sent(request())) == 1


# Waiting when asked to


class Waits:
    """asyncio.sleep that takes no time, and what it was asked for; a clock that goes on by just that."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.asked: list[float] = []
        self.now = 1000.0
        real = asyncio.sleep

        async def sleep(seconds: float) -> None:
            if seconds:
                self.asked.append(seconds)
                self.now += seconds
            await real(0)

        monkeypatch.setattr(asyncio, "sleep", sleep)
        monkeypatch.setattr(pace, "time", SimpleNamespace(monotonic=lambda: self.now))


def answers(*contents: bytes) -> Behaviour:
    remaining = list(contents)

    def behave(server: RawServer, connection: socket.socket) -> bool:
        connection.sendall(remaining.pop(0) if len(remaining) > 1 else remaining[0])
        return True

    return behave


@pytest.mark.parametrize("status", ["429 Too Many Requests", "503 Service Unavailable"])
def test_a_short_wait_is_waited_out(status: str, monkeypatch: pytest.MonkeyPatch) -> None:
    busy, waits = whole(b"", status, "Retry-After: 3"), Waits(monkeypatch)
    with raw_server(answers(busy, busy, whole(b"done"))) as server, sender_to(server.url) as sender:
        answer = sender.wait_for(sender.send(request(method="POST", content=b"x")))[0]
    assert (answer.status, answer.content) == (200, b"done")
    assert waits.asked == [3.0, 3.0]
    assert len(set(server.requests)) == 1
    assert len(server.requests) == 3


@pytest.mark.parametrize(
    ("value", "waited"),
    [
        ("31", []),
        ("20", [20.0]),
        ("9", [9.0, 9.0, 9.0]),
        ("1" + "0" * 400, []),
        ("Fri, 31 Dec 2099 23:59:59 GMT", []),
        ("-1", []),
        ("soon", []),
        ("", []),
    ],
)
def test_a_long_wait_is_given_up_and_the_refusal_is_the_answer(
    value: str, waited: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    waits = Waits(monkeypatch)
    with raw_server(answers(whole(b"", "429 T", f"Retry-After: {value}"))) as server, sender_to(server.url) as sender:
        assert sender.wait_for(sender.send(request()))[0].status == 429
    assert waits.asked == waited
    assert len(server.requests) == len(waited) + 1


@pytest.mark.parametrize("status", ["200 OK", "404 N", "500 E"])
def test_nobody_waits_without_a_refusal_to_serve(status: str, monkeypatch: pytest.MonkeyPatch) -> None:
    waits = Waits(monkeypatch)
    with raw_server(answers(whole(b"", status, "Retry-After: 1"))) as server, sender_to(server.url) as sender:
        assert sender.wait_for(sender.send(request()))[0].status == int(status[:3])
    assert waits.asked == []


def test_a_wait_of_nothing_is_a_short_one(monkeypatch: pytest.MonkeyPatch) -> None:
    waits = Waits(monkeypatch)
    with raw_server(answers(whole(b"", "429 T", "Retry-After: 0"), whole())) as server, sender_to(server.url) as sender:
        assert sender.wait_for(sender.send(request()))[0].status == 200
    assert waits.asked == [0.1]


def test_at_most_so_many_requests_a_second(monkeypatch: pytest.MonkeyPatch) -> None:
    waits = Waits(monkeypatch)
    moments: list[float] = []

    async def callers() -> None:
        turns = Pace(4.0)
        for _ in range(12):
            await turns.turn()
            moments.append(waits.now)
        waits.now += 10.0  # a long rest gives no right to a burst
        for _ in range(3):
            await turns.turn()
            moments.append(waits.now)

    asyncio.run(callers())
    gaps = [later - earlier for earlier, later in pairwise(moments)]
    assert gaps == [0.25] * 11 + [10.0] + [0.25] * 2


def test_turns_of_callers_at_the_same_moment_are_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    waits = Waits(monkeypatch)

    async def callers() -> None:
        turns = Pace(2.0)
        await asyncio.gather(*(turns.turn() for _ in range(4)))

    asyncio.run(callers())
    assert len(waits.asked) == 3
    assert sum(sorted(waits.asked)) >= 0.5 * 3


def test_without_a_limit_nobody_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    waits = Waits(monkeypatch)
    asyncio.run(Pace(None).turn())
    assert waits.asked == []


def test_the_sender_keeps_the_pace(monkeypatch: pytest.MonkeyPatch) -> None:
    waits = Waits(monkeypatch)
    with raw_server(answers(whole())) as server, sender_to(server.url, max_rps=10.0) as sender:
        for _ in range(5):
            sender.wait_for(sender.send(request()))
    assert len(server.requests) == 5
    assert len(waits.asked) == 4
    assert sum(waits.asked) == pytest.approx(0.4)


def test_closing_twice_is_fine_and_ends_the_thread() -> None:
    sender = Sender("http://127.0.0.1:9")
    sender.close()
    sender.close()
    assert not sender._thread.is_alive()
