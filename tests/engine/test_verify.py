"""`sessionproof verify` from end to end: what it starts it stops, and all that it writes agrees."""

from __future__ import annotations

import json
import re
import socket
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from xml.etree import ElementTree

import pytest

from sessionproof.deployments.bundled import bundled_server
from sessionproof.effort import Effort
from sessionproof.errors import TargetError
from sessionproof.verdicts import Exit, Verdict

from .documents import ROOT
from .running import REFERENCE, judged, reference_server, said, served, verdicts

BASELINE = ROOT / "reference_server" / "baselines" / "fm-session-service.toml"


def listens(url: str) -> bool:
    address = urlsplit(url)
    try:
        socket.create_connection((str(address.hostname), int(address.port or 0)), timeout=10).close()
    except ConnectionRefusedError:
        return False
    return True


# The bundled server


def test_the_bundled_server_lives_as_long_as_its_block() -> None:
    with bundled_server("fm-session-service") as url:
        assert listens(url)
    assert not listens(url)
    with pytest.raises(ZeroDivisionError), bundled_server("fm-session-service") as url:
        raise ZeroDivisionError
    assert not listens(url)


def test_a_bundled_server_that_does_not_start_says_why() -> None:
    with (
        pytest.raises(TargetError, match=r"didn't start: .*--contract must be one of") as raised,
        bundled_server("nope"),
    ):
        pass
    assert len(str(raised.value).splitlines()) == 1


def test_without_a_url_the_bundled_server_is_judged_and_stopped(tmp_path: Path) -> None:
    unsettling = {
        "PORT": "x",
        "REDIS_URL": "x",
        "SESSION_TTL_MINUTES": "x",
        "MAX_SESSION_TTL_MINUTES": "x",
        "LOG_LEVEL": "x",
    }
    (tmp_path / "conftest.py").write_text("raise RuntimeError('picked up')\n", encoding="utf-8")
    (tmp_path / "pytest.ini").write_text("[pytest]\naddopts = --nonsense\n", encoding="utf-8")
    ended = said("verify", "--only", "RES-01", "-q", folder=tmp_path, PYTEST_ADDOPTS="--nonsense", **unsettling)
    assert (ended.code, ended.err) == (0, "")
    assert ended.out.splitlines()[-1].startswith("PROVEN  1 passed")
    (url,) = re.findall(r"^http://\S+", ended.out)
    assert not listens(url)
    assert {file.name for file in tmp_path.iterdir()} == {"conftest.py", "pytest.ini"}


# Whole runs


@pytest.fixture(scope="module")
def clean() -> Iterator[str]:
    with reference_server() as url:
        yield url


def test_a_quick_run_proves_the_reference_server_in_less_than_1000_requests(tmp_path: Path) -> None:
    history = tmp_path / "h.jsonl"
    with served(*REFERENCE, "--clock", "control") as url:
        report = judged(url, effort=Effort.QUICK, baseline=BASELINE, history=history, clock="control")
    assert report.exit is Exit.PROVEN
    assert report.contract == "fm-session-service"
    assert report.recognised
    assert report.summary["passed"] >= 40
    assert report.requests < 1000
    assert report.left_behind == report.stale == ()
    assert len(history.read_bytes().splitlines()) == 1 + report.requests


def test_given_users_prove_as_much_as_invented_ones(clean: str) -> None:
    users = tuple(f"{name}=X-User-ID:{name}-1" for name in ("alice", "bob", "carol"))
    for _ in range(2):
        report = judged(clean, contract="fm-session-service", effort=Effort.QUICK, baseline=BASELINE, user=users)
        wrong = [result for result in report.results if result.verdict in (Verdict.FAILED, Verdict.ERROR)]
        assert [f"{result.requirement.id}: {result.reason}" for result in wrong] == []
        assert report.left_behind == ()


@pytest.mark.parametrize(
    ("only", "faults", "code", "word"),
    [
        (("LIF-01", "RES-01"), (), Exit.PROVEN, "PROVEN"),
        (("LIF-01", "RES-01"), ("F-RES-01",), Exit.FAILED, "FAILED"),
        (("LIF-01", "EXP-01"), (), Exit.UNPROVEN, "UNPROVEN"),
        (("CAS-01",), (), Exit.UNPROVEN, "UNPROVEN"),
    ],
)
def test_everything_that_is_written_agrees(
    only: tuple[str, ...],
    faults: tuple[str, ...],
    code: Exit,
    word: str,
    clean: str,
    tmp_path: Path,
) -> None:
    files = {name: tmp_path / name for name in ("json", "junit", "html", "history")}
    options = [part for name, file in files.items() for part in (f"--{name}", str(file))]
    options += [part for id in only for part in ("--only", id)]
    with ExitStack() as stack:
        url = stack.enter_context(reference_server(*faults)) if faults else clean
        ended = said("verify", url, "--contract", "fm-session-service", "--seed", "7", "-q", *options, folder=tmp_path)
    assert (ended.code, ended.err) == (code, "")
    assert ended.out.splitlines()[-1].startswith(word)
    assert ended.out.splitlines()[-1].endswith(f"exit {int(code)}")
    document: dict[str, Any] = json.loads(files["json"].read_text(encoding="utf-8"))
    assert (document["exit_code"], document["seed"], document["contract"]) == (code, 7, "fm-session-service")
    judged_now = {row["id"]: row["verdict"] for row in document["requirements"] if row["verdict"] != "not selected"}
    assert set(judged_now) == set(only)
    junit = ElementTree.parse(files["junit"]).getroot()
    red = sum(int(junit.get(name, "0")) for name in ("failures", "errors"))
    assert red == sum(verdict in ("failed", "error", "unproven") for verdict in judged_now.values())
    page = files["html"].read_text(encoding="utf-8")
    assert all(id in page for id in only)
    assert f"{document['requests']:,} request" in ended.out.splitlines()[-1]
    lines = [json.loads(line) for line in files["history"].read_bytes().splitlines()]
    assert (lines[0]["seed"], lines[0]["target"]) == (7, url)
    assert len(lines) == 1 + document["requests"]


def test_progress_is_on_stderr_and_quiet_has_none(clean: str, tmp_path: Path) -> None:
    call = ("verify", clean, "--contract", "fm-session-service", "--only", "RES-01")
    shown, quiet = said(*call, folder=tmp_path), said(*call, "-q", folder=tmp_path)
    assert "resumption" in shown.err
    assert "walks: 1,000 requests at the most" in shown.err
    assert quiet.err == ""
    assert shown.out.count("\n") == quiet.out.count("\n")


def odd_texts_sent(url: str, folder: Path, seed: int) -> list[Any]:
    file = folder / "h.jsonl"
    judged(url, contract="fm-session-service", only=("MSG-04",), effort=Effort.QUICK, seed=seed, history=file)
    events = [json.loads(line) for line in file.read_bytes().splitlines()[1:]]
    return [event["sent"]["content"] for event in events if event["op"] == "add_message"]


def test_a_seed_repeats_the_chances_of_a_run(clean: str, tmp_path: Path) -> None:
    first, second, other = (odd_texts_sent(clean, tmp_path, seed) for seed in (1, 1, 2))
    assert first == second != []
    assert other != first


def test_a_second_run_finds_the_target_as_the_first_one_did(clean: str) -> None:
    found = [verdicts(judged(clean, contract="fm-session-service", only=("LIF-06", "ISO-03"))) for _ in range(2)]
    assert found[0] == found[1] == {"LIF-06": Verdict.PASSED, "ISO-03": Verdict.PASSED}
