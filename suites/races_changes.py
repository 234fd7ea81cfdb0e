"""Changes to different parts of one session at the same moment: all of them are kept, or the loser is refused."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import pytest

from sessionproof.burst import Bursts
from sessionproof.caller import Caller
from sessionproof.dialogue import files, said_in
from sessionproof.expect import Expect, NotDeclared
from sessionproof.run import Run
from sessionproof.wire import Reply

requirement = pytest.mark.requirement


@dataclass(frozen=True)
class Part:
    """One part of a session, and a change to it: how it is made, and how it is seen to be there."""

    name: str
    change: Callable[[], Reply]
    is_there: Callable[[Reply, Reply], bool]  # of the change's own answer, and of a read after it


@requirement("CON-04")
def changes_to_different_parts_are_all_kept(
    alice: Caller, expect: Expect, bursts: Bursts, chance: random.Random, target: Run
) -> None:
    for burst in bursts:
        session = alice.has_session(title=alice.text("first title"), metadata={"kept": alice.text()})
        parts = parts_of(session, alice, target)
        if len(parts) == 1:
            raise NotDeclared("nothing of a session but its conversation can be changed and read")
        chosen = chance.sample(parts, min(len(parts), burst.width))
        replies = burst(*[part.change for part in chosen])
        after = expect(alice.read(session)).succeeds()
        for part, reply in zip(chosen, replies, strict=True):
            if reply.lost_a_race or reply.status is None:
                expect.leave_undecided()
                continue
            expect(reply).succeeds()
            others = ", ".join(one.name for one in chosen if one is not part)
            expect.that(
                part.is_there(reply, after),
                expected=f"{part.name}, as it was changed beside {others}",
                seen="the change is lost",
                reply=after,
            )
        if target.contract.has("delete"):
            alice.arranged(alice.delete(session), "delete")


def parts_of(session: str, caller: Caller, target: Run) -> list[Part]:
    """All that can be changed of a session without touching the rest, as the contract declares."""
    contract, update, read = target.contract, target.contract.first("update"), target.contract.first("read")
    parts = [conversation(session, caller)]
    fields = [name for name in contract.updatable if name in update.sends and name in read.returns]
    fields = fields[:1] if contract.update_replaces else fields  # one update sets them all
    if "title" in fields:
        title = caller.text("title")
        parts.append(
            Part("the title", partial(caller.update, session, title=title), lambda _, after: after["title"] == title)
        )
    for name in ("metadata", "context"):
        if name in fields:
            keys = 2 if contract.update_objects == "merge" and name == "metadata" else 1
            parts += [key_of(name, f"key{number}", session, caller) for number in range(keys)]
    if contract.has("heartbeat"):
        parts.append(Part("the heartbeat", partial(caller.heartbeat, session), is_renewed))
    if contract.has("upload") and contract.lists_files:
        parts.append(file(session, caller))
    return parts


def conversation(session: str, caller: Caller) -> Part:
    text = caller.text("said meanwhile")
    return Part("the message", partial(caller.say, session, text), lambda *_: text in said_in(caller, session))


def key_of(name: str, key: str, session: str, caller: Caller) -> Part:
    value = caller.text(key)
    change: dict[str, Any] = {name: {key: value}}

    def is_there(_: Reply, after: Reply) -> bool:
        seen = after[name]
        return isinstance(seen, dict) and seen.get(key) == value

    return Part(f"{key} of {name}", partial(caller.update, session, **change), is_there)


def is_renewed(reply: Reply, after: Reply) -> bool:
    """The session ends no earlier than the heartbeat said; where neither shows an end, nothing is known."""
    told, seen = reply.instant("expires"), after.instant("expires")
    return told is None or seen is None or seen >= told - 0.001


def file(session: str, caller: Caller) -> Part:
    name = f"{caller.actor.marker}.txt"
    change = partial(caller.upload, session, name, caller.text("in a file").encode())
    return Part("the file", change, lambda *_: any(one.get("name", name) == name for one in files(caller, session)))
