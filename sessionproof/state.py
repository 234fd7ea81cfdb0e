"""What can be seen of a session, put side by side before and after."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from sessionproof.caller import Caller, SetUpFailed
from sessionproof.contract.expressions import ABSENT
from sessionproof.dialogue import case_ids, history
from sessionproof.effort import Effort
from sessionproof.lists import listed
from sessionproof.wire import Reply

__all__ = ["MOVING", "changes", "differences", "holds", "shown_by", "snapshot"]

MOVING = ("activity", "expires", "updated")  # move with activity, if anything does


def snapshot(caller: Caller, session: str, *, moving: bool = False) -> dict[str, Any]:
    """Everything that the owner sees of a session, by vocabulary name, its conversation and its files included.

    With `moving`, also its times of activity and expiry - unless the owner's own reading may move them, for then they
    show nothing. Raises SetUpFailed when the owner can't read it.
    """
    reply = caller.arranged(caller.read(session), "read")
    left_out = () if moving and _reading_is_still(caller, session, reply) else MOVING
    seen = shown_by(reply, left_out)
    if caller.run.effort is not Effort.QUICK:
        return seen | _besides(caller, session)
    if caller.run.contract.has("messages") and "messages" not in reply.request.binding.lists:
        seen["conversation"] = _plain(listed(caller, "messages", session).entries)
    return seen


def _besides(caller: Caller, session: str) -> dict[str, Any]:
    """What routes of their own show of a session."""
    has = caller.run.contract.has
    seen: dict[str, Any] = {}
    if has("messages"):
        seen["conversation"] = _plain(listed(caller, "messages", session).entries)
    if has("cases"):
        seen["list of cases"] = _plain(listed(caller, "cases", session).entries)
    if has("case_history"):
        seen["histories"] = [_plain(history(caller, session, case)) for case in case_ids(caller, session)]
    if has("uploads"):
        seen["list of files"] = _plain(listed(caller, "uploads", session).entries)
    return seen


def _plain(entries: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    return [dict(entry) for entry in entries]


def _reading_is_still(caller: Caller, session: str, first: Reply) -> bool:
    """Declared, or seen: two reads show the same times, and the times are fine enough to have shown a move."""
    life = caller.run.contract.life
    looks = [name for name in ("read", "messages", "cases", "case_history", "uploads") if caller.run.contract.has(name)]
    if any(name in life.refreshed_by for name in looks):
        return False
    if all(name in life.not_refreshed_by for name in looks):
        return True
    if caller.run.reading_is_still is None:
        _besides(caller, session)
        again = caller.arranged(caller.read(session), "read")
        times = [(first[name], again[name]) for name in MOVING if first.shows(name)]
        caller.run.reading_is_still = all(before == after and _is_fine(before) for before, after in times)
    return caller.run.reading_is_still


def _is_fine(time: Any) -> bool:
    """Whether a time is given to parts of a second; whole numbers of this size count milliseconds."""
    return "." in time if isinstance(time, str) else isinstance(time, float) or (isinstance(time, int) and time > 1e11)


def shown_by(reply: Reply, left_out: Iterable[str], of_entries: Iterable[str] = ()) -> dict[str, Any]:
    """What one answer shows, by vocabulary name, without the values `left_out`, and those `of_entries` of its lists."""
    shown = {name: reply[name] for name in reply.request.binding.returns if name not in left_out}
    for name in reply.request.binding.lists:
        entries = reply.items(name)
        if entries is not None:
            shown[name] = [{each: entry[each] for each in entry if each not in of_entries} for entry in entries]
    return shown


def changes(caller: Caller, session: str, before: dict[str, Any], *, moving: bool = False) -> list[str]:
    """What the owner sees otherwise than in the snapshot `before`; a session that can't be read is a change."""
    try:
        return differences(before, snapshot(caller, session, moving=moving))
    except SetUpFailed as failure:
        return [f"its owner can't read it any more: {failure}"]


def differences(before: Any, after: Any, at: str = "") -> list[str]:
    """Where two JSON-like values differ, a line each: `/title: 'a' became 'b'`."""
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        names = [*before, *(name for name in after if name not in before)]
        return [
            line
            for name in names
            for line in differences(before.get(name, ABSENT), after.get(name, ABSENT), f"{at}/{name}")
        ]
    if isinstance(before, list) and isinstance(after, list) and len(before) == len(after):
        return [
            line
            for index, pair in enumerate(zip(before, after, strict=True))
            for line in differences(*pair, f"{at}/{index}")
        ]
    return (
        []
        if before == after and type(before) is type(after)
        else [f"{at or '/'}: {_brief(before)} became {_brief(after)}"]
    )


def _brief(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 80 else f"{text[:77]}..."


def holds(seen: Any, sent: Any) -> bool:
    """An object holds what was sent if it has all of it; others are equal."""
    if isinstance(sent, dict):
        return isinstance(seen, dict) and all(holds(seen.get(key), value) for key, value in sent.items())
    return bool(seen == sent)
