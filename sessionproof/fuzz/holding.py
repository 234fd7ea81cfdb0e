"""What has to hold of an answer to a generated request, each as expectations about one reply."""

from __future__ import annotations

from typing import Any, Protocol
from urllib.parse import quote

from sessionproof.caller import Caller
from sessionproof.expect import Expect, whose
from sessionproof.fuzz.casting import Cast
from sessionproof.state import changes
from sessionproof.wire import Reply, Request, shape_error

__all__ = [
    "Scene", "can_be_read", "fits", "has_a_declared_status", "is_not_stored", "is_plain", "leaves_no_trace",
    "sees_and_changes_nothing", "shows_nothing_of_others", "stays_dead", "writes",
]  # fmt: skip


class Scene(Protocol):
    """What a look may ask for besides the answer."""

    @property
    def owner(self) -> Caller: ...

    @property
    def before(self) -> dict[str, Any] | None:
        """What the owner saw of the session before the request; None where this time nobody looked."""

    def was_known(self, session: str) -> bool:
        """Whether the id was there before the request."""

    def may_look_further(self) -> bool:
        """Whether the run can still afford calls of its own for this one; counts as one of them."""

    def again(self, cast: Cast, reply: Reply) -> tuple[Reply, dict[str, Any]]:
        """The same request on a fresh session, and what its owner saw of that before."""


def sees_and_changes_nothing(scene: Scene, cast: Cast, reply: Reply, expect: Expect) -> None:
    """A request of somebody who may not: refused, nothing of the owner's in the answer, nothing changed."""
    expect(reply).is_refused()
    expect(reply).leaks_nothing()
    _changed_nothing(scene, cast, reply, expect, moving=True)


def leaves_no_trace(scene: Scene, cast: Cast, reply: Reply, expect: Expect) -> None:
    _changed_nothing(scene, cast, reply, expect, moving=False)


def _changed_nothing(scene: Scene, cast: Cast, reply: Reply, expect: Expect, *, moving: bool) -> None:
    """What is suspected is looked at again, on a fresh session: what it doesn't show a second time is undecided."""
    if scene.before is None:
        return
    if not changes(scene.owner, cast.session, scene.before, moving=moving):
        expect(reply).is_as_before([], "the session")
        return
    again, before = scene.again(cast, reply)
    found = changes(scene.owner, str(again.request.session), before, moving=moving)
    if not found or again.ok:
        expect.leave_undecided()
        return
    expect(again).is_as_before(found, "the session")


def stays_dead(scene: Scene, cast: Cast, reply: Reply, expect: Expect) -> None:
    expect(reply).is_refused()
    if writes(reply) and scene.may_look_further():
        expect(scene.owner.read(cast.session)).is_refused()


def has_a_declared_status(scene: Scene, cast: Cast, reply: Reply, expect: Expect) -> None:
    said = _declared_statuses(reply)
    holds = (
        not said
        or str(reply.status) in said
        or f"{(reply.status or 0) // 100}XX" in said
        or not is_plain(reply.request)
    )
    expect.that(
        holds, expected=f"one of the declared statuses: {', '.join(sorted(said))}", seen=str(reply.status), reply=reply
    )


def _declared_statuses(reply: Reply) -> frozenset[str]:
    """Those of the operation, and what the contract says of refusals on all of them; none where anything may come."""
    contract, responses = reply.contract, {status.upper() for status in reply.request.binding.responses}
    if not responses or "DEFAULT" in responses:
        return frozenset()
    refusals = (
        contract.foreign | contract.gone | contract.unknown | contract.no_identity | contract.no_session
        | contract.invalid | _ANYWHERE
    )  # fmt: skip
    return frozenset(responses | {str(status) for status in refusals})


_ANYWHERE = {408, 429}  # said of a caller's pace, not of a request


def can_be_read(scene: Scene, cast: Cast, reply: Reply, expect: Expect) -> None:
    """A new session's id is new, and its creator can read it."""
    sent = reply.request.values
    by_user_alone = reply.contract.resume_scope == ("user",)
    new = reply.resumed is False or (sent.get("client") is None and not by_user_alone)
    if new and "idempotency_key" not in sent and scene.was_known(reply.session):
        expect(reply).says_other_than("session", reply.session)
    expect(scene.owner.read(reply.session)).succeeds()


def is_not_stored(scene: Scene, cast: Cast, reply: Reply, expect: Expect) -> None:
    cache = (reply.header("Cache-Control") or "").lower()
    kept_out = "no-store" in cache or "private" in cache
    expect.that(kept_out, expected="Cache-Control: no-store or private", seen=cache or "none", reply=reply)


def fits(scene: Scene, cast: Cast, reply: Reply, expect: Expect) -> None:
    error = shape_error(reply)
    expect.that(not error, expected="the declared shape", seen=error, reply=reply)


def shows_nothing_of_others(scene: Scene, cast: Cast, reply: Reply, expect: Expect) -> None:
    expected = f"nothing of another user's in an answer to {reply.request.actor.name}"
    expect.that(not reply.leaks, expected=expected, seen=f"a canary of {whose(reply)}", reply=reply)


def writes(reply: Reply) -> bool:
    return reply.request.method not in ("GET", "HEAD")


def is_plain(request: Request) -> bool:
    """Whether the path surely reaches the operation: an odd id may not, and what answers then is no part of the API."""
    path = request.target.partition("?")[0]
    named = [part for part in path.split("/") if part]
    return all(quote(part, safe="-._~:@!$&'()*+,;=") == part and part.strip(".") for part in named)
