"""A history that lacks some calls: whatever those were, no right implementation is accused."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import replace
from typing import Any

import pytest

from sessionproof.model import Outcome, Seen, judge

from .compare import KINDS
from .story import RULES, history
from .test_anomalies import STORIES

_HISTORIES = 3000
_SURE = {"resurrected", "mistaken", "reissued", "intruder", "leak"}
_SURE_WITHOUT_CLEAR = {"fork", "lost", "stale", "disorder"}


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_left_of_a_right_history_is_right(kind: str) -> None:
    world, outcomes = KINDS[kind], Counter[Outcome]()
    rules = replace(world.RULES, part=True)
    for seed in range(_HISTORIES):
        found = judge(_part(world, seed), rules)
        assert not found.anomalies, f"seed {seed}: {found.anomalies[0].sentence}"
        outcomes[found.outcome] += 1
    assert outcomes[Outcome.LEGAL] > _HISTORIES // 4, "not everything is left undecided"
    accused = sum(bool(judge(_part(world, seed), world.RULES).anomalies) for seed in range(_HISTORIES // 10))
    assert accused, "taken for a whole history, such a part accuses"


def _part(world: Any, seed: int) -> list[Seen]:
    """Three fifths of a right history."""
    chance = random.Random(seed)
    return [event for event in world.events_of(world.history(chance)) if chance.random() < 0.6]


@pytest.mark.parametrize("clears", [True, False])
@pytest.mark.parametrize("told", STORIES)
def test_only_what_no_missing_call_explains_is_told(told: str, clears: bool) -> None:
    name, requirement = told.split()
    sure = name in _SURE or (name in _SURE_WITHOUT_CLEAR and not clears) or told == "undead RES-08"
    story, _ = STORIES[told]
    found = judge(history(story), replace(RULES, part=True, clears=clears))
    assert any(one.requirement == requirement for one in found.anomalies) is sure
    assert sure or (found.undecided[requirement] and found.doubted)
