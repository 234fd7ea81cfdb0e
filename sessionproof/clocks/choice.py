"""From the text of --clock to a clock."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from sessionproof.clocks.kind import Clock, Passing
from sessionproof.errors import UsageError
from sessionproof.suggest import did_you_mean

__all__ = ["CLOCKS", "clock_named"]

Nodes = tuple[str, ...]  # base URLs, the target's own first


def _wall(rest: str, nodes: Nodes, timeout: float) -> Clock:
    if rest:
        raise UsageError(f"--clock wall:{rest}: wall takes nothing; use scaled:SECONDS_PER_MINUTE for other minutes")
    return Passing()


def _scaled(rest: str, nodes: Nodes, timeout: float) -> Clock:
    try:
        seconds = float(rest)
    except ValueError:
        seconds = 0.0
    if not 0 < seconds <= 86_400:
        raise UsageError(
            f"--clock scaled:{rest}: write how many seconds the deployment's minute lasts, like scaled:0.5"
        )
    return Passing(f"scaled:{rest}", seconds / 60)


def _control(rest: str, nodes: Nodes, timeout: float) -> Clock:
    from sessionproof.clocks.control import Control

    if rest:
        raise UsageError(f"--clock control:{rest}: control takes nothing; the clock that is moved is the target's")
    return Control(*nodes, timeout=timeout)


def _redis(rest: str, nodes: Nodes, timeout: float) -> Clock:
    from sessionproof.clocks.redis import RedisAging

    return RedisAging(rest, timeout)


def _faketime(rest: str, nodes: Nodes, timeout: float) -> Clock:
    from sessionproof.clocks.faketime import Faketime

    return Faketime(rest, *nodes)


CLOCKS: dict[str, Callable[[str, Nodes, float], Clock]] = {
    "wall": _wall,
    "scaled": _scaled,
    "control": _control,
    "redis": _redis,
    "faketime": _faketime,
}


def clock_named(text: str, base_url: str, timeout: float, others: Sequence[str] = ()) -> Clock:
    """The clock that `text` (NAME or NAME:REST) names, ready to be used; close it at the end. `others` are the base
    URLs of further nodes, whose time it is as well.

    Raises UsageError for a text that names none, and ClockError for a clock that isn't there.
    """
    name, _, rest = text.partition(":")
    if name not in CLOCKS:
        hint = did_you_mean(name, CLOCKS) or f"it is one of {', '.join(CLOCKS)}"
        raise UsageError(f"--clock {text}: no such clock; {hint}")
    return CLOCKS[name](rest, (base_url, *others), timeout)
