"""Provider states: what there is before an interaction, made through the public API as every check makes it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from sessionproof.caller import Caller
from sessionproof.contract import Contract
from sessionproof.contract.expressions import ABSENT
from sessionproof.dialogue import case_ids

__all__ = ["ALWAYS", "STATES", "State"]

Values = dict[str, Any]

ALWAYS = ("user", "client")  # given by every state; `token` as well where a log-in gives one


@dataclass(frozen=True)
class State:
    """What a state means, which values it gives besides those of `ALWAYS`, and how it is made.

    `needs` are operations; of alternatives, joined by `|`, one is enough.
    """

    means: str
    gives: tuple[str, ...]
    make: Callable[[Caller], Values]
    needs: tuple[str, ...] = ()

    def lacks(self, contract: Contract) -> list[str]:
        """The operations that the state needs and the contract doesn't have."""
        return [need for need in self.needs if not any(map(contract.has, need.split("|")))]


def _nothing(caller: Caller) -> Values:
    return {}


def _living(caller: Caller) -> Values:
    return {"session": caller.has_session(client=caller.client), "question": caller.text("question")}


def _asked(caller: Caller) -> Values:
    values = _living(caller)
    caller.has_said(values["session"], values["question"])
    if not caller.run.contract.has("query"):
        return values
    asked = caller.run.transcript[-1]
    case = asked["case"] if asked["case"] is not ABSENT else case_ids(caller, values["session"])[-1]
    return values | {"case": case}


def _deleted(caller: Caller) -> Values:
    values = _living(caller)
    caller.arranged(caller.delete(values["session"]), "delete")
    return values


STATES: Mapping[str, State] = {
    "a user without sessions": State("nobody has used this user or client before", (), _nothing),
    "a living session": State("the user's client has a session", ("session", "question"), _living),
    "a living session that was asked something": State(
        "the question is in the session, which has one case",
        ("session", "question", "case"),
        _asked,
        needs=("query|add_message",),
    ),
    "a deleted session": State(
        "the user's client had a session, and has deleted it", ("session", "question"), _deleted, needs=("delete",)
    ),
}
