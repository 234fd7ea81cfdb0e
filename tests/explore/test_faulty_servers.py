"""Walks on real servers: faults are found, made small and repeated; a server without faults has none."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from sessionproof.explore.as_test import as_test
from sessionproof.explore.campaign import Budget, Campaign
from sessionproof.prepare import prepare
from sessionproof.requirements import load_requirements
from sessionproof.settings import Settings
from tests.engine.running import REFERENCE, served

CLEAN = Budget(requests=300, seconds=60.0)
FAULTY = Budget(requests=10_000, seconds=300.0, smaller=60.0)  # until what is wanted is found


@contextmanager
def explored(
    contract: str, *faults: str, wanted: tuple[str, ...] = (), seed: int = 1
) -> Iterator[tuple[Campaign, str]]:
    """What walks found on a server with these faults, while it is still there."""
    given = [word for fault in faults for word in ("--fault", fault)]
    with served(*REFERENCE, "--contract", contract, "--clock", "control", *given) as url:
        run = prepare(Settings(base_url=url, contract=contract, clock="control", seed=seed)).run
        try:
            campaign = Campaign(run, frozenset(wanted or load_requirements()), FAULTY if wanted else CLEAN)
            campaign.explore()
            yield campaign, url
        finally:
            run.clean_up()
            run.sender.close()
            assert run.clock is not None
            run.clock.close()


def pytest_on(url: str, test: str, folder: Path) -> subprocess.CompletedProcess[str]:
    (folder / "conftest.py").write_text('pytest_plugins = ["sessionproof.plugin"]\n')
    (folder / "test_explored.py").write_text(test)
    command = [sys.executable, "-m", "pytest", "-q", "-pno:cacheprovider", "--base-url", url, "--rootdir", str(folder)]
    command += ["--sessionproof-contract=fm-session-service", "--sessionproof-clock=control", str(folder)]
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST", "SESSIONPROOF"))}
    return subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, timeout=120, check=False
    )


@pytest.mark.parametrize("contract", ["fm-session-service", "faultmaven", "agentic-multi-client"])
def test_nothing_is_found_where_nothing_is_wrong(contract: str) -> None:
    with explored(contract) as (campaign, _):
        assert campaign.found == {}
        assert campaign.walks > 1
        assert len(campaign.held) > 15


def test_a_fault_is_found_made_small_and_shown_again_as_a_test(tmp_path: Path) -> None:
    with explored("fm-session-service", "F-RES-05", wanted=("RES-05",)) as (campaign, url):
        found = campaign.found["RES-05"]
        assert found.again
        assert len(found.steps) <= 4
        reply = found.violation.reply
        assert reply is not None
        test = as_test("RES-05", found.walk, found.test, reply)
        assert found.walk.cast.tag not in test
        broken = pytest_on(url, test, tmp_path)
        assert broken.returncode == 1, broken.stdout + broken.stderr
        assert "RES-05: Two users who send the same client id" in broken.stdout
    with served(*REFERENCE, "--contract", "fm-session-service", "--clock", "control") as url:
        clean = pytest_on(url, test, tmp_path)
        assert "1 passed" in clean.stdout, clean.stdout + clean.stderr


def test_what_breaks_is_replayed_from_its_steps() -> None:
    with explored("fm-session-service", "F-LIF-02", wanted=("LIF-04",)) as (campaign, _):
        found = campaign.found["LIF-04"]
        campaign.claims.muted.clear()
        again = campaign.replay(found.steps)
        assert again is not None
        assert again.requirement == "LIF-04"
