"""What a client's checks look for again and again, in sentences."""

from __future__ import annotations

from collections.abc import Iterator

from sessionproof.browser.installation import Installation
from sessionproof.browser.panel import Shown
from sessionproof.caller import Caller
from sessionproof.expect import Expect, Unproven
from sessionproof.wire import Reply
from sessionproof.wire.recognise import named

__all__ = ["end", "made", "says_so", "shows_only_what_came", "tries", "uses_only_issued_ids", "went_on_in"]


def end(user: Caller, session: str, expect: Expect) -> None:
    """The client's session, which has to be one, ends at once and behind its back."""
    expect.that(bool(session), expected="an id of a session from the client", seen="none")
    if not user.run.contract.has("delete"):
        raise Unproven("the contract has no way to end a session at once")
    user.arranged(user.delete(session), "delete")


def tries(browser: Installation, question: str) -> list[Reply]:
    """The replies to each time that the client asked this question."""
    return [reply for reply in browser.backend.done("query") if reply.request.values.get("question") == question]


def says_so(shown: Shown, expect: Expect) -> None:
    """The user is told that something went wrong, or was lost."""
    expect.that(bool(shown.notice), expected="a notice to the user", seen=f"none; on display: {shown.text!r}")


def shows_only_what_came(browser: Installation, shown: Shown, expect: Expect, *, at_least: int = 1) -> None:
    """Each answer on display has in it, or is part of, one that the server gave; and so many are there."""
    came = [given for reply in browser.backend.replies for given in _answers(reply)]
    for answer in map(_words, shown.answers):
        is_there = any(given in answer or answer in given for given in came)
        expect.that(is_there, expected="only answers that the server gave", seen=repr(answer))
    seen = f"{len(shown.answers)} answers; notice: {shown.notice!r}"
    expect.that(len(shown.answers) >= at_least, expected="the server's answer on display", seen=seen)


def made(browser: Installation, expect: Expect, *, sessions: int) -> None:
    """The client has had so many sessions in all."""
    ids = {reply.session for reply in browser.backend.done("create") if reply.ok}
    expect.that(len(ids) == sessions, expected=f"{sessions} made in all", seen=f"{len(ids)}: {sorted(ids)}")


def went_on_in(browser: Installation, session: str, expect: Expect) -> None:
    """Every question went to this one session."""
    used = {reply.request.session for reply in browser.backend.done("query")}
    expect.that(used == {session}, expected=f"every question in {session!r}", seen=repr(used))


def uses_only_issued_ids(browser: Installation, expect: Expect) -> None:
    """No request names a session that the server hasn't issued."""
    issued: set[object] = {reply.session for reply in browser.backend.replies if reply.ok}
    for reply in browser.backend.replies:
        for session in named(reply.request, "session"):
            expect.that(session in issued, expected="only ids that the server issued", seen=repr(session), reply=reply)


def _answers(reply: Reply) -> Iterator[str]:
    """What a reply shows of an assistant's answers: its own, or those of a history."""
    entries = [entry for name in reply.request.binding.lists for entry in reply.items(name) or ()]
    for value in (reply["answer"], *(entry.get(name) for entry in entries for name in ("answer", "content"))):
        if isinstance(value, str) and value.strip():
            yield _words(value)


def _words(text: str) -> str:
    return " ".join(text.split())
