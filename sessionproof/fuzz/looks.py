"""What is looked at in every answer to a generated request: our own checks, a declaration each."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from sessionproof.expect import Expect
from sessionproof.fuzz.casting import Cast, Role
from sessionproof.fuzz.holding import (
    Scene,
    can_be_read,
    fits,
    has_a_declared_status,
    is_not_stored,
    is_plain,
    leaves_no_trace,
    sees_and_changes_nothing,
    shows_nothing_of_others,
    stays_dead,
    writes,
)
from sessionproof.wire import Reply

__all__ = ["LOOKS", "Look"]


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


def _is_a_declared_error(cast: Cast, reply: Reply) -> bool:
    return reply.refused and str(reply.status) in reply.request.binding.responses and is_plain(reply.request)


def _is_a_harmless_delete(reply: Reply) -> bool:
    """What isn't there may be deleted again and again."""
    return reply.ok and reply.request.method == "DELETE"


def _is_open_list(reply: Reply) -> bool:
    return reply.request.binding.operation in ("list", "stats") and reply.contract.list_scope == "all"


def _is_no_file(cast: Cast, reply: Reply) -> bool:
    return reply.ok and reply.request.binding.operation != "download"


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
    return "ISO-02" if writes(reply) else "ISO-01"


def _always(requirement: str) -> Callable[[Reply], str]:
    return lambda reply: requirement


LOOKS = (
    Look(
        "a_new_session_can_be_read",
        ("LIF-01",),
        _always("LIF-01"),
        _makes_a_session,
        can_be_read,
    ),
    Look(
        "strangers_see_and_change_nothing",
        ("ISO-01", "ISO-02"),
        _of_a_stranger,
        lambda cast, reply: cast.role is Role.STRANGER and _answered(reply),
        sees_and_changes_nothing,
    ),
    Look(
        "nobody_is_refused",
        ("ISO-05",),
        _always("ISO-05"),
        lambda cast, reply: cast.role is Role.NOBODY and _answered(reply) and not reply.request.binding.anonymous,
        sees_and_changes_nothing,
    ),
    Look(
        "no_answer_shows_words_of_others",
        ("ISO-01", "ISO-03"),
        _of_a_list,
        lambda cast, reply: reply.contract.identity.kind != "none" and not _is_open_list(reply),
        shows_nothing_of_others,
    ),
    Look(
        "the_deleted_stays_deleted",
        ("LIF-05",),
        _always("LIF-05"),
        lambda cast, reply: cast.role is Role.ENDED and _answered(reply) and not _is_a_harmless_delete(reply),
        stays_dead,
    ),
    Look(
        "unknown_ids_are_not_adopted",
        ("SEC-02",),
        _always("SEC-02"),
        lambda cast, reply: cast.role is Role.UNKNOWN and _answered(reply) and not _is_a_harmless_delete(reply),
        stays_dead,
    ),
    Look(
        "refused_calls_leave_no_trace",
        ("SEC-03",),
        _always("SEC-03"),
        lambda cast, reply: cast.role is Role.OWN and reply.refused,
        leaves_no_trace,
    ),
    Look(
        "statuses_are_declared", ("SEC-03",), _of_a_status, lambda cast, reply: _answered(reply), has_a_declared_status
    ),
    Look("errors_have_the_declared_shape", ("SEC-04",), _always("SEC-04"), _is_a_declared_error, fits),
    Look("session_data_is_not_stored", ("SEC-04",), _always("SEC-04"), _shows_a_session, is_not_stored),
    Look("answers_fit_their_schema", ("LIF-02", "CAS-04"), _of_an_answer, _is_no_file, fits),
)
