"""Which life the checks of a run wait for: a short one where that can be had; if none can, it says why."""

from __future__ import annotations

import re
from typing import Any

import pytest

from sessionproof.caller import Caller
from sessionproof.expect import Unproven
from sessionproof.timed import Lives
from sessionproof.timed.life import shortest

from .made_up import Jumping, contract, lives_of, passing

LIMITED = "default: 60 minutes, minimum: 1 minutes, maximum: 480 minutes"


def born(among: Lives, **values: Any) -> tuple[float, Any]:
    """The length of a new session's life, and what its create asked for."""
    alice = Caller(among.run, among.run.actor("alice"))
    _, life = among.born(alice, **values)
    return round(life.length, 9), among.run.transcript[-1].request.values.get("life")


@pytest.mark.parametrize(
    ("life", "asked", "clock", "told", "length", "wanted"),
    [
        # A clock that jumps takes the default, however long.
        (LIMITED, True, Jumping(), None, 3600, None),
        ("default: 24 hours", False, Jumping(), None, 86400, None),
        # One that passes asks for the shortest life of half a minute or more, in whole units.
        (LIMITED, True, passing(), None, 60, 60),
        ("default: 60 minutes", True, passing(), None, 60, 60),
        ("default: 60 minutes, minimum: 90 seconds", True, passing(), None, 120, 120),
        (LIMITED, True, passing(1 / 120), None, 30, 3600),
        ("default: 60 minutes, minimum: 1 minutes, maximum: 20 minutes", True, passing(1 / 120), None, 10, 1200),
        # Where it can't ask, it takes the default.
        ("default: 1 minutes", False, passing(), None, 60, None),
        ("default: 60 minutes", False, passing(1 / 60), None, 60, None),
        # What is told stands above all, in real seconds.
        (LIMITED, True, passing(), 45.0, 45, None),
        (LIMITED, True, passing(1 / 60), 45.0, 45, None),
        ("", False, Jumping(), 45.0, 45, None),
        # Without a default, a clock that jumps asks as well.
        ("minimum: 5 minutes", True, Jumping(), None, 300, 300),
    ],
)
def test_the_life_that_is_taken(
    life: str, asked: bool, clock: Any, told: float | None, length: float, wanted: float | None
) -> None:
    lives = lives_of(contract(life, asked), clock, told=told, patience=300.0)
    assert born(lives) == (length, wanted)
    assert lives.length == pytest.approx(length)


def test_a_life_that_is_asked_for_is_in_the_contract_s_seconds() -> None:
    assert born(lives_of(contract(LIMITED, True), passing(0.5)), lives=120) == (60.0, 120)
    assert born(lives_of(contract(LIMITED, True), passing(0.5), told=45.0), lives=120) == (60.0, 120)


def test_the_birth_is_the_call_that_made_it() -> None:
    lives = lives_of(contract(), Jumping())
    lives.clock.shift = 100.0
    _, life = lives.born(Caller(lives.run, lives.run.actor("alice")))
    assert (life.since, life.until) == (101.0, 101.5)


@pytest.mark.parametrize(
    ("life", "asked", "clock", "told", "words"),
    [
        ("", False, Jumping(), None, "doesn't say how long a session lives; declare life.default, or add --life"),
        (
            "default: 60 minutes",
            False,
            passing(),
            None,
            "3600 s takes 7920 s to be judged, longer than --patience 180",
        ),
        ("default: 60 minutes", False, passing(), None, "take a clock that jumps (control, redis, faketime)"),
        ("minimum: 2 minutes", True, passing(), None, "a life of 120 s takes 264 s"),
        (LIMITED, True, passing(), 90.0, "a life of 90 s takes 198 s"),
        (LIMITED, True, passing(tolerance=1.0), 7.0, "a life of 7 s is too short to be told from one that is 1 s off"),
        (LIMITED, True, Jumping(tolerance=1.0), 7.0, "let it be 8 s or more"),
    ],
)
def test_why_none_can_be_taken(life: str, asked: bool, clock: Any, told: float | None, words: str) -> None:
    lives = lives_of(contract(life, asked), clock, told=told)
    with pytest.raises(Unproven, match=re.escape(words)):
        born(lives)
    assert lives.run.transcript == []


def test_patience_is_all_that_a_long_life_takes() -> None:
    assert born(lives_of(contract(LIMITED, True), passing(), told=90.0, patience=198.1))[0] == 90.0


def test_the_default_takes_one_life_only() -> None:
    lives = lives_of(contract("default: 160 seconds"), passing())
    alice = Caller(lives.run, lives.run.actor("alice"))
    assert lives.of_default_length(alice)[1].length == 160.0
    with pytest.raises(Unproven, match="a life of 160 s takes 352 s"):
        lives.born(alice)
    with pytest.raises(Unproven, match="by default; --life tells it"):
        lives_of(contract(""), passing()).of_default_length(alice)
    assert lives.lasting(alice, 100.0)[1].length == 100.0
    with pytest.raises(Unproven, match="a life of 200 s takes 220 s"):
        lives.lasting(alice, 200.0)


def test_while_time_passes_lives_of_twice_the_usual_length_are_the_longest() -> None:
    lives = lives_of(contract(LIMITED, True), passing())
    assert [seconds for seconds in (30, 60, 120, 180, 28800) if lives.bearable(seconds)] == [30, 60, 120]
    jumping = lives_of(contract(LIMITED, True), Jumping())
    assert jumping.bearable(28800)
    with pytest.raises(Unproven, match="longer than --patience"):
        lives_of(contract("default: 60 minutes"), passing()).bearable(60)


def test_the_shortest_life_is_never_outside_the_limits() -> None:
    for minimum in (0.5, 1, 7, 30):
        for maximum in (30, 60, 480):
            for scale in (1.0, 0.5, 1 / 60, 1 / 120):
                text = f"default: 60 minutes, minimum: {minimum} minutes, maximum: {maximum} minutes"
                asked = shortest(contract(text, True), scale, jumps=False, told=None)["life"]
                assert minimum * 60 <= asked <= maximum * 60
                assert asked % 60 == 0
