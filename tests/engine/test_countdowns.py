"""A number that says how much of a life is left changes from read to read, declared volatile or not."""

from __future__ import annotations

import pytest

from suites.lifecycle import without_countdowns


@pytest.mark.parametrize(
    "name", ["expiresIn", "expires_in_seconds", "ttl", "session_ttl", "remainingSeconds", "timeLeft"]
)
def test_it_is_no_change(name: str) -> None:
    assert without_countdowns({"a": [{name: 29.9, "id": 1}]}) == {"a": [{"id": 1}]}


@pytest.mark.parametrize(
    ("name", "value"), [("message_count", 3), ("battle", 1), ("throttle", 2), ("ttl", "a"), ("left", 1)]
)
def test_other_fields_stay(name: str, value: object) -> None:
    assert without_countdowns({name: value}) == {name: value}
