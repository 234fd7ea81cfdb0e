"""The harness recognises each contract that is served, and finds nothing wrong with it."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from reference_server.routes import CONTRACTS
from sessionproof.deployments.bundled import bundled_server
from tests.redis_server import RedisServer

ROOT = Path(__file__).parents[2]


def verified(url: str, file: Path, *ends: int) -> Any:
    """The report of a run that proved what it could, or that ended with one of these codes."""
    command = [sys.executable, "-m", "sessionproof", "verify", url, "--effort", "quick", "--json", str(file)]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)
    assert ended.returncode in (0, 2, *ends), ended.stdout[-3000:] + ended.stderr[-3000:]
    return json.loads(file.read_text(encoding="utf-8"))


@pytest.mark.parametrize("contract", CONTRACTS)
def test_each_contract_is_recognised_and_kept_wherever_sessions_are(
    contract: str, redis_server: RedisServer, tmp_path: Path
) -> None:
    verdicts = []
    for store in ("memory", redis_server.url):
        with bundled_server(contract, "--store", store) as url:
            report = verified(url, tmp_path / "report.json")
        assert report["contract"] == contract
        assert {row["verdict"] for row in report["requirements"]} <= UNBROKEN
        verdicts.append({row["id"]: row["verdict"] for row in report["requirements"]})
    assert verdicts[0] == verdicts[1]


def test_a_proxy_keeps_the_contract_of_its_server(tmp_path: Path) -> None:
    contract = "agentic-multi-client"
    with bundled_server(contract) as main, bundled_server(contract, "--proxy-for", main, "--client", "3") as url:
        report = verified(url, tmp_path / "report.json", 1)
    assert report["contract"] == contract
    # LIF-08 says that a first chat without an id makes a new session. A proxy goes on in its client's current one
    # instead, which is what it is for; the contract is its server's.
    assert {row["verdict"] for row in report["requirements"] if row["id"] != "LIF-08"} <= UNBROKEN


UNBROKEN = {"passed", "unproven", "not applicable", "not selected"}
