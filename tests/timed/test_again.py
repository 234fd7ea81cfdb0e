"""A probe that came too late to tell anything is carried out again, where there is patience for it."""

from __future__ import annotations

from typing import Any

import pytest

from sessionproof.caller import Caller, SetUpFailed
from sessionproof.expect import Violation
from sessionproof.timed import Lives

from .made_up import Jumping, contract, lives_of, passing, reply


def late(lives: Lives, times: int, holds: bool = True, at: float = 0.5) -> list[str]:
    """The sessions of a probe that comes too late so many times, and then sees something that `holds` or not."""
    alice, sessions = Caller(lives.run, lives.run.actor("alice")), list[str]()

    def probe(_: Any) -> None:
        session, life = lives.born(alice)
        sessions.append(session)
        lives.moments.until(lives.clock.now() + at * life.length)
        if len(sessions) <= times:
            lives.expect.leave_undecided()
        else:
            lives.expect.that(holds, expected="a", seen="b")

    with lives.moments.busy():
        job = lives.moments.start(lambda: lives.together(probe, ["one"]))
    job.thread.join(30)
    if job.error is not None:
        raise job.error
    return sessions


@pytest.mark.parametrize(
    ("times", "sessions", "exercised", "undecided"), [(0, 1, 1, 0), (1, 2, 1, 0), (2, 3, 1, 0), (3, 3, 0, 1)]
)
def test_again_with_a_session_of_its_own(times: int, sessions: int, exercised: int, undecided: int) -> None:
    lives = lives_of(contract(), Jumping())
    assert len(set(late(lives, times))) == sessions
    assert (lives.expect.exercised, lives.expect.undecided) == (exercised, undecided)


def test_what_the_last_one_sees_counts() -> None:
    with pytest.raises(Violation):
        late(lives_of(contract(), Jumping()), 1, holds=False)


@pytest.mark.parametrize(("patience", "sessions"), [(60.0, 2), (0.25, 1)])
def test_never_beyond_patience(patience: float, sessions: int) -> None:
    lives = lives_of(contract(), passing(), told=0.1, patience=patience)
    assert len(late(lives, 1, at=1.5)) == sessions


@pytest.mark.parametrize(("ended", "tries"), [(True, 3), (False, 1)])
def test_a_set_up_that_fails_after_the_end_came_too_late(ended: bool, tries: int) -> None:
    lives = lives_of(contract(), Jumping())
    alice, made = Caller(lives.run, lives.run.actor("alice")), list[str]()

    def probe(_: Any) -> None:
        session, life = lives.born(alice)
        made.append(session)
        if ended:
            lives.moments.until(life.until + life.length)
        alice.arranged(reply(1.0, 2.0, 404), "query")

    with lives.moments.busy():
        job = lives.moments.start(lambda: lives.together(probe, ["one"]))
    job.thread.join(30)
    assert len(made) == tries
    assert isinstance(job.error, SetUpFailed) != ended
    assert lives.expect.undecided == int(ended)


def test_only_the_last_one_is_told_of() -> None:
    lives = lives_of(contract(), Jumping())
    alice = Caller(lives.run, lives.run.actor("alice"))
    seen: list[int] = []

    def probe(_: Any) -> None:
        seen.append(len(lives.run.transcript))
        lives.born(alice)
        if len(seen) == 1:
            lives.expect.leave_undecided()

    with lives.moments.busy():
        job = lives.moments.start(lambda: lives.together(probe, ["one"]))
    job.thread.join(30)
    assert seen == [0, 0]
    assert len(job.talk.transcript) == 1
