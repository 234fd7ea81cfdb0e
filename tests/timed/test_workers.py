"""Under xdist one worker has all timed checks, so that they wait together and only once."""

from __future__ import annotations

import json
import sys
from collections import Counter
from pathlib import Path

import pytest

from sessionproof.contract import load_contract
from tests.engine.documents import BUNDLED
from tests.engine.running import REFERENCE, served, subcommand

NAMES = ("a_session_is_gone_on_every_route_after_its_end", "a_session_works_on_every_route_until_its_end")
SUITES = (sys.executable, "-m", "pytest", "suites", "-p", "no:cacheprovider", "-n", "2", "-rA")


def run(folder: Path, url: str, clock: str, *arguments: str) -> tuple[int, dict[str, str], list[dict[str, str]], float]:
    """The exit code of a run with two workers, the verdicts, all calls, and how long it waited."""
    report, history = folder / "report.json", folder / "history.jsonl"
    given = {"clock": clock, "contract": "fm-session-service", "json": report, "history": history}
    options = [f"--sessionproof-{name}={value}" for name, value in given.items()]
    chosen = f"{' or '.join(NAMES)} or health"
    ended = subcommand([*SUITES, "--base-url", url, *options, "-k", chosen, *arguments])
    rows = json.loads(report.read_text(encoding="utf-8"))
    verdicts = {row["id"]: row["verdict"] for row in rows["requirements"] if row["verdict"] != "not selected"}
    calls = [json.loads(line) for line in history.read_text(encoding="utf-8").splitlines()]
    return ended.code, verdicts, [call for call in calls if "n" in call], rows["waited_s"]


def test_while_time_passes_they_are_carried_out_once_and_wait_together(tmp_path: Path) -> None:
    with served(*REFERENCE, "--minute-seconds", str(10 / 180)) as url:
        code, verdicts, calls, waited = run(tmp_path, url, "wall", "--sessionproof-life=10")
    assert (code, verdicts["EXP-01"], verdicts["EXP-02"]) == (0, "passed", "passed")
    made = Counter(call["check"] for call in calls if call["op"] == "create")
    contract = load_contract(BUNDLED)
    probes, with_words = len(contract.on_session()), len(contract.on_session(writes=False))
    assert [made[name] for name in NAMES] == [probes + with_words, probes]
    assert len({call["clock"] for call in calls if call["check"] in NAMES}) == 1
    assert 8 < waited < 20


@pytest.mark.parametrize("clock", ["control"])
def test_a_clock_that_jumps_isn_t_used_by_workers(clock: str, tmp_path: Path) -> None:
    with served(*REFERENCE, "--clock", "control") as url:
        code, verdicts, calls, waited = run(tmp_path, url, clock)
    assert (code, verdicts["EXP-01"], verdicts["EXP-02"]) == (2, "unproven", "unproven")
    assert not [call for call in calls if call["check"] in NAMES]
    assert waited == 0
