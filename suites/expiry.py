"""Expiry: how long a session may be asked to live."""

from __future__ import annotations

import pytest

from sessionproof.caller import Caller
from sessionproof.contract.expressions import ABSENT
from sessionproof.effort import Numbers
from sessionproof.expect import Expect
from sessionproof.run import Run
from sessionproof.wire import Reply

requirement = pytest.mark.requirement

TOO_SHORT = 5.0  # seconds; a life like that may be over before it is read


@requirement("EXP-05")
def lives_outside_the_limits_are_refused_or_clamped(
    alice: Caller, expect: Expect, numbers: Numbers, target: Run
) -> None:
    life = target.contract.life
    unit = target.contract.first("create").life_unit
    low, high = life.minimum, life.maximum
    for asked in (low, high):
        if asked is not None:
            in_force(expect(alice.create(life=asked)).succeeds(), alice, asked, asked, expect)
    odd: list[object] = [0, -unit, -1e9 * unit, 1e9 * unit, 1e15 * unit, "abc", True, [], None]
    odd += ["60"] if target.contract.first("create").is_typed else []
    odd += [low / 2] if low is not None else []
    odd += [high + unit, high * 2] if high is not None else []
    for value in numbers.some(odd[::-1]):
        reply = alice.create(life=value)
        if reply.refused:
            expect(reply).is_invalid()
            continue
        expect(reply).succeeds()
        is_number = isinstance(value, int | float) and not isinstance(value, bool)
        if life.outside == "reject" and (is_number or isinstance(value, str)):
            expect(reply).is_invalid()
        in_force(reply, alice, low or 0.0, high, expect)


def in_force(reply: Reply, caller: Caller, low: float, high: float | None, expect: Expect) -> None:
    """The life that the answer reports, or else its expiry, lies within the limits."""
    seen = [reply]
    if low * caller.run.scale >= TOO_SHORT:
        seen.append(expect(caller.read(reply.session)).succeeds())
    told = [reports(one, low, high, caller.run.scale, expect) for one in seen]
    if not any(told):
        expect.leave_undecided()


def reports(read: Reply, low: float, high: float | None, scale: float, expect: Expect) -> bool:
    """Whether the answer tells a life or an expiry at all; if so, it is within the limits."""
    shown, created, expires = read["life"], read.instant("created"), read.instant("expires")
    most = high if high is not None else 10 * 365 * 86400.0
    if isinstance(shown, int | float):
        expect.that(low <= shown <= most, expected=f"a life of {low:g} to {most:g} s", seen=f"{shown:g} s", reply=read)
    if read.shows("expires"):
        expect.that(expires is not None, expected="an expiry", seen=repr(read["expires"]), reply=read)
    if expires is not None and created is not None:
        lasts = (expires - max(created, read.instant("activity") or created)) / scale  # reading may have refreshed it
        expect.that(
            low - 1 / scale <= lasts <= most + 1 / scale,
            expected=f"an expiry after {low:g} to {most:g} s",
            seen=f"{lasts:g} s",
            reply=read,
        )
    return shown is not ABSENT or expires is not None
