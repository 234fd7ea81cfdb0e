"""Random lives of one session: calls, a moved clock, deletes, and what a right server would have answered."""

from __future__ import annotations

import random
from collections.abc import Hashable, Iterator
from dataclasses import replace
from typing import cast

from sessionproof.model import Rules, Seen
from sessionproof.model.seen import Got

from .brute import Call, explainable

__all__ = ["RULES", "changed", "events_of", "explains", "history"]

_LIFE, _EARLY, _LATE = 6, 1, 2
_LATEST = 28

RULES = Rules(
    gone=frozenset({404}),
    life_kind="idle",
    life=_LIFE,
    early=_EARLY,
    late=_LATE,
    refreshed_by=frozenset({"heartbeat"}),
    not_refreshed_by=frozenset({"read"}),
    resumes_by="user",
    flags=True,
)
_SHIFT = 50  # the deployment's clock had been moved on so far

# A state is "unborn", "dead", or the moment of the last renewal. A call is create, heartbeat (renews), read (doesn't),
# update (may), resume (a create of the same client, which may) or delete; its answer is done, refused, gone, or of a
# resume done or new: another session, of which no more is seen.

_UNBORN, _DEAD = -100, -200


def passing(state: Hashable, moment: int) -> Iterator[int]:
    """A session dies by itself at any moment from `early` before to `late` after the end of its life."""
    renewed = cast("int", state)
    if renewed in (_UNBORN, _DEAD):
        yield renewed
        return
    if moment <= renewed + _LIFE + _LATE:
        yield renewed
    if moment >= renewed + _LIFE - _EARLY:
        yield _DEAD


def outcomes(state: Hashable, call: Call, moment: int) -> Iterator[int]:
    renewed = cast("int", state)
    alive = renewed not in (_UNBORN, _DEAD)
    if call.does == "create":
        if renewed == _UNBORN:
            yield moment
    elif call.answer == "gone" or call.answer == "new":
        if not alive:
            yield renewed
    elif call.answer == "refused":
        yield renewed
        if alive and call.does == "update":
            yield moment
    elif call.does == "delete":
        yield _DEAD
    elif alive or not call.answered:
        if not alive or call.does in ("read", "update", "resume"):
            yield renewed
        if alive and call.does in ("heartbeat", "update", "resume"):
            yield moment


def explains(calls: list[Call]) -> bool:
    return explainable(calls, _UNBORN, outcomes, _LATEST, passing)


def history(chance: random.Random) -> list[Call]:
    calls: list[tuple[int, Call]] = []
    ops = ["heartbeat", "heartbeat", "read", "read", "update"] + (["delete"] if chance.random() < 0.5 else [])
    ops += ["resume"] if chance.random() < 0.5 else []
    silent = chance.random() < 0.3
    for _ in range(chance.randint(1, 6)):
        begins = chance.randint(2, 20)
        ends = begins + chance.choice((0, 0, 1, 2))
        does = chance.choice(ops)
        answered = does == "resume" or not (silent and chance.random() < 0.25)
        moment = chance.randint(begins, ends)
        moment = moment if answered else chance.choice((moment, moment + 3, 99))
        calls.append((moment, Call(begins, ends, does, None, "done", answered)))
    state, answers = chance.randint(0, 1), [(Call(0, 1, "create", None, "done"))]
    end = state + chance.randint(_LIFE - _EARLY, _LIFE + _LATE)
    for moment, call in sorted(calls, key=lambda pair: (pair[0], chance.random())):
        if state != _DEAD and moment > end:
            state = _DEAD
        answers.append(replace(call, answer=_answer(call, state, chance) if call.answered else None))
        if state == _DEAD or moment == 99 or answers[-1].answer == "refused":
            continue
        if call.does == "delete":
            state = _DEAD
        elif call.does == "heartbeat" or (call.does in ("update", "resume") and chance.random() < 0.5):
            state, end = moment, moment + chance.randint(_LIFE - _EARLY, _LIFE + _LATE)
    return _up_to_another(sorted(answers, key=lambda call: (call.ends, call.begins)))


def _up_to_another(calls: list[Call]) -> list[Call]:
    """The calls without what could be about another session: resumes beside or after one that made it."""
    made = next((call for call in calls if call.answer == "new"), None)
    return [call for call in calls if made is None or call is made or call.does != "resume" or call.ends < made.begins]


def _answer(call: Call, state: int, chance: random.Random) -> str:
    if state == _DEAD and call.does == "resume":
        return "new"
    if state == _DEAD and (call.does != "delete" or chance.random() < 0.5):
        return "gone"
    return "refused" if call.does == "update" and chance.random() < 0.2 else "done"


def changed(calls: list[Call], chance: random.Random) -> list[Call]:
    at = chance.randrange(1, len(calls))  # the create stays: nobody can name a session before
    call = calls[at]
    if chance.random() < 0.4:
        by = max(chance.randint(-3, 4), 2 - call.begins)
        call = replace(call, begins=call.begins + by, ends=call.ends + by)
    elif call.does == "resume":
        call = replace(call, answer="done" if call.answer == "new" else "new")
    elif call.answered:
        call = replace(call, answer="done" if call.answer == "gone" else "gone")
    return _up_to_another(sorted([*calls[:at], call, *calls[at + 1 :]], key=lambda call: (call.ends, call.begins)))


def events_of(calls: list[Call]) -> list[Seen]:
    statuses = {"done": 200, "new": 200, "gone": 404, "refused": 422}
    events = []
    for number, call in enumerate(calls, 1):
        times = call.begins - _SHIFT, call.ends - _SHIFT
        event = Seen(number, *times, "c", "alice", call.does, session="s", user="alice", shift=_SHIFT)
        event.status = statuses[str(call.answer)] if call.answered else None
        if call.does in ("create", "resume"):
            event.op, event.client, event.session = "create", "tab", "t" if call.answer == "new" else "s"
            event.got = Got(session=event.session, resumed=call.does == "resume" and call.answer == "done")
        events.append(event)
    return events
