"""Random walks: whatever a few users do, in whatever order, each answer is what the contract says."""

from __future__ import annotations

import pytest

from sessionproof.expect import Expect
from sessionproof.explore.exploration import JUDGED, Exploration


@pytest.mark.parametrize("requirement", [pytest.param(id, marks=pytest.mark.requirement(id), id=id) for id in JUDGED])
def it_holds_wherever_walks_lead(requirement: str, exploration: Exploration, expect: Expect) -> None:
    exploration.judge(requirement, expect)
