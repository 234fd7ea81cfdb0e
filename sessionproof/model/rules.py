"""What the checkers need of a contract, and nothing else: plain values that go to other processes."""

from __future__ import annotations

from dataclasses import dataclass
from math import inf

from sessionproof.contract import PAGING, Contract
from sessionproof.history import Header

__all__ = ["Rules"]

_VIEWS = ("read", "messages", "case_history")  # operations that may show a conversation


@dataclass(frozen=True)
class Rules:
    """Times are seconds of the history's clock. A default is what a contract means that says nothing."""

    gone: frozenset[int] = frozenset({404, 410})
    foreign: frozenset[int] = frozenset({403, 404})
    users: bool = True  # whether callers have identities
    life_kind: str = ""  # idle | absolute | both | "": not told, so that no life ends by itself
    life: float = inf  # of a session that asked for none; inf where that isn't told
    shortest: float = 0.0  # what may be asked for: outside of it nobody knows what one gets
    longest: float = inf
    absolute: float = inf  # the longest that any session lives
    refreshed_by: frozenset[str] = frozenset()
    not_refreshed_by: frozenset[str] = frozenset()
    scale: float = 1.0  # seconds for each second of the contract
    early: float = 1.0  # seconds before and after the end of a life in which nothing can be told
    late: float = 1.0
    resumes_by: str = ""  # user: each user's client ids; client: client ids alone; "": nothing resumes
    lists: str = ""  # user: one's own sessions; all: everybody's; "": not told
    autocreates: bool = False  # a query or an upload without a session makes one
    appends: frozenset[str] = frozenset()  # operations that add an entry: add_message, query
    shows: frozenset[str] = frozenset()  # operations that show entries: read, messages, case_history
    answers: bool = False  # the server adds entries of its own
    cases: bool = False  # a session has several conversations
    deleted: str = ""  # a status whose setting is a delete
    bounded: frozenset[str] = frozenset()  # of `shows`: those that may show a page though none was asked for
    offsets: frozenset[str] = frozenset()  # of `shows`: those whose pages begin at an offset
    elsewhere: frozenset[str] = frozenset()  # of `shows`: those whose offsets say nothing of places among the entries
    queries_show: bool = False  # whether a question surely is among the entries
    keeps_cases: bool = False  # whether a clear leaves the cases as they are
    outlive: frozenset[str] = frozenset()  # operations that may be served after the end of their session
    flags: bool = False  # whether a create says if the session was there before
    invalid: frozenset[int] = frozenset({400, 413, 414, 415, 422, 431})
    opens: frozenset[str] = frozenset({"create"})  # operations that may make a session
    clears: bool = True  # whether a conversation can be cleared
    part: bool = False  # whether calls to the sessions may be missing

    @classmethod
    def of(
        cls, contract: Contract, *, scale: float = 1.0, life: float | None = None, early: float = 1.0, late: float = 1.0
    ) -> Rules:
        """The rules of `contract`; `life` in seconds of the history's clock stands before the contract's default."""
        declared = contract.life
        told = declared.default * scale if declared.default is not None else inf
        return cls(
            gone=contract.gone,
            foreign=contract.foreign,
            users=contract.identity.kind != "none",
            life_kind=declared.kind,
            life=told if life is None else life,
            shortest=(declared.minimum or 0.0) * scale,
            longest=(declared.maximum if declared.maximum is not None else inf) * scale,
            absolute=(declared.absolute if declared.absolute is not None else inf) * scale,
            refreshed_by=frozenset(declared.refreshed_by),
            not_refreshed_by=frozenset(declared.not_refreshed_by),
            scale=scale,
            early=early,
            late=late,
            resumes_by=_resumes_by(contract),
            lists=(contract.list_scope or "user") if contract.has("list") else "",
            autocreates=contract.autocreate,
            appends=frozenset(name for name in ("add_message", "query") if contract.has(name)),
            shows=frozenset(name for name in _VIEWS if _shows(contract, name)),
            answers=contract.assistant != "none" and contract.has("query"),
            cases=contract.has("case_history") or contract.has("new_case"),
            deleted=contract.status_deleted,
            bounded=frozenset(name for name in _VIEWS if _is_bounded(contract, name)),
            offsets=frozenset(name for name in _VIEWS if _sends(contract, name, {"offset"})),
            elsewhere=frozenset(name for name in _VIEWS if _is_elsewhere(contract, name)),
            queries_show=not contract.has("add_message"),
            keeps_cases="cases" in (contract.clear_keeps or ()),
            outlive=_outlive(contract),
            flags=all("resumed" in binding.returns for binding in contract.all("create")),
            invalid=contract.invalid,
            clears=contract.has("clear"),
        )

    @classmethod
    def for_history(cls, contract: Contract, header: Header) -> Rules:
        """The rules of `contract` for the file that begins with `header`."""
        return cls.of(contract, scale=header.scale, life=header.life, early=header.tolerance, late=header.tolerance)


def _resumes_by(contract: Contract) -> str:
    if "resume" not in contract.capabilities:
        return ""
    return "user" if contract.resumes_by_user else "client"


def _shows(contract: Contract, operation: str) -> bool:
    """Whether an answer to `operation` shows texts of a conversation."""
    lists = "messages" if operation == "read" else "each"
    texts = {"content", "question"}
    return any(
        lists in binding.lists and texts & set(binding.lists[lists].fields) for binding in contract.all(operation)
    )


def _sends(contract: Contract, operation: str, names: set[str]) -> bool:
    return any(names & set(binding.sends) for binding in contract.all(operation))


def _is_elsewhere(contract: Contract, operation: str) -> bool:
    lists = "messages" if operation == "read" else "each"
    return any(not binding.lists[lists].is_plain for binding in contract.all(operation) if lists in binding.lists)


def _is_bounded(contract: Contract, operation: str) -> bool:
    """Whether an answer may be a page though none was asked for, and nothing in it would say so."""
    return any(
        set(PAGING) & set(binding.sends) and not {"total", "next"} & set(binding.returns)
        for binding in contract.all(operation)
    )


def _outlive(contract: Contract) -> frozenset[str]:
    kept = contract.delete_keeps or frozenset()
    files = {"uploads", "download"} if "uploads" in kept else set()
    cases = {"cases", "case_history"} if "cases" in kept or contract.case_lifetime == "user" else set()
    return frozenset(files | cases)
