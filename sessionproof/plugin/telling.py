"""How far a run is, told from inside a test, where pytest would keep what is written for itself."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from typing import TYPE_CHECKING

import pytest

from sessionproof.plugin.stash import PROGRESS

if TYPE_CHECKING:
    from sessionproof.report.progress import Progress

__all__ = ["telling"]


@contextmanager
def telling(config: pytest.Config) -> Iterator[Progress | None]:
    """What shows the run's progress, with pytest's capture out of its way; None where nothing does."""
    progress, capture = config.stash.get(PROGRESS, None), config.pluginmanager.getplugin("capturemanager")
    apart = progress is not None and capture is not None
    with capture.global_and_fixture_disabled() if apart else nullcontext():
        yield progress
