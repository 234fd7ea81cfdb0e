"""Paging through a list while sessions come, go and are refreshed."""

from __future__ import annotations

from collections import Counter
from functools import partial

import pytest

from sessionproof.burst import Bursts
from sessionproof.caller import Caller
from sessionproof.effort import Numbers
from sessionproof.expect import Expect
from sessionproof.lists import Pages, listed
from sessionproof.run import Run

requirement = pytest.mark.requirement


@requirement("CON-05")
def paging_shows_each_session_that_lives_all_the_while_once(
    alice: Caller, expect: Expect, bursts: Bursts, numbers: Numbers, target: Run
) -> None:
    living = [alice.has_session() for _ in range(4 if numbers.times == 1 else 9)]
    by_cursor = "cursor" in target.contract.first("list").sends
    for burst in bursts.longer(2):
        # Where pages are counted off, a session that ends moves all behind it, so only late ones do.
        goes = living.pop(0) if by_cursor and len(living) > 4 else None
        churn = partial(come_go_and_refresh, alice, living[burst.number % len(living) :], goes, target)
        looks = [partial(listed, alice, page=size) for size in (1 + numbers.times, 1)]
        seen = burst(*looks, churn)
        for pages in seen:
            shows_each_once(pages, living, expect)
        if goes:
            living.append(alice.has_session())


def come_go_and_refresh(caller: Caller, living: list[str], goes: str | None, target: Run) -> Pages:
    """One session comes and goes again, one of old goes, and some are used; the list after that."""
    contract = target.contract
    came = caller.has_session()
    if goes is not None and contract.has("delete"):
        caller.arranged(caller.delete(goes), "delete")
    writes = contract.on_session(writes=True, leave_out=["delete"]) or contract.on_session(writes=False)
    refreshing = [one for name in contract.life.refreshed_by for one in contract.all(name) if one.on_session]
    for place, session in enumerate(living[:3]):
        used = [*refreshing, *writes]
        caller.try_on(used[place % len(used)], session)
    if contract.has("delete"):
        caller.arranged(caller.delete(came), "delete")
    return listed(caller)


def shows_each_once(pages: Pages, living: list[str], expect: Expect) -> None:
    counted = Counter(map(str, pages.values("session")))
    twice = [session for session, times in counted.items() if times > 1]
    expect.that(not twice, expected="no session twice in a list", seen=", ".join(twice), reply=pages.last)
    missing = [session for session in living if session not in counted]
    expect.that(
        not missing,
        expected=f"all {len(living)} sessions that lived all the while in the list",
        seen=f"it lacks {', '.join(missing)}",
        reply=pages.last,
    )
