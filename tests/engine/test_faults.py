"""A sample of the reference server's faults: each fails what it breaks, and a clean server
nothing of that. `sessionproof selfcheck` is the whole of it."""

from __future__ import annotations

import random
import re

import pytest

from reference_server.faults.registry import FAULTS, Fault
from sessionproof.deployments.bundled import bundled_server
from sessionproof.requirements import load_requirements
from sessionproof.verdicts import Verdict

from .documents import ROOT
from .running import judged, verdicts

SAMPLES = {"fm-session-service": 12}
SUITES = "".join(file.read_text(encoding="utf-8") for file in (ROOT / "suites").glob("*.py"))
CHECKED = set(re.findall(r'^@requirement\("([^"]+)"', SUITES, re.MULTILINE))
BROKEN = (Verdict.FAILED, Verdict.WARNED)


def in_reach(fault: Fault, contract: str) -> bool:
    """Whether a check looks at what it breaks first, and two users are all that it takes."""
    requirement = load_requirements()[fault.breaks[0]]
    return contract in fault.contracts and requirement.id in CHECKED and requirement.means <= {"users"}


def group(fault: Fault) -> str:
    return fault.id.split("-")[1]


def sample(contract: str) -> list[Fault]:
    """Of as many groups as there is room for, and then others; the same in every run."""
    chance = random.Random(20300101)
    faults = [FAULTS[id] for id in sorted(FAULTS) if in_reach(FAULTS[id], contract)]
    chance.shuffle(faults)
    one_each = list({group(fault): fault for fault in faults}.values())
    rest = [fault for fault in faults if fault not in one_each]
    return sorted([*one_each, *rest][: SAMPLES[contract]], key=lambda fault: fault.id)


CHOSEN = {contract: sample(contract) for contract in SAMPLES}


def test_the_samples_are_of_many_groups_and_of_both_kinds() -> None:
    assert {contract: len(faults) for contract, faults in CHOSEN.items()} == SAMPLES
    assert {group(fault) for fault in CHOSEN["fm-session-service"]} >= {"EXP", "ISO", "LIF", "MSG", "RES", "SEC"}
    assert {fault.conditional for faults in CHOSEN.values() for fault in faults} == {True, False}


@pytest.mark.parametrize(
    ("contract", "fault"),
    [pytest.param(contract, fault, id=f"{contract}-{fault.id}") for contract in CHOSEN for fault in CHOSEN[contract]],
)
def test_a_fault_fails_the_requirement_that_it_breaks(contract: str, fault: Fault) -> None:
    with bundled_server(contract, "--fault", fault.id) as url:
        report = judged(url, contract=contract, only=(fault.breaks[0],), seed=1)
    assert verdicts(report)[fault.breaks[0]] in BROKEN
    (result,) = (result for result in report.results if result.requirement.id == fault.breaks[0])
    assert result.evidence[0].expected
    assert result.repeat


@pytest.mark.parametrize("contract", SAMPLES)
def test_a_clean_server_passes_all_of_these_three_times_in_a_row(contract: str) -> None:
    ids = tuple(dict.fromkeys(fault.breaks[0] for fault in CHOSEN[contract]))
    with bundled_server(contract) as url:
        for _ in range(3):
            report = judged(url, contract=contract, only=ids)
            assert verdicts(report) == {id: Verdict.PASSED for id in load_requirements() if id in ids}
            assert report.left_behind == ()
