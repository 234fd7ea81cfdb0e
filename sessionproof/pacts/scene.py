"""One interaction's arrangement: who acts in it, what its states gave, and what went wrong in making them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from sessionproof.caller import Caller
from sessionproof.expect import NotDeclared, Unproven
from sessionproof.pacts.files import Interaction
from sessionproof.pacts.states import STATES
from sessionproof.run import Run

__all__ = ["Scene", "filled"]

_NAMED = re.compile(r"\$\{([^}]+)}")


@dataclass
class Scene:
    """The actor of one interaction; all of its states are made for the same one."""

    caller: Caller
    values: dict[str, Any] = field(default_factory=dict)
    error: Exception | None = None  # why a state couldn't be made

    @classmethod
    def of(cls, run: Run, interaction: Interaction) -> Scene:
        """A scene with a new actor, who is named as the states' parameters `user` and `client` say, if they do.

        Raises Unproven for a state that isn't known, and NotDeclared for one that the contract has no calls for.
        """
        unknown = [given.state for given in interaction.given if given.state not in STATES]
        if unknown:
            raise Unproven(f"unknown provider state {unknown[0]!r}; known are {', '.join(map(repr, STATES))}")
        lacking = [need for given in interaction.given for need in STATES[given.state].lacks(run.contract)]
        if lacking:
            raise NotDeclared(f"a provider state needs what the contract doesn't declare: {', '.join(lacking)}")
        params = {name: value for given in interaction.given for name, value in given.params.items()}
        user = params.get("user")
        actor = run.actor("alice", None if user is None else str(user))
        actor = replace(actor, client=str(params.get("client", actor.client)))
        values = {"user": actor.user, "client": actor.client} | ({"token": actor.secret} if actor.secret else {})
        return cls(Caller(run, actor), values)

    def enter(self, state: str) -> Mapping[str, Any]:
        """Make the state; all values so far. What prevents it is kept in `error` and raised."""
        try:
            self.values |= STATES[state].make(self.caller)
        except Exception as error:
            self.error = error
            raise
        return self.values


def filled(expression: str, values: Mapping[str, Any]) -> Any:
    """What an expression of a pact stands for: `${session}`, a text with such names in it, or a bare name.

    Raises Unproven for a name that no state of the interaction gave.
    """
    names = _NAMED.findall(expression) or [expression]
    for name in names:
        if name not in values:
            raise Unproven(f"{expression}: the state gives no {name}; it gives {', '.join(sorted(values))}")
    if expression in values or _NAMED.fullmatch(expression):
        return values[names[0]]
    return _NAMED.sub(lambda found: str(values[found[1]]), expression)
