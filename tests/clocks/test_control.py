"""The test clock of a deployment: it is moved by as much as it says, and its failures end the run with a reason."""

from __future__ import annotations

import json
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx
import pytest

from sessionproof.clocks import ClockError, clock_named
from sessionproof.clocks.control import Control
from sessionproof.effort import Effort
from sessionproof.verdicts import Exit, Verdict
from tests.engine.running import REFERENCE, judged, plain_environment, served, verdicts


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with served(*REFERENCE, "--clock", "control") as url:
        yield url


def advanced(url: str) -> float:
    return float(httpx.get(f"{url}/_test/clock").json()["advanced_seconds"])


def test_the_deployment_is_later_by_as_much_as_the_clock_says(url: str) -> None:
    clock, before = clock_named("control", url, 5.0), advanced(url)
    started = clock.now()
    clock.jump(12.5)
    clock.jump(0.001)
    assert advanced(url) - before == pytest.approx(12.501)
    assert clock.now() - started >= 12.501
    assert clock.shift == pytest.approx(advanced(url))
    clock.close()


def test_a_run_knows_how_far_it_was_moved_before(url: str) -> None:
    clock = Control(url, timeout=5.0)
    clock.jump(3600)
    assert Control(url, timeout=5.0).shift == pytest.approx(advanced(url))
    report = judged(url, clock="control", effort=Effort.QUICK, only=("LIF-02", "EXP-03"))
    assert report.exit is Exit.PROVEN, "the Date of its answers is the system's, their times are the clock's"


def test_a_clock_that_goes_no_further_says_so(url: str) -> None:
    with pytest.raises(ClockError, match=r"POST .*/_test/clock answered 4"):
        Control(url, timeout=5.0).jump(1e300)


def test_its_line_of_shell_moves_it(url: str) -> None:
    before = advanced(url)
    line = clock_named("control", url, 5.0).in_shell(42.0)
    subprocess.run(["bash", "-c", f"URL={url}\n{line}"], check=True, env=plain_environment())
    assert advanced(url) - before == pytest.approx(42.0)


@contextmanager
def listening(handler: type[BaseHTTPRequestHandler]) -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()


@contextmanager
def answering(body: bytes) -> Iterator[str]:
    """A server that gives this answer to everything."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            """Nothing."""

    with listening(Handler) as url:
        yield url


@pytest.mark.parametrize(
    ("body", "shift"),
    [(b"", 0.0), (b"ok", 0.0), (b"[]", 0.0), (b'{"advanced_seconds": "x"}', 0.0), (b'{"advanced_seconds": 7.5}', 7.5)],
)
def test_what_another_server_says_of_its_clock(body: bytes, shift: float) -> None:
    with answering(body) as url:
        assert Control(url, timeout=5.0).shift == shift


def test_a_clock_that_is_gone_in_the_middle_is_an_error_not_a_failure(tmp_path: Path) -> None:
    report = tmp_path / "report.json"
    with served(*REFERENCE, "--clock", "control") as url, stuck(url) as between:
        told = judged(between, clock="control", contract="fm-session-service", only=("EXP-01", "EXP-02"), json=report)
    assert told.exit is Exit.TARGET
    assert set(verdicts(told).values()) == {Verdict.ERROR}
    reasons = {row["reason"] for row in json.loads(report.read_text())["requirements"] if row["verdict"] == "error"}
    assert reasons == {f"--clock control: POST {between}/_test/clock answered 500"}


@contextmanager
def stuck(url: str) -> Iterator[str]:
    """Passes everything on to `url` but the jumps, which it fails."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def pass_on(self) -> None:
            content = self.rfile.read(int(self.headers.get("Content-Length", "0")))
            if self.path == "/_test/clock" and self.command == "POST":
                self.give(500, b"")
                return
            headers = {name: value for name, value in self.headers.items() if name.lower() != "host"}
            answer = httpx.request(self.command, url + self.path, headers=headers, content=content)
            self.give(answer.status_code, answer.content)

        def give(self, status: int, content: bytes) -> None:
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            if status != 204:
                self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = pass_on  # noqa: N815

        def log_message(self, format: str, *args: object) -> None:
            """Nothing."""

    with listening(Handler) as address:
        yield address
