"""Conversations: messages, questions with their answers, cases, and what a clear leaves of them."""

from __future__ import annotations

from typing import Any

from sessionproof.contract.expressions import ABSENT
from sessionproof.explore.steps import Step
from sessionproof.explore.traces import Trace
from sessionproof.explore.walk import Walk
from sessionproof.explore.world import Entry, Session, alike
from sessionproof.oddities import ODD_TEXTS
from sessionproof.wire import Reply

__all__ = ["answered", "ask", "chatter", "clear", "is_open", "new_case", "same_metadata", "say"]

_ODD = tuple(text for text in ODD_TEXTS.values() if len(text) < 400)


def _text(walk: Walk, session: Session, how: int, *, asked: bool) -> str:
    """A new text, mostly; else the last one again or, of messages, one that programs stumble over."""
    again = [entry.text for entry in session.talk if entry.asked == asked]
    if how % 5 == 3 and again:
        return again[-1]
    text = walk.caller(session.user).text("asked" if asked else "said")
    return f" {text} {_ODD[how % len(_ODD)]}" if how % 5 == 4 and not asked else text


def say(walk: Walk, step: Step) -> None:
    session = walk.session(step.session)
    if session is None or not is_open(walk, session):
        return
    bindings, roles = walk.bindings("add_message"), walk.contract.roles or ("user",)
    binding, text = bindings[step.way % len(bindings)], _text(walk, session, step.how, asked=False)
    values: dict[str, Any] = {"role": roles[step.way % len(roles)], "content": text}
    if "metadata" in binding.sends and step.how % 3 == 2:
        values["metadata"] = {"k": [text[:60], None, 1.5, {"deep": {"er": True}}]}
    reply = walk.call(session.user, binding, session, **values)
    odd = step.how % 5 == 4 or "metadata" in values
    if (reply.status == 403 and values["role"] != roles[0]) or (reply.refused and odd):
        walk.leave(values, Trace(None, "said", refused="MSG-01"))
        session.since.append("refused")
        return
    walk.claims.reply("MSG-01", reply, "succeeds")
    walk.leave(values, Trace(session, "said", "", session.epoch))
    for name in ("content", "role"):
        if reply.shows(name):
            walk.claims.reply("MSG-04" if name == "content" else "MSG-05", reply, "says", name, values[name])
    walk.world.touched(session, "add_message", reply)
    entry = Entry(text, values["role"], metadata=values.get("metadata", ABSENT), message=reply["message"])
    issued = [one.message for one in session.talk if one.message is not ABSENT]
    if reply.shows("message"):
        walk.claims.reply("MSG-06", reply, "says_other_than", "message", *issued)
    walk.world.said(session, entry)
    session.since.append("say")


def is_open(walk: Walk, session: Session) -> bool:
    """Whether the contract says what can be done with a session of this status: with new ones, everything."""
    return bool(session.values.get("status", walk.contract.status_initial) == walk.contract.status_initial)


def ask(walk: Walk, step: Step) -> None:
    session = walk.session(step.session)
    if session is None or not is_open(walk, session):
        return
    _ask(walk, session, step.way, _text(walk, session, step.how, asked=True))


def _ask(walk: Walk, session: Session, way: int, question: str) -> None:
    bindings = walk.bindings("query")
    reply = walk.call(session.user, bindings[way % len(bindings)], session, question=question)
    walk.claims.reply("MSG-09", reply, "succeeds")
    answered(walk, session, reply, question)


def answered(walk: Walk, session: Session, reply: Reply, question: str) -> None:
    claims, contract = walk.claims, walk.contract
    if reply.shows("session"):
        claims.reply("MSG-09", reply, "says", "session", session.id)
    if reply.shows("question"):
        claims.reply("MSG-09", reply, "says", "question", question)
    case = _case(walk, session, reply)
    earlier = [one for one in session.talk if one.asked and (one.case == case or not contract.has("cases"))]
    if contract.assistant == "echo" and reply.shows("answer") and {"cases", "talk"} <= session.known:
        claims.reply("MSG-09", reply, "contains", question, "the question")
        for entry in earlier:
            claims.reply("MSG-09", reply, "contains", entry.text, "an earlier question of this conversation")
        if "files" in session.known:
            for file in session.files:
                if file.content and b"\r" not in file.content and len(file.content) < 200:
                    claims.reply("UPL-06", reply, "contains", file.content.decode(), "the text of its file")
    walk.leave(question, Trace(session, "asked", case, session.epoch))
    walk.world.touched(session, "query", reply)
    walk.world.said(session, Entry(question, asked=True, answer=reply["answer"], case=case))
    session.since.append("ask")


def chatter(walk: Walk, step: Step) -> None:
    """Many messages, or questions, one after the other."""
    session = walk.session(step.session)
    if session is None or not is_open(walk, session):
        return
    by_message = walk.contract.has("add_message") and (step.way % 2 == 0 or not walk.contract.has("query"))
    for number in range(11 if by_message else 7):
        if by_message:
            say(walk, Step("say", session=session.number, way=number))
        else:
            _ask(walk, session, number, walk.caller(session.user).text("asked"))


def _case(walk: Walk, session: Session, reply: Reply) -> str:
    """The case that the question belongs to: the current one or, where there is none, a new one."""
    if not walk.contract.has("cases") or "cases" not in session.known:
        return ""
    if not reply.shows("case"):
        session.known.discard("cases")
        return ""
    if session.current:
        wrong = "CAS-05" if "resume" in session.since else "CAS-02" if session.current in session.opened else "CAS-01"
        walk.claims.reply(wrong, reply, "says", "case", session.current)
        return session.current
    cases = [case for one in walk.world.sessions for case in one.cases]
    walk.claims.reply("CAS-01", reply, "says_other_than", "case", None, "", *cases)
    session.current = str(reply["case"])
    session.cases.append(session.current)
    return session.current


def new_case(walk: Walk, step: Step) -> None:
    session = walk.session(step.session)
    if session is None or not is_open(walk, session):
        return
    reply = walk.call(session.user, walk.contract.first("new_case"), session)
    walk.claims.reply("CAS-02", reply, "succeeds")
    walk.world.touched(session, "new_case", reply)
    session.since.append("new_case")
    if not reply.shows("case") or "cases" not in session.known:
        session.known.discard("cases")
        return
    cases = [case for one in walk.world.sessions for case in one.cases]
    walk.claims.reply("CAS-02", reply, "says_other_than", "case", None, "", *cases)
    session.current = str(reply["case"])
    session.cases.append(session.current)
    session.opened.add(session.current)


def clear(walk: Walk, step: Step) -> None:
    session = walk.session(step.session)
    if session is None or not is_open(walk, session):
        return
    bindings = walk.bindings("clear")
    reply = walk.call(session.user, bindings[step.way % len(bindings)], session)
    walk.claims.reply("MSG-10", reply, "succeeds")
    walk.world.touched(session, "clear", reply)
    walk.world.cleared(session)
    session.since.append("clear")
    if reply.shows("count"):
        walk.claims.reply("MSG-10", reply, "says", "count", 0)


def same_metadata(entry: Entry, seen: Any) -> bool:
    return ABSENT in (entry.metadata, seen) or alike(entry.metadata, seen)
