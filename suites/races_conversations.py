"""Words at the same moment: whatever is acknowledged is kept, once, in one order that every reader sees."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest

from sessionproof.burst import Bursts
from sessionproof.caller import Caller
from sessionproof.dialogue import said_in
from sessionproof.expect import Expect
from sessionproof.wire import Reply

requirement = pytest.mark.requirement


@requirement("MSG-03")
def messages_at_once_are_all_kept_in_one_order(alice: Caller, expect: Expect, bursts: Bursts) -> None:
    for burst in bursts:
        session = alice.has_session()
        if burst.number % 2:
            alice.has_said(session, alice.text("before"))
        earlier = said_in(alice, session) if burst.number % 2 else []
        spoken = [[alice.text(f"{lane}.{turn}") for turn in range(1 + burst.number % 2)] for lane in range(burst.width)]
        *said, seen_meanwhile = burst(
            *[partial(say_all, alice, session, texts) for texts in spoken],
            partial(said_in, alice, session),
        )
        seen = said_in(alice, session)
        shown = alice.run.transcript[-1]
        replies = [pair for lane in said for pair in lane]
        all_kept_once([*earlier, *kept(replies, expect)], unsure(replies), seen, shown, expect)
        for texts in spoken:
            there = [text for text in seen if text in texts]
            expect.that(
                there == [text for text in texts if text in there],
                expected="what one caller says one after the other in that order",
                seen=repr(there),
                reply=shown,
            )
        for view, when in ((seen_meanwhile, "meanwhile"), (said_in(alice, session), "again")):
            expect.that(
                view == seen[: len(view)] and (when == "meanwhile" or len(view) == len(seen)),
                expected=f"the same order, read {when}",
                seen=f"{view!r}"[:240],
                reply=shown,
            )


def say_all(caller: Caller, session: str, texts: list[str]) -> list[tuple[str, Reply]]:
    """Each of `texts` said one after the other, with its answer."""
    return [(text, caller.say(session, text)) for text in texts]


def kept(replies: list[tuple[str, Reply]], expect: Expect) -> list[str]:
    """The texts that were acknowledged; one that lost a race openly, or was never answered, isn't."""
    answered = [(text, reply) for text, reply in replies if not (reply.lost_a_race or reply.status is None)]
    for _, reply in answered:
        expect(reply).succeeds()
    return [text for text, _ in answered]


def unsure(replies: list[tuple[str, Reply]]) -> list[str]:
    return [text for text, reply in replies if reply.status is None]


def all_kept_once(kept: list[str], unsure: list[str], seen: list[Any], shown: Reply, expect: Expect) -> None:
    """`seen` has each of `kept` once, and besides at most those of `unsure`."""
    certain = [text for text in seen if text not in unsure]
    expect(shown).holds_exactly(kept, list(map(str, certain)), "texts said at the same moment")
    twice = [text for text in unsure if seen.count(text) > 1]
    expect.that(not twice, expected="none of them twice", seen=repr(twice), reply=shown)
