"""Whether what is shown of a conversation, and of a session's cases, is what was said and asked."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from sessionproof.contract.expressions import ABSENT
from sessionproof.dialogue import asked
from sessionproof.explore.acts.talking import same_metadata
from sessionproof.explore.claims import View
from sessionproof.explore.walk import Walk
from sessionproof.explore.world import Entry, Session
from sessionproof.wire import Reply, instant

__all__ = ["cases_are", "talk_is"]


def talk_is(walk: Walk, session: Session, page: int | None) -> None:
    """The conversation on every route that shows it: the list of messages, and those inside the session."""
    contract, seen = walk.contract, False
    for size in (None, page) if page is not None and contract.has("messages") else (None,):
        if not contract.has("messages"):
            break
        pages = walk.pages(session.user, "messages", session, size, walk.suspects(session, "MSG-08"))
        walk.world.touched(session, "messages", pages.last)
        _learn(walk, session, pages.values("content"))
        view = View("messages", session.id, "content", (), size, ordered=True)
        _entries_are(walk, session, pages.entries, pages.last, view)
        for total in pages.totals:
            walk.claims.that(
                walk.suspects(session, "MSG-08"), total == len(pages.entries), pages.last,
                expected=f"a total of {len(pages.entries)}", seen=repr(total),
                test=("says", "total", len(pages.entries)),
            )  # fmt: skip
        seen = True
    read = contract.first("read") if contract.has("read") else None
    if read is not None and "messages" in read.lists and "content" in read.lists["messages"].fields:
        reply = walk.call(session.user, read, session)
        walk.world.touched(session, "read", reply)
        walk.claims.reply(walk.suspects(session, "LIF-01"), reply, "succeeds")
        view = View("read", session.id, "content", (), inside="messages", ordered=True)
        _entries_are(walk, session, reply.items("messages") or (), reply, view, otherwise="MSG-08" if seen else "")
        if reply.shows("count") and reply["count"] is not ABSENT:
            count = len(reply.items("messages") or ())
            walk.claims.reply("MSG-08", reply, "says", "count", count)


def _learn(walk: Walk, session: Session, contents: Sequence[Any]) -> None:
    """Whether questions are messages too is the target's choice where messages can also be added."""
    first = next((entry for entry in session.talk if entry.asked), None)
    if walk.learned.questions_are_messages is None and first is not None:
        walk.learned.questions_are_messages = first.text in contents


def _wanted(walk: Walk, session: Session) -> list[tuple[str, Entry]] | None:
    """The contents that the conversation has to show; None where that isn't known."""
    with_questions = not walk.contract.has("add_message") or walk.learned.questions_are_messages
    if with_questions is None and any(entry.asked for entry in session.talk):
        return None
    wanted: list[tuple[str, Entry]] = []
    for entry in session.talk:
        if not entry.asked:
            wanted.append((entry.text, entry))
        elif with_questions:
            wanted.append((entry.text, entry))
            if entry.answer is ABSENT:
                return None
            wanted.append((str(entry.answer), entry))
    return wanted


def _entries_are(
    walk: Walk,
    session: Session,
    entries: Sequence[Mapping[str, Any]],
    reply: Reply,
    view: View,
    otherwise: str = "",
) -> None:
    wanted = _wanted(walk, session)
    if wanted is None:
        return
    seen = [entry.get("content", ABSENT) for entry in entries]
    texts = [text for text, _ in wanted]
    view = replace(view, wanted=tuple(texts))
    wrong, words = _difference(walk, session, wanted, seen)
    if wrong and otherwise and not walk.suspects(session, "").startswith(("RES", "ISO")):
        wrong = otherwise
    if view.page is not None and wrong in ("MSG-01", "MSG-02"):
        wrong = "MSG-08"
    expected = f"the {len(texts)} messages of the conversation in their order"
    for requirement in (wrong,) if wrong else ("MSG-01", "MSG-02", "MSG-04", "MSG-08"):
        walk.claims.that(requirement, not wrong, reply, expected=expected, seen=words, test=view)
    _details_are(walk, wanted, entries, reply)


def _difference(
    walk: Walk, session: Session, wanted: Sequence[tuple[str, Entry]], seen: Sequence[Any]
) -> tuple[str, str]:
    """The requirement that is broken, and what is seen; "" where nothing is."""
    texts = [text for text, _ in wanted]
    if list(seen) == texts:
        return "", ""
    missing, surplus = Counter(texts) - Counter(map(str, seen)), Counter(map(str, seen)) - Counter(texts)
    words = f"{len(seen)} messages" + (f", lacking {list(missing)[:2]!r}" if missing else "")
    words = f"{words}, with {list(surplus)[:2]!r} in addition"[:300] if surplus else words
    if not missing and not surplus:
        return walk.suspects(session, "MSG-02"), f"{words} in another order"
    questions = any(entry.asked for text, entry in wanted if text in missing)
    default = "MSG-09" if questions else "MSG-04" if missing and len(texts) == len(seen) else "MSG-01"
    if "clear" in session.since and not missing:
        default = "MSG-10"
    return walk.suspects(session, default), words


def _details_are(
    walk: Walk, wanted: Sequence[tuple[str, Entry]], entries: Sequence[Mapping[str, Any]], reply: Reply
) -> None:
    claims = walk.claims
    for (_, entry), shown in zip(wanted, entries, strict=True):
        if entry.asked:
            continue
        role, id = shown.get("role", ABSENT), shown.get("message", ABSENT)
        claims.that("MSG-05", role in (ABSENT, entry.role), reply, expected=f"role {entry.role}", seen=str(role))
        same = ABSENT in (id, entry.message) or str(id) == str(entry.message)
        claims.that("MSG-06", same, reply, expected=f"message {entry.message}", seen=str(id))
        metadata = shown.get("metadata", ABSENT)
        expected = f"metadata {entry.metadata!r}"[:200]
        claims.that("MSG-04", same_metadata(entry, metadata), reply, expected=expected, seen=repr(metadata)[:200])
    ids = [str(entry["message"]) for entry in entries if entry.get("message", ABSENT) is not ABSENT]
    claims.that("MSG-06", len(set(ids)) == len(ids), reply, expected="an id for each message", seen=repr(ids)[:200])
    times = [instant(entry["time"], walk.contract.times) for entry in entries if "time" in entry]
    known = [at for at in times if at is not None]
    ordered = len(known) == len(times) and known == sorted(known)
    claims.that("MSG-06", ordered, reply, expected="times with a zone that don't go back", seen=repr(times)[:200])


def cases_are(walk: Walk, session: Session) -> None:
    """The list of cases, which of them is current, and the history of each."""
    contract, claims = walk.contract, walk.claims
    if contract.has("cases"):
        pages = walk.pages(session.user, "cases", session, None, walk.suspects(session, "CAS-04"))
        walk.world.touched(session, "cases", pages.last)
        shown = list(map(str, pages.values("case")))
        if contract.case_lifetime == "user":
            others = {case for one in walk.world.sessions if one is not session for case in one.cases}
            shown = [case for case in shown if case not in others or case in session.cases]
        view = View("cases", session.id, "case", tuple(session.cases), ordered=True)
        wrong = walk.suspects(session, "CAS-01" if len(session.cases) < 2 else "CAS-04")
        expected = f"the {len(session.cases)} cases in their order"
        claims.that(wrong, shown == session.cases, pages.last, expected=expected, seen=repr(shown)[:200], test=view)
        for entry in pages.entries:
            count = sum(one.asked and one.case == str(entry.get("case")) for one in session.talk)
            counts = entry.get("count", ABSENT) is not ABSENT and not session.epoch
            if counts and str(entry.get("case")) in session.cases:
                claims.that(
                    "CAS-04", entry["count"] == count, pages.last, expected=f"{count} queries", seen=str(entry["count"])
                )
        if pages.last.shows("current_case"):
            current = pages.last["current_case"]
            claims.that(
                walk.suspects(session, "CAS-02" if session.current in session.opened else "CAS-01"),
                (current or "") == session.current,
                pages.last,
                expected=f"current case {session.current or None!r}",
                seen=repr(current),
                test=("says", "current_case", session.current or None),
            )
    if contract.has("case_history") and not session.epoch:
        for case in session.cases:
            _history_is(walk, session, case)


def _history_is(walk: Walk, session: Session, case: str) -> None:
    claims = walk.claims
    pages = walk.pages(session.user, "case_history", session, None, walk.suspects(session, "CAS-02"), case=case)
    walk.world.touched(session, "case_history", pages.last)
    turns = [entry for entry in session.talk if entry.asked and entry.case == case]
    shown = [entry for entry in pages.entries if asked(entry)]
    questions = [entry.get("question") for entry in shown]
    wanted = [turn.text for turn in turns]
    other = {entry.text for entry in session.talk if entry.asked and entry.case != case} - set(wanted)
    default = "CAS-03" if other & set(map(str, questions)) else "MSG-09" if len(questions) < len(wanted) else "CAS-04"
    view = View("case_history", session.id, "question", tuple(wanted), filters=(("case", case),), ordered=True)
    claims.that(
        walk.suspects(session, default), questions == wanted, pages.last,
        expected=f"the {len(wanted)} questions of the case in their order", seen=repr(questions)[:240], test=view,
    )  # fmt: skip
    for turn, entry in zip(turns, shown, strict=True):
        answer = entry.get("answer", ABSENT)
        same = ABSENT in (answer, turn.answer) or answer == turn.answer
        claims.that("MSG-09", same, pages.last, expected=f"the answer to {turn.text!r}"[:200], seen=repr(answer)[:200])
        named = entry.get("case", ABSENT)
        claims.that("CAS-04", named in (ABSENT, case), pages.last, expected=f"case {case}", seen=str(named))
        confidence = entry.get("confidence", ABSENT)
        sure = confidence is ABSENT or (isinstance(confidence, int | float) and 0 <= confidence <= 1)
        claims.that("CAS-04", sure, pages.last, expected="a confidence from 0 to 1", seen=str(confidence))
    if walk.contract.case_started and case in session.opened:
        kinds = [entry.get("kind", ABSENT) for entry in pages.entries[:1]]
        claims.that(
            "CAS-02", kinds == [walk.contract.case_started], pages.last,
            expected=f"{walk.contract.case_started} as the first entry", seen=repr(kinds),
        )  # fmt: skip
