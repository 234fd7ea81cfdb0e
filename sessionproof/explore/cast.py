"""Who takes part in a walk: users and clients whose names careless keys take for one another."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from secrets import token_hex

from sessionproof.caller import Caller
from sessionproof.oddities import twins
from sessionproof.run import MissingUser, Run

__all__ = ["DELIMITERS", "Cast", "pair_kinds"]

DELIMITERS = (":", "/", "|", "_", "-")
_NAMES = ("alice", "bob", "carol", "dave")


@dataclass(frozen=True)
class Cast:
    """The names of one walk. `tag` is in all of them, and in no other walk's."""

    run: Run
    tag: str
    clients: tuple[str, ...]
    users: tuple[str, ...]  # as they are invented; empty where they are given or logged in

    @classmethod
    def of(cls, run: Run, pair: int, delimiter: int) -> Cast:
        """Two client ids that are nearly one, two of which one is joined from the other, and users of that kind."""
        tag, mark = token_hex(4), DELIMITERS[delimiter % len(DELIMITERS)]
        kinds = pair_kinds(run)
        first, second = twins(f"c{tag}")[kinds[pair % len(kinds)]]
        user = f"u{tag}"
        freely = run.invents_users and run.contract.identity.kind in ("header", "query")
        users = (user, f"{user}0", user.upper(), f"{user}{mark}b") if freely else ()
        return cls(run, tag, (first, second, f"x{tag}", f"b{mark}x{tag}"), users)

    @property
    def size(self) -> int:
        """How many users there are."""
        if self.run.contract.identity.kind == "none":
            return 1
        if self.users:
            return len(self.users)
        return len(_NAMES) - 1 if self.run.invents_users else min(len(self.run.users), 3)

    def caller(self, user: int) -> Caller:
        """Raises MissingUser where there are not so many."""
        if user >= self.size:
            raise MissingUser(f"needs {user + 1} users")
        name = _NAMES[user]
        return Caller(self.run, self.run.actor(name, self.users[user] if self.users else None))


def pair_kinds(run: Run) -> list[str]:
    """Which twins a client id can be here: a header carries neither outer spaces nor what isn't ASCII."""
    create = run.contract.first("create")
    in_header = any(place.part == "header" for place in create.sends.get("client", ()))
    fits: Callable[[str], bool] = lambda text: text.isascii() and text.isprintable() and " " not in text  # noqa: E731
    return [kind for kind, pair in twins("c").items() if not in_header or all(map(fits, pair))]
