"""The statuses that a session can be given by its contract, and the ways there."""

from __future__ import annotations

from sessionproof.caller import Caller
from sessionproof.contract import Contract

__all__ = ["given_status", "other_statuses", "ways_to", "with_status"]

_MOST_MOVES = 3  # one after the other


def ways_to(goal: str, contract: Contract) -> list[tuple[str, ...]]:
    """What to set one after the other to bring a new session to a status, the shortest way first, none of them set
    twice; at most three, and nothing for a status that is a delete or isn't reached."""
    ways: list[tuple[str, ...]] = [()]
    for way in ways:
        onward = contract.status_transitions.get(way[-1] if way else contract.status_initial, ())
        been = {contract.status_initial, contract.status_deleted, *way}
        ways += [(*way, status) for status in onward if status not in been and len(way) < _MOST_MOVES]
    return [way for way in ways if (way[-1] if way else contract.status_initial) == goal]


def other_statuses(contract: Contract) -> list[str]:
    """Those of living sessions that a new one doesn't have, and that an update can bring it to; the nearest first."""
    if not contract.has("update") or "status" not in contract.first("update").sends:
        return []
    statuses = dict.fromkeys(sum(contract.status_transitions.values(), ()))
    ways = {status: ways_to(status, contract) for status in statuses if status != contract.status_initial}
    return sorted((status for status in ways if ways[status]), key=lambda status: len(ways[status][0]))


def with_status(status: str, caller: Caller, way: tuple[str, ...] | None = None) -> str:
    """A new session of this status (any, where it is ""), brought there on this way or on the shortest."""
    session = caller.has_session()
    given_status(session, status, caller, way)
    return session


def given_status(session: str, status: str, caller: Caller, way: tuple[str, ...] | None = None) -> None:
    """A session that was just made is brought to this status. Raises SetUpFailed when a step is refused."""
    ways = ways_to(status, caller.run.contract) if status and way is None else [way or ()]
    for step in ways[0] if ways else (status,):
        caller.arranged(caller.update(session, status=step), "update")
