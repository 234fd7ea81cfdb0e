"""What is looked at in every answer to a generated request: our own checks, a declaration each."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol
from urllib.parse import quote

from sessionproof.caller import Caller
from sessionproof.expect import Expect, whose
from sessionproof.fuzz.casting import Cast, Role
from sessionproof.state import changes
from sessionproof.wire import Reply, Request, shape_error

__all__ = ["LOOKS", "Look", "Scene"]


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


@dataclass(frozen=True)
class Look:
    """One thing that has to hold of an answer. `about` says which answers it is about, by role and reply."""

    name: str
    counts_for: tuple[str, ...]  # all requirements that it can be about
    which: Callable[[Reply], str]  # the one that an answer is about; "" where none says it: then it is a note
    about: Callable[[Cast, Reply], bool]
    holds: Callable[[Scene, Cast, Reply, Expect], None]


def _answered(reply: Reply) -> bool:
    """Server errors have a look of their own."""
    return reply.status is not None and reply.status < 500


def _writes(reply: Reply) -> bool:
    return reply.request.method not in ("GET", "HEAD")


def _is_refused(scene: Scene, cast: Cast, reply: Reply, expect: Expect) -> None:
    expect(reply).is_refused()


def _sees_and_changes_nothing(scene: Scene, cast: Cast, reply: Reply, expect: Expect) -> None:
    """A request of somebody who may not: refused, nothing of the owner's in the answer, nothing changed."""
    expect(reply).is_refused()
    expect(reply).leaks_nothing()
    _changed_nothing(scene, cast, reply, expect, moving=True)


def _leaves_no_trace(scene: Scene, cast: Cast, reply: Reply, expect: Expect) -> None:
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


def _stays_dead(scene: Scene, cast: Cast, reply: Reply, expect: Expect) -> None:
    expect(reply).is_refused()
    if _writes(reply) and scene.may_look_further():
        expect(scene.owner.read(cast.session)).is_refused()


def _has_a_declared_status(scene: Scene, cast: Cast, reply: Reply, expect: Expect) -> None:
    said = _declared_statuses(reply)
    holds = (
        not said
        or str(reply.status) in said
        or f"{(reply.status or 0) // 100}XX" in said
        or not _is_plain(reply.request)
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


def _can_be_read(scene: Scene, cast: Cast, reply: Reply, expect: Expect) -> None:
    """A new session's id is new, and its creator can read it."""
    sent = reply.request.values
    by_user_alone = reply.contract.resume_scope == ("user",)
    new = reply.resumed is False or (sent.get("client") is None and not by_user_alone)
    if new and "idempotency_key" not in sent and scene.was_known(reply.session):
        expect(reply).says_other_than("session", reply.session)
    expect(scene.owner.read(reply.session)).succeeds()


def _is_not_stored(scene: Scene, cast: Cast, reply: Reply, expect: Expect) -> None:
    cache = (reply.header("Cache-Control") or "").lower()
    kept_out = "no-store" in cache or "private" in cache
    expect.that(kept_out, expected="Cache-Control: no-store or private", seen=cache or "none", reply=reply)


def _fits(scene: Scene, cast: Cast, reply: Reply, expect: Expect) -> None:
    error = shape_error(reply)
    expect.that(not error, expected="the declared shape", seen=error, reply=reply)


def _shows_nothing_of_others(scene: Scene, cast: Cast, reply: Reply, expect: Expect) -> None:
    expected = f"nothing of another user's in an answer to {reply.request.actor.name}"
    expect.that(not reply.leaks, expected=expected, seen=f"a canary of {whose(reply)}", reply=reply)


def _is_a_declared_error(cast: Cast, reply: Reply) -> bool:
    return reply.refused and str(reply.status) in reply.request.binding.responses and _is_plain(reply.request)


def _is_plain(request: Request) -> bool:
    """Whether the path surely reaches the operation: an odd id may not, and what answers then is no part of the API."""
    path = request.target.partition("?")[0]
    named = [part for part in path.split("/") if part]
    return all(quote(part, safe="-._~:@!$&'()*+,;=") == part and part.strip(".") for part in named)


def _is_open_list(reply: Reply) -> bool:
    return reply.request.binding.operation in ("list", "stats") and reply.contract.list_scope == "all"


def _makes_a_session(cast: Cast, reply: Reply) -> bool:
    made = reply.ok and reply.request.binding.operation == "create" and bool(reply.session)
    return made and cast.role is Role.ANY and reply.contract.has("read")


def _shows_a_session(cast: Cast, reply: Reply) -> bool:
    return reply.ok and reply.request.binding.operation in ("read", "create")


def _of_a_list(reply: Reply) -> str:
    return "ISO-03" if reply.request.binding.operation in ("list", "stats") else "ISO-01"


_SHAPES = {"create": "LIF-02", "read": "LIF-02", "cases": "CAS-04", "case_history": "CAS-04"}


def _of_an_answer(reply: Reply) -> str:
    return _SHAPES.get(reply.request.binding.operation, "")


def _of_a_status(reply: Reply) -> str:
    return "SEC-03" if reply.refused else ""


def _of_a_stranger(reply: Reply) -> str:
    return "ISO-02" if _writes(reply) else "ISO-01"


def _always(requirement: str) -> Callable[[Reply], str]:
    return lambda reply: requirement


LOOKS = (
    Look(
        "a_new_session_can_be_read",
        ("LIF-01",),
        _always("LIF-01"),
        _makes_a_session,
        _can_be_read,
    ),
    Look(
        "strangers_see_and_change_nothing",
        ("ISO-01", "ISO-02"),
        _of_a_stranger,
        lambda cast, reply: cast.role is Role.STRANGER and _answered(reply),
        _sees_and_changes_nothing,
    ),
    Look(
        "nobody_is_refused",
        ("ISO-05",),
        _always("ISO-05"),
        lambda cast, reply: cast.role is Role.NOBODY and _answered(reply) and not reply.request.binding.anonymous,
        _sees_and_changes_nothing,
    ),
    Look(
        "no_answer_shows_words_of_others",
        ("ISO-01", "ISO-03"),
        _of_a_list,
        lambda cast, reply: reply.contract.identity.kind != "none" and not _is_open_list(reply),
        _shows_nothing_of_others,
    ),
    Look(
        "the_deleted_stays_deleted",
        ("LIF-05",),
        _always("LIF-05"),
        lambda cast, reply: (
            cast.role is Role.ENDED and _answered(reply) and not (reply.ok and reply.request.method == "DELETE")
        ),
        _stays_dead,
    ),
    Look(
        "unknown_ids_are_not_adopted",
        ("SEC-02",),
        _always("SEC-02"),
        lambda cast, reply: cast.role is Role.UNKNOWN and _answered(reply),
        _stays_dead,
    ),
    Look(
        "refused_calls_leave_no_trace",
        ("SEC-03",),
        _always("SEC-03"),
        lambda cast, reply: cast.role is Role.OWN and reply.refused,
        _leaves_no_trace,
    ),
    Look(
        "statuses_are_declared", ("SEC-03",), _of_a_status, lambda cast, reply: _answered(reply), _has_a_declared_status
    ),
    Look("errors_have_the_declared_shape", ("SEC-04",), _always("SEC-04"), _is_a_declared_error, _fits),
    Look("session_data_is_not_stored", ("SEC-04",), _always("SEC-04"), _shows_a_session, _is_not_stored),
    Look("answers_fit_their_schema", ("LIF-02", "CAS-04"), _of_an_answer, lambda cast, reply: reply.ok, _fits),
)
