"""Who sends a generated request, and which session it is about."""

from __future__ import annotations

import json
import random
from collections.abc import Iterable, Mapping
from copy import deepcopy
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from sessionproof.actors import Actor
from sessionproof.caller import Caller
from sessionproof.contract import Binding
from sessionproof.contract.expressions import ABSENT, Expression, at_pointer, put_pointer
from sessionproof.fuzz.sessions import Held, Sessions
from sessionproof.run import Run

if TYPE_CHECKING:
    from schemathesis import Case

__all__ = ["Cast", "Casting", "Role"]


class Role(StrEnum):
    """Whose session a request names, seen from who sends it."""

    OWN = "own"  # one that the sender made for this
    MADE = "made"  # one that exploration itself made, by a link
    STRANGER = "stranger"  # another user's
    NOBODY = "nobody"  # a user's, but the request names no user
    ENDED = "ended"  # the sender's own, deleted
    UNKNOWN = "unknown"  # never issued
    ANY = "any"  # none, or what was generated


@dataclass(frozen=True)
class Cast:
    role: Role
    actor: Actor
    session: str = ""


_DECK = {Role.OWN: 5, Role.STRANGER: 2, Role.ENDED: 1, Role.UNKNOWN: 1, Role.NOBODY: 1}
_DECK_OF_INVALID = {Role.OWN: 8, Role.STRANGER: 1, Role.NOBODY: 1}  # the others would be refused for another reason
_OTHERS_LOOK = 0.4
_ALONE = 0.05  # of requests that name no session are sent by nobody
_STRANGERS_ON_LINKS = 0.08
_SAME_KEY = "0"  # the least text, which coverage puts wherever it tries something else
_KEPT_IDS = 0.15  # of generated ids of cases, messages and files: the others become ids of things that are there


class Casting:
    """Puts living sessions into generated requests; its chances depend on the run's seed alone."""

    def __init__(self, run: Run) -> None:
        self.run = run
        self.chance = random.Random(f"{run.seed}/fuzz")  # noqa: S311
        self.owner = Caller(run, run.actor("alice"))
        self.stranger = Caller(run, run.actor("bob")) if "users" in run.means else None
        self.nobody = run.stranger(None) if run.contract.identity.kind != "none" else None
        if run.contract.identity.guests:
            self.nobody = None
        self.sessions = Sessions(self.owner, self.chance)
        self._decks: dict[tuple[str, bool], list[Role]] = {}  # so that few calls of an operation meet every role
        self._bindings = {(binding.method, binding.path): binding for binding in run.contract.bindings}

    def binding(self, case: Case[Any]) -> Binding | None:
        """The contract's operation of a case; None for requests of another method."""
        return self._bindings.get((case.method.upper(), case.path))

    def cast(self, case: Case[Any], role: Role | None = None) -> Cast:
        """Decide the sender and the session, and put the session's ids into the case. Raises SetUpFailed."""
        binding = self.binding(case)
        if binding is None or binding.anonymous:
            return Cast(Role.ANY, self.owner.actor)
        for place, value in binding.constants:
            _put(case, [place], value)  # without them it would be another operation
        self._with_a_key_of_its_own(case, binding)
        if "session" not in binding.sends:
            return self._without_session(binding)
        named = str(_at(case, binding, "session"))
        if role is None and self.sessions.known.get(named) is not None and not self.sessions.is_witness(named):
            return self._linked(named)
        role = role or self._role(case, binding)
        if role is Role.ANY:
            return Cast(role, self.owner.actor, named)
        held, actor = self.held(role)
        for name in binding.sends:
            if name == "session":
                _put(case, binding.sends[name], held.session)
            elif name in held.ids and (role is not Role.OWN or self.chance.random() > _KEPT_IDS):
                _put(case, binding.sends[name], held.ids[name])
        return Cast(role, actor, held.session)

    def _with_a_key_of_its_own(self, case: Case[Any], binding: Binding) -> None:
        """A generator says the same idempotency key again and again, and everything but its first use is refused."""
        places = binding.sends.get("idempotency_key", ())
        if places and _at(case, binding, "idempotency_key") == _SAME_KEY and self.chance.random() > _KEPT_IDS:
            _put(case, places, f"key-{self.chance.getrandbits(64):x}")

    def _without_session(self, binding: Binding) -> Cast:
        """Now and then by nobody; what only looks also by the other user, who must not see the first one's."""
        roll = self.chance.random()
        if self.nobody is not None and roll < _ALONE:
            return Cast(Role.NOBODY, self.nobody)
        if self.stranger is not None and binding.method == "GET" and roll > 1 - _OTHERS_LOOK:
            return Cast(Role.ANY, self.stranger.actor)
        return Cast(Role.ANY, self.owner.actor)

    def _linked(self, session: str) -> Cast:
        if self.sessions.known[session] == "ended":
            return Cast(Role.ENDED, self.owner.actor, session)
        if self.stranger is not None and self.chance.random() < _STRANGERS_ON_LINKS:
            return Cast(Role.STRANGER, self.stranger.actor, session)
        return Cast(Role.MADE, self.owner.actor, session)

    def _role(self, case: Case[Any], binding: Binding) -> Role:
        if _is_wrong_on_purpose(case, binding):
            return Role.ANY
        invalid = case.meta is not None and case.meta.generation.mode.is_negative
        deck = self._decks.setdefault((binding.name, invalid), [])
        if not deck:
            shares = _DECK_OF_INVALID if invalid else _DECK
            deck += [role for role, times in shares.items() for _ in range(times) if self._can_be(role)]
            self.chance.shuffle(deck)
        return deck.pop()

    def _can_be(self, role: Role) -> bool:
        there = {
            Role.STRANGER: self.stranger is not None,
            Role.NOBODY: self.nobody is not None,
            Role.ENDED: self.run.contract.has("delete"),
        }
        return there.get(role, True)

    def held(self, role: Role) -> tuple[Held, Actor]:
        if role is Role.STRANGER and self.stranger is not None:
            return self.sessions.witness(), self.stranger.actor
        if role is Role.NOBODY and self.nobody is not None:
            return self.sessions.witness(), self.nobody
        if role is Role.ENDED:
            return self.sessions.ended(), self.owner.actor
        if role is Role.UNKNOWN:
            return self.sessions.never_issued(), self.owner.actor
        return self.sessions.living(), self.owner.actor


def _is_wrong_on_purpose(case: Case[Any], binding: Binding) -> bool:
    """Whether the case is invalid just where the session stands, so that a good id would spoil it."""
    from schemathesis.core.parameters import ParameterLocation

    meta = case.meta
    if meta is None:
        return False
    parts = {place.part for place in binding.carriers()}
    if any(meta.is_negative_at(ParameterLocation(part)) for part in parts - {"body"}):
        return True
    wrong_body = "body" in parts and meta.is_negative_at(ParameterLocation.BODY)
    return wrong_body and not isinstance(_at(case, binding, "session"), str)


_CONTAINERS = {"path": "path_parameters", "query": "query", "header": "headers"}


def _at(case: Case[Any], binding: Binding, name: str) -> Any:
    for place in binding.sends[name]:
        if place.part == "body":
            found = at_pointer(case.body, place.pointer) if isinstance(case.body, Mapping) else ABSENT
        else:
            container = getattr(case, _CONTAINERS[place.part])
            found = container.get(place.name, ABSENT) if isinstance(container, Mapping) else ABSENT
        if found is not ABSENT:
            return found
    return ABSENT


def _put(case: Case[Any], places: Iterable[Expression], value: Any) -> None:
    for place in places:
        if place.part == "body":
            if isinstance(case.body, dict):
                body = deepcopy(case.body)
                put_pointer(body, place.pointer, value)
                case.body = body
            continue
        container = getattr(case, _CONTAINERS[place.part])
        if isinstance(container, Mapping):
            changed = container.copy()  # type: ignore[attr-defined]
            changed[place.name] = value if isinstance(value, str) else json.dumps(value)
            setattr(case, _CONTAINERS[place.part], changed)
