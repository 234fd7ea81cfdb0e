"""Random walks under pytest: one exploration for the whole session, and a check for each requirement that it judges."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

from sessionproof.plugin.stash import EXPLORED_WITH, PREPARED, requirement_of_item
from sessionproof.plugin.telling import telling

if TYPE_CHECKING:
    from sessionproof.explore.exploration import Exploration

__all__ = ["exploration", "is_exploring"]

_OFTEN = 0.1  # seconds between two looks at how far the walks are


def is_exploring(item: pytest.Item) -> bool:
    """Whether the test asks what the walks have shown."""
    return "exploration" in getattr(item, "fixturenames", ())


@pytest.fixture(scope="session")
def exploration(request: pytest.FixtureRequest) -> Exploration:
    """Random walks, taken once: `exploration.judge("RES-01", expect)` fails where one of them broke the requirement."""
    from sessionproof.explore.exploration import Exploration

    config = request.config
    prepared = config.stash.get(PREPARED, None)
    if prepared is None:
        pytest.fail("this test needs a deployment: add --base-url URL", pytrace=False)
    wanted = {requirement_of_item(item) for item in request.session.items if is_exploring(item)} - {""}
    alone = not hasattr(config, "workerinput")
    return Exploration(prepared.run, config.stash[EXPLORED_WITH], wanted, may_jump=alone, tell=_Telling(config))


class _Telling:
    """Shows how far the walks are, now and then."""

    def __init__(self, config: pytest.Config) -> None:
        self._config, self._told = config, 0.0

    def __call__(self, requests: int, most: int | None) -> None:
        now = time.monotonic()
        if now < self._told + _OFTEN:
            return
        self._told = now
        with telling(self._config) as progress:
            if progress is not None:
                progress.walking(requests, most)
