"""What was asked and answered in a session, and the files in it, from whichever routes show them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import zip_longest
from typing import Any

from sessionproof.caller import Caller
from sessionproof.contract.expressions import ABSENT
from sessionproof.lists import listed

__all__ = ["Turn", "case_ids", "files", "history", "said_in", "turns"]


@dataclass(frozen=True)
class Turn:
    """A question with its answer; either is ABSENT where the other stands alone."""

    question: Any
    answer: Any


def turns(caller: Caller, session: str, *, page: int | None = None) -> list[Turn]:
    """Everything asked in the session, case by case, in the order in which it is shown; read in pages of this size.

    Raises SetUpFailed when it can't be read.
    """
    contract = caller.run.contract
    if contract.has("case_history"):
        entries = [entry for case in case_ids(caller, session) for entry in history(caller, session, case, page)]
        return [Turn(entry.get("question", ABSENT), entry.get("answer", ABSENT)) for entry in entries if asked(entry)]
    if contract.has("messages"):
        contents = listed(caller, "messages", session, page=page).values("content")
    else:
        reply = caller.arranged(caller.read(session), "read")
        contents = [entry.get("content", ABSENT) for entry in reply.items("messages") or ()]
    return [Turn(*pair) for pair in zip_longest(contents[::2], contents[1::2], fillvalue=ABSENT)]


def said_in(caller: Caller, session: str, *, page: int | None = None) -> list[Any]:
    """What callers said in the session, in its order: the messages or, where there are none, the questions.

    Raises SetUpFailed when it can't be read.
    """
    contract = caller.run.contract
    if not contract.has("add_message"):
        return [turn.question for turn in turns(caller, session)]
    if contract.has("messages"):
        return listed(caller, "messages", session, page=page).values("content")
    reply = caller.arranged(caller.read(session), "read")
    return [entry.get("content", ABSENT) for entry in reply.items("messages") or ()]


def asked(entry: Mapping[str, Any]) -> bool:
    """Whether an entry of a case's history is a question with its answer, and not another event."""
    return entry.get("question", ABSENT) not in (ABSENT, None)


def case_ids(caller: Caller, session: str) -> list[Any]:
    """The ids of the session's cases in the list's order; without such a list one None, for the current case."""
    if not caller.run.contract.has("cases"):
        return [None]
    return listed(caller, "cases", session).values("case")


def history(caller: Caller, session: str, case: Any, page: int | None = None) -> list[Mapping[str, Any]]:
    """The entries of one case; of the current one when `case` is None."""
    named = {} if case is None else {"case": case}
    return list(listed(caller, "case_history", session, page=page, **named).entries)


def files(caller: Caller, session: str) -> list[Mapping[str, Any]]:
    """What the session's files are listed as, by vocabulary name. Raises SetUpFailed when it can't be read."""
    if caller.run.contract.has("uploads"):
        return list(listed(caller, "uploads", session).entries)
    return list(caller.arranged(caller.read(session), "read").items("uploads") or ())
