"""Every timed check holds on the reference server by every clock, and each clock sees a life that is too long."""

from __future__ import annotations

import json
import re
import shlex
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from sessionproof.report.document import Report
from sessionproof.requirements import load_requirements
from sessionproof.verdicts import Verdict
from tests.engine.documents import ROOT
from tests.engine.running import REFERENCE, command, judged, plain_environment, served, verdicts
from tests.redis_server import RedisServer, needs

Scaled = tuple[subprocess.Popen[bytes], Path]
TIMED = tuple(row.id for row in load_requirements().values() if "clock" in row.means)
CONTRACTS = ("fm-session-service", "faultmaven", "agentic-multi-client")
BY_A_GRANULE = "F-EXP-02"  # at most a minute of three hours
TOO_LONG = "F-EXP-12"


def judge(url: str, clock: str, contract: str = CONTRACTS[0], only: tuple[str, ...] = TIMED) -> Report:
    return judged(url, clock=clock, contract=contract, only=only)


def wrong(report: Report) -> list[str]:
    """What isn't as it should be, in words."""
    fine = (Verdict.PASSED, Verdict.NOT_APPLICABLE, Verdict.NOT_SELECTED)
    return [f"{row.requirement.id} {row.verdict}: {row.reason}" for row in report.results if row.verdict not in fine]


def passed(report: Report) -> set[str]:
    return {id for id, verdict in verdicts(report).items() if verdict is Verdict.PASSED}


def undecided(report: Report) -> int:
    return sum(row.undecided for row in report.results)


@pytest.fixture(scope="module", autouse=True)
def scaled(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scaled | None]:
    """A run by which time passes, begun before the other tests of this file and waiting beside them."""
    if not any(item.name == "test_scaled" for item in request.session.items):
        yield None
        return
    file = tmp_path_factory.mktemp("scaled") / "report.json"
    only = [part for id in TIMED for part in ("--only", id)]
    arguments = command("verify", "--clock", "scaled:0.2", "--contract", CONTRACTS[0], *only, "--json", file)
    with file.with_suffix(".log").open("w") as log:
        process = subprocess.Popen(arguments, cwd=ROOT, env=plain_environment(), stdout=log, stderr=log)
    yield process, file
    process.terminate()
    process.wait(60)


@pytest.mark.parametrize(("contract", "least"), [*zip(CONTRACTS, (13, 11, 10), strict=True)])
def test_control(contract: str, least: int) -> None:
    with served(*REFERENCE, "--contract", contract, "--clock", "control") as url:
        report = judge(url, "control", contract)
    assert (wrong(report), undecided(report)) == ([], 0)
    assert len(passed(report)) >= least


@pytest.mark.parametrize("fault", [TOO_LONG, BY_A_GRANULE])
def test_control_sees_a_life_that_is_too_long(fault: str) -> None:
    with served(*REFERENCE, "--clock", "control", "--fault", fault) as url:
        assert verdicts(judge(url, "control", only=("EXP-01",)))["EXP-01"] is Verdict.FAILED


@pytest.mark.parametrize("contract", CONTRACTS)
def test_redis(contract: str, redis_server: RedisServer) -> None:
    with served(*REFERENCE, "--contract", contract, "--store", redis_server.url) as url:
        report = judge(url, f"redis:{redis_server.url},{contract}:session:*", contract)
    assert (wrong(report), undecided(report)) == ([], 0)
    assert len(passed(report)) >= 10


# Under libfaketime


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


@contextmanager
def launched(*arguments: str, zone: str = "UTC") -> Iterator[tuple[str, str]]:
    """A URL, and the clock that starts a server there."""
    needs("faketime")
    port = free_port()
    server = [sys.executable, "-m", "reference_server", "--port", str(port), *arguments]
    command = shlex.join(["env", f"TZ={zone}", f"PYTHONPATH={ROOT}", *server])
    yield f"http://127.0.0.1:{port}", f"faketime:{command}"
    with socket.socket() as gone:
        assert gone.connect_ex(("127.0.0.1", port)) != 0, "the server outlived the run"


def zones() -> dict[str, str]:
    """Zones by what is odd in them; in some of them the clocks are changed an hour from now, between two jumps."""
    then = time.gmtime(time.time() + 3600)
    day, hour = then.tm_yday - (then.tm_yday > 59 and then.tm_year % 4 == 0), f"{then.tm_hour}:{then.tm_min:02}"
    other = (day + 180) % 365 + 1
    return {
        "half hours": "Asia/Kolkata",
        "an hour is left out": f"XST0XDT,J{day}/{hour},J{other}/0",
        "an hour comes twice": f"XST1XDT,J{other}/0,J{day}/{hour}",
    }


@pytest.mark.parametrize("odd", zones())
def test_faketime_in_any_zone(odd: str) -> None:
    with launched(zone=zones()[odd]) as (url, clock):
        report = judge(url, clock)
    assert (wrong(report), undecided(report)) == ([], 0)
    assert len(passed(report)) >= 13


def test_faketime_sees_a_life_that_is_too_long() -> None:
    with launched("--fault", TOO_LONG) as (url, clock):
        assert verdicts(judge(url, clock, only=("EXP-01",)))["EXP-01"] is Verdict.FAILED


def test_faketime_moves_nothing_that_it_didn_t_start() -> None:
    with served(*REFERENCE) as url, pytest.raises(Exception, match="something listens at"):
        judge(url, "faketime:true")


# While time passes


def test_scaled(scaled: Scaled) -> None:
    process, file = scaled
    code, said = process.wait(280), file.with_suffix(".log").read_text(encoding="utf-8")
    assert code == 0, said
    assert re.search(r"waiting \d+ s for sessions to end\n", said)
    assert "(waited " in said.splitlines()[-1]
    report = json.loads(file.read_text(encoding="utf-8"))
    judged = [row for row in report["requirements"] if row["id"] in TIMED and row["verdict"] != "not applicable"]
    assert {row["verdict"] for row in judged} == {"passed"}
    assert len(judged) >= 13
    assert report["clock"] == "scaled:0.2"
    assert report["waited_s"] > 30


def test_a_wait_that_is_stopped_ends_the_run_with_what_it_has() -> None:
    only = ("--only", "EXP-01", "--only", "EXP-05", "--explore", "no")
    arguments = command("verify", "--clock", "scaled:60", "--patience", "1e6", *only)
    pipe, env = subprocess.PIPE, plain_environment()
    with subprocess.Popen(arguments, cwd=ROOT, env=env, text=True, stdout=pipe, stderr=pipe) as process:
        assert process.stderr is not None
        assert any("for sessions to end" in line for line in process.stderr)
        process.send_signal(signal.SIGINT)
        said, _ = process.communicate(timeout=120)
    assert process.returncode == 2
    assert "stopped before it was looked at (1): EXP-01" in said
    assert said.splitlines()[-1].startswith("UNPROVEN  1 passed · 1 unproven")
    assert "left behind" not in said
