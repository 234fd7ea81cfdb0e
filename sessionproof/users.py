"""Users: given by --user NAME=HEADER:VALUE, with secrets from the environment or a file, or logged in."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from sessionproof.actors import Actor
from sessionproof.contract import Binding, Contract
from sessionproof.errors import TargetError, UsageError
from sessionproof.history.redact import Redactor
from sessionproof.wire import Reply

__all__ = ["MissingUser", "given_users", "signed_in", "the_one_given"]

_NAME = "[A-Za-z][A-Za-z0-9_-]*"
_ROLES = ("alice", "bob", "carol")  # whom checks ask for


class MissingUser(TargetError):
    """A check wants another user, and none can be invented or is left of those that were given."""


def given_users(texts: tuple[str, ...], contract: Contract, redactor: Redactor) -> tuple[Actor, ...]:
    """The actors that --user names; their secrets are known to `redactor` afterwards.

    Raises UsageError for a wrong form, for a channel that isn't the contract's, and where the contract needs users
    that a run can't invent and none is given.
    """
    identity = contract.identity
    if not texts and identity.kind != "none" and not identity.invents:
        login = contract.first("login").name if contract.has("login") else ""
        raise UsageError(
            f"the contract {contract.name} wants users that log in, and none was given; "
            f"add --user alice={identity.name}:env:ALICE_TOKEN and a second one"
            + (f"; or, if {login} gives a token to any new name, write login: anyone in the contract" if login else "")
        )
    if texts and identity.kind == "none":
        raise UsageError(f"--user {texts[0]}: the contract {contract.name} declares no identity; leave --user out")
    users = tuple(_one(text, contract, redactor) for text in texts)
    names = [user.name for user in users]
    for name in names:
        if names.count(name) > 1:
            raise UsageError(f"--user {name}: given twice; give each user a name of its own")
    return users


def the_one_given(name: str, users: Sequence[Actor], contract: Contract) -> Actor:
    """The given user of that name; for alice, bob and carol else the next one whose own name is none of these.

    Raises MissingUser where none is left.
    """
    by_name = {actor.name: actor for actor in users}
    if name in by_name:
        return by_name[name]
    roles = [role for role in _ROLES if role not in by_name]
    spare = [actor for actor in users if actor.name not in _ROLES]
    if name in roles and roles.index(name) < len(spare):
        return replace(spare[roles.index(name)], name=name)
    raise MissingUser(f"needs another user; add --user {name}={contract.identity.name}:VALUE")


def signed_in(
    actor: Actor,
    contract: Contract,
    ask: Callable[[Binding, Actor, Mapping[str, object]], Reply],
    redactor: Redactor,
) -> Actor:
    """The actor with the token that a log-in gave, where the contract has users log in; `redactor` knows the token.

    Raises TargetError where the log-in gave none.
    """
    if not contract.identity.by_token:
        return actor
    password = f"pw-{actor.marker}"
    values = {"user": actor.user, "password": password}
    reply = ask(contract.first("login"), replace(actor, user=None), values)
    if not reply.ok or not reply.token:
        raise TargetError(
            f"log-in as {actor.name} failed: {reply.status or reply.answer.failure}; see `login` in the contract"
        )
    redactor.add(reply.token, f"{actor.name.upper()}_TOKEN")
    return replace(actor, secret=reply.token)


def _one(text: str, contract: Contract, redactor: Redactor) -> Actor:
    form = re.fullmatch(rf"({_NAME})=([^:]+):(.+)", text)
    if form is None:
        name = text.partition("=")[0]
        shown = f" {name}" if re.fullmatch(_NAME, name) else ""  # what is no name may be a secret
        raise UsageError(f"--user{shown}: not of the form NAME=HEADER:VALUE")
    name, channel, value = form.groups()
    if channel.lower() != contract.identity.name.lower():
        raise UsageError(f"--user {name}: the contract names users by {contract.identity.name}, not by {channel}")
    value, secret = _value(name, value.strip())
    value = contract.identity.secret_in(value)
    if secret or contract.identity.by_token:
        redactor.add(value, f"{name.upper().replace('-', '_')}_SECRET")
    return Actor(name, value, secret=value)


def _value(name: str, value: str) -> tuple[str, bool]:
    if value.startswith("env:"):
        found = os.environ.get(value[4:], "")
        if not found:
            raise UsageError(f"--user {name}: the environment variable {value[4:]} is not set")
        return found, True
    if value.startswith("@"):
        try:
            return Path(value[1:]).read_text(encoding="utf-8").strip(), True
        except (OSError, UnicodeDecodeError) as error:
            raise UsageError(f"--user {name}: {value[1:]} can't be read") from error
    return value, False
