"""The checkers say what a search through all orders says; docs/model.md has the numbers of long comparisons."""

from __future__ import annotations

import pytest

from .compare import KINDS, compare

_HISTORIES = 1500  # of each kind; `python -m tests.model.compare` takes as many as one likes


@pytest.mark.parametrize("kind", KINDS)
def test_a_checker_agrees_with_the_search_through_all_orders(kind: str) -> None:
    counts = compare(kind, 1_000_000, _HISTORIES)
    assert counts["legal, legal"] > _HISTORIES // 4
    assert counts["illegal, illegal"] > _HISTORIES // 10
    assert sum(times for name, times in counts.items() if name.startswith("unknown")) < _HISTORIES // 5
