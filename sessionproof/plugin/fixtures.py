"""Fixtures: a target, actors who speak to it, and expectations."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator

import pytest

from sessionproof.browser.extension import Extension
from sessionproof.burst import Bursts
from sessionproof.caller import Caller
from sessionproof.effort import Numbers
from sessionproof.expect import Expect, Unproven
from sessionproof.plugin.stash import DRIVER, EXPECT, PREPARED
from sessionproof.run import Run
from sessionproof.timed import Lives, Moments

__all__ = [
    "alice",
    "bob",
    "bursts",
    "carol",
    "chance",
    "expect",
    "extension",
    "lives",
    "new_caller",
    "newcomer",
    "nobody",
    "numbers",
    "stranger",
    "target",
]

NewCaller = Callable[..., Caller]


@pytest.fixture
def target(request: pytest.FixtureRequest) -> Run:
    """The deployment under test: its contract, its effort, and the calls made so far."""
    prepared = request.config.stash.get(PREPARED, None)
    if prepared is None:
        pytest.fail("this test needs a deployment: add --base-url URL", pytrace=False)
    return prepared.run


@pytest.fixture
def new_caller(target: Run) -> NewCaller:
    """Makes callers: `new_caller("dave")` is a new user, `new_caller("dave", "user_1")` one with this identity."""

    def make(name: str, user: str | None = None) -> Caller:
        return Caller(target, target.actor(name, user))

    return make


@pytest.fixture
def alice(new_caller: NewCaller) -> Caller:
    """A user that no other test knows (or the first of --user)."""
    return new_caller("alice")


@pytest.fixture
def bob(new_caller: NewCaller) -> Caller:
    """Another user than alice (or the second of --user)."""
    return new_caller("bob")


@pytest.fixture
def carol(new_caller: NewCaller) -> Caller:
    """A third user (or the third of --user)."""
    return new_caller("carol")


@pytest.fixture
def newcomer(new_caller: NewCaller) -> Callable[[], Caller]:
    """Makes one more user at each call."""
    return lambda: new_caller("newcomer")


@pytest.fixture
def nobody(target: Run) -> Caller:
    """A caller that sends no identity."""
    return Caller(target, target.stranger(None))


@pytest.fixture
def stranger(target: Run) -> Callable[[str], Caller]:
    """Makes callers that send just this text as their identity, without logging in."""
    return lambda user: Caller(target, target.stranger(user))


@pytest.fixture
def expect(request: pytest.FixtureRequest) -> Expect:
    """Expectations: `expect(reply).succeeds()`."""
    made = Expect()
    request.node.stash[EXPECT] = made
    return made


@pytest.fixture
def extension(request: pytest.FixtureRequest, target: Run) -> Iterator[Extension]:
    """The browser extension under test: `extension.installed_by(alice)` is one more browser that has it."""
    driver = request.config.stash.get(DRIVER, None)
    if driver is None:
        raise Unproven("needs a client to drive; see `sessionproof browser`")
    with driver.opened() as opened:
        yield opened


@pytest.fixture
def lives(target: Run) -> Lives:
    """Sessions whose ends can be waited for. A check that has this is timed: all such checks wait side by side."""
    if target.clock is None:
        raise Unproven("needs a clock; see --clock")
    return Lives(target, Moments(target.clock), None, 0.0)  # the check itself gets the one that all of them share


@pytest.fixture
def numbers(target: Run) -> Numbers:
    """How many of each thing to do, by the run's effort."""
    return target.effort.numbers


@pytest.fixture
def chance(request: pytest.FixtureRequest, target: Run) -> random.Random:
    """Random choices that depend on the run's seed and the test's name alone."""
    return random.Random(f"{target.seed}/{request.node.name}")  # noqa: S311


@pytest.fixture
def bursts(target: Run, expect: Expect, chance: random.Random) -> Bursts:
    """Calls at the same moment, again and again: `for burst in bursts: replies = burst(work, work, ...)`."""
    return Bursts(target, expect, chance)
