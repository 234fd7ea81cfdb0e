"""A sample of the reference server's faults: each fails what it breaks, and a clean server nothing of that."""

from __future__ import annotations

import random
import re

import pytest

from reference_server.faults.registry import FAULTS, Fault
from sessionproof.requirements import load_requirements
from sessionproof.verdicts import Verdict

from .documents import ROOT
from .running import judged, reference_server, verdicts

CONTRACT, SAMPLE = "fm-session-service", 12
SUITES = "".join(file.read_text(encoding="utf-8") for file in (ROOT / "suites").glob("*.py"))
CHECKED = set(re.findall(r'^@requirement\("([^"]+)"', SUITES, re.MULTILINE))
BROKEN = (Verdict.FAILED, Verdict.WARNED)


def in_reach(fault: Fault) -> bool:
    """Whether a check looks at what it breaks first, and two users are all that it takes."""
    requirement = load_requirements()[fault.breaks[0]]
    return CONTRACT in fault.contracts and requirement.id in CHECKED and requirement.means <= {"users"}


def sample() -> list[Fault]:
    """One of every group, and others up to a dozen; the same in every run."""
    chance = random.Random(20300101)
    faults = [FAULTS[id] for id in sorted(FAULTS) if in_reach(FAULTS[id])]
    groups = {fault.id.split("-")[1]: [other for other in faults if other.id[:5] == fault.id[:5]] for fault in faults}
    chosen = [chance.choice(group) for group in groups.values()]
    rest = [fault for fault in faults if fault not in chosen]
    return sorted(chosen + chance.sample(rest, SAMPLE - len(chosen)), key=lambda fault: fault.id)


CHOSEN = sample()


def test_the_sample_is_of_every_group_and_of_both_kinds() -> None:
    assert len(CHOSEN) == SAMPLE
    assert {fault.id.split("-")[1] for fault in CHOSEN} == {"EXP", "ISO", "LIF", "MSG", "RES", "SEC"}
    assert {fault.conditional for fault in CHOSEN} == {True, False}


@pytest.mark.parametrize("fault", CHOSEN, ids=lambda fault: fault.id)
def test_a_fault_fails_the_requirement_that_it_breaks(fault: Fault) -> None:
    with reference_server(fault.id) as url:
        report = judged(url, contract=CONTRACT, only=(fault.breaks[0],), seed=1)
    assert verdicts(report)[fault.breaks[0]] in BROKEN
    (result,) = (result for result in report.results if result.requirement.id == fault.breaks[0])
    assert result.evidence[0].expected
    assert result.repeat


def test_a_clean_server_passes_all_of_these_three_times_in_a_row() -> None:
    ids = tuple(dict.fromkeys(fault.breaks[0] for fault in CHOSEN))
    with reference_server() as url:
        for _ in range(3):
            report = judged(url, contract=CONTRACT, only=ids)
            assert verdicts(report) == {id: Verdict.PASSED for id in load_requirements() if id in ids}
            assert report.left_behind == ()
