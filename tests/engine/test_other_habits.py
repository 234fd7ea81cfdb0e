"""Habits that other correct servers have raise no alarm."""

from __future__ import annotations

from pathlib import Path

import pytest

from sessionproof.effort import Effort
from sessionproof.verdicts import Verdict

from .fake_api import fake_api
from .running import judged, verdicts


@pytest.mark.parametrize("joins", [False, True])
def test_an_identity_sent_twice_may_be_a_third_users(joins: bool, tmp_path: Path) -> None:
    with fake_api() as api:
        api.joins = joins
        report = judged(api.url, contract=api.write(tmp_path), only=("ISO-06",), effort=Effort.NORMAL, seed=1)
    assert verdicts(report) == {"ISO-06": Verdict.PASSED}
