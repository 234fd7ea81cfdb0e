"""The client: which session an extension uses, what it does when that ends or can't be had, and what it shows."""

from __future__ import annotations

import pytest

from sessionproof.browser.extension import Extension
from sessionproof.browser.installation import Installation
from sessionproof.browser.panel import Shown
from sessionproof.caller import Caller
from sessionproof.contract.expressions import ABSENT
from sessionproof.expect import Expect
from sessionproof.proxy import Answers, Cuts, Holds
from sessionproof.run import Run
from sessionproof.wire import request_error
from sessionproof.wire.recognise import named

requirement = pytest.mark.requirement


@requirement("CLI-01")
def the_session_is_one_that_the_server_issued(extension: Extension, alice: Caller, expect: Expect) -> None:
    browser = extension.installed_by(alice)
    panel = browser.open()
    session = browser.session()
    expect.that(bool(session), expected="an id of a session from the extension", seen="none")
    expect(alice.read(session)).succeeds()
    shown = panel.ask(alice.text("first"))
    panel.ask(alice.text("second"))
    asked = browser.backend.done("query")
    expect.that(len(asked) == 2, expected="two queries at the server", seen=f"{len(asked)}; on display: {shown.text!r}")
    browser.restart()
    browser.open().ask(alice.text("third"))
    uses_only_issued_ids(browser, expect)


def uses_only_issued_ids(browser: Installation, expect: Expect) -> None:
    issued: set[object] = {reply.session for reply in browser.backend.replies if reply.ok}
    for reply in browser.backend.replies:
        for session in named(reply.request, "session"):
            expect.that(session in issued, expected="only ids that the server issued", seen=repr(session), reply=reply)


@requirement("CLI-02")
def without_a_back_end_it_says_so_and_makes_nothing_up(extension: Extension, alice: Caller, expect: Expect) -> None:
    browser = extension.installed_by(alice)
    with browser.backend.meeting("", Cuts()):
        panel = browser.open()
        panel.settled()
        says_so(panel.ask(alice.text("to nobody")), expect)
        session = browser.session()
        expect.that(not session, expected="no session's id without a back end", seen=repr(session))
        asked = browser.backend.done("query")
        expect.that(not asked, expected="no query without a session", seen=f"{len(asked)}")
    question = alice.text("to somebody")
    shows_only_what_came(browser, panel.ask(question), expect)
    expect(alice.read(browser.session())).succeeds()
    was_asked(browser, question, expect)


@requirement("CLI-02")
def an_answer_that_fails_is_not_made_up(extension: Extension, alice: Caller, expect: Expect) -> None:
    browser = extension.installed_by(alice)
    panel = browser.open()
    shows_only_what_came(browser, panel.ask(alice.text("before")), expect)
    for failure in (Answers(500, b'{"detail": "out of order"}'), Cuts()):
        with browser.backend.meeting("query", failure):
            shown = panel.ask(alice.text("meanwhile"))
            says_so(shown, expect)
            shows_only_what_came(browser, shown, expect, at_least=0)
    shows_only_what_came(browser, panel.ask(alice.text("afterwards")), expect)


def says_so(shown: Shown, expect: Expect) -> None:
    expect.that(bool(shown.notice), expected="a notice that it failed", seen=f"none; on display: {shown.text!r}")


def shows_only_what_came(browser: Installation, shown: Shown, expect: Expect, *, at_least: int = 1) -> None:
    """Each answer on display has in it, or is part of, one that the server gave."""
    came = [words(reply["answer"]) for reply in browser.backend.replies if reply["answer"] is not ABSENT]
    came += [words(entry["answer"]) for reply in browser.backend.replies for entry in reply.items() or ()]
    for answer in shown.answers:
        is_there = any(given and (given in words(answer) or words(answer) in given) for given in came)
        expect.that(is_there, expected="only answers that the server gave", seen=repr(answer))
    expect.that(
        len(shown.answers) >= at_least,
        expected="the server's answer on display",
        seen=f"{len(shown.answers)}; notice: {shown.notice!r}",
    )


def words(text: object) -> str:
    return " ".join(str(text).split()) if isinstance(text, str) else ""


def was_asked(browser: Installation, question: str, expect: Expect) -> None:
    questions = [reply.request.values.get("question") for reply in browser.backend.done("query") if reply.ok]
    expect.that(question in questions, expected=f"{question!r} at the server", seen=repr(questions))


@requirement("CLI-03")
def a_client_id_lasts_as_long_as_the_installation(extension: Extension, alice: Caller, expect: Expect) -> None:
    browser, other = extension.installed_by(alice), extension.installed_by(alice)
    for installation in (browser, other):
        installation.open().ask(alice.text("first"))
    first = only(browser.clients(), expect)
    theirs = only(other.clients(), expect)
    expect.that(first != theirs, expected="two browsers to be two clients", seen=f"{first!r} for both")
    sessions = [browser.session(), other.session()]
    expect.that(len(set(sessions)) == 2, expected="a session for each browser", seen=repr(sessions))
    for happens in (browser.kill_worker, browser.restart, browser.update):
        happens()
        alice.arranged(alice.delete(browser.session()), "delete")  # so that it needs another one
        browser.open().ask(alice.text("once more"))
        expect.that(
            browser.clients()[-1] == first,
            expected=f"the same client id after {happens.__name__}",
            seen=f"{browser.clients()[-1]!r}, not {first!r}",
        )
    expect.that(len(browser.clients()) == 4, expected="a create for each session", seen=repr(browser.clients()))


def only(clients: list[str], expect: Expect) -> str:
    expect.that(len(set(clients)) == 1, expected="one client id", seen=repr(clients))
    expect.that(len(clients[0]) >= 16, expected="a client id that nobody else can have", seen=repr(clients[0]))
    return clients[0]


@requirement("CLI-04")
def panels_that_start_together_share_one_session(extension: Extension, alice: Caller, expect: Expect) -> None:
    browser = extension.installed_by(alice)
    with browser.backend.meeting("create", Holds()):
        panels = [browser.open()]
        browser.backend.is_holding("create", browser.patience)
        panels += [browser.open(), browser.open()]
        browser.backend.is_holding("create", 0.5, times=2)  # what the others do, they do by then
    for panel in panels:
        panel.settled()
        shows_only_what_came(browser, panel.ask(alice.text("from a panel")), expect)
    used = {reply.request.session for reply in browser.backend.done("query")} | {browser.session()}
    expect.that(len(used) == 1, expected="one session for all panels", seen=repr(used))
    clients = set(browser.clients())
    expect.that(len(clients) == 1, expected="one client id for all panels", seen=repr(clients))
    made_once(browser, expect)


def made_once(browser: Installation, expect: Expect, times: int = 1) -> None:
    made = {reply.session for reply in browser.backend.done("create") if reply.ok}
    expect.that(len(made) == times, expected=f"{times} session in all", seen=repr(made))


@requirement("CLI-05")
def a_worker_that_dies_goes_on_in_its_session(extension: Extension, alice: Caller, expect: Expect) -> None:
    browser = extension.installed_by(alice)
    browser.kill_worker()
    panel = browser.open()
    panel.settled()
    session = browser.session()
    for _ in range(2):
        browser.kill_worker()
        shows_only_what_came(browser, panel.ask(alice.text("after its death")), expect)
        browser.kill_worker()
        seen = browser.session()
        expect.that(seen == session, expected=f"session {session!r}", seen=repr(seen))
    used = {reply.request.session for reply in browser.backend.done("query")}
    expect.that(used == {session}, expected=f"queries in {session!r}", seen=repr(used))
    made_once(browser, expect)


@requirement("CLI-05")
def a_worker_that_dies_before_an_answer_comes_makes_no_second_session(
    extension: Extension, alice: Caller, expect: Expect, target: Run
) -> None:
    browser = extension.installed_by(alice)
    if "resume" in target.contract.capabilities:
        with browser.backend.meeting("create", Holds()):
            browser.open()
            browser.backend.is_holding("create", browser.patience)
            browser.kill_worker()
    panel = browser.open()
    shows_only_what_came(browser, panel.ask(alice.text("before")), expect)
    with browser.backend.meeting("query", Holds()):
        panel.begin(alice.text("interrupted"))
        browser.backend.is_holding("query", browser.patience)
        browser.kill_worker()
    panel.settled()
    shows_only_what_came(browser, panel.ask(alice.text("afterwards")), expect)
    made_once(browser, expect)


@requirement("CLI-06")
def a_session_that_is_gone_is_replaced_and_the_user_told(extension: Extension, alice: Caller, expect: Expect) -> None:
    browser = extension.installed_by(alice)
    panel = browser.open()
    panel.ask(alice.text("before"))
    former = browser.session()
    alice.arranged(alice.delete(former), "delete")
    question = alice.text("after its end")
    shown = panel.ask(question)
    starts_afresh(browser, former, question, shown, expect)
    panel.ask(alice.text("on"))
    made_once(browser, expect, times=2)


@requirement("CLI-06")
def a_session_is_gone_whatever_words_say_so(extension: Extension, alice: Caller, expect: Expect, target: Run) -> None:
    browser = extension.installed_by(alice)
    panel = browser.open()
    panel.ask(alice.text("before"))
    former = browser.session()
    alice.arranged(alice.delete(former), "delete")
    question = alice.text("after its end")
    other_words = Answers(min(target.contract.gone), b'{"error": {"message": "nothing to see here"}}')
    with browser.backend.meeting("query", other_words, times=1):
        shown = panel.ask(question)
    starts_afresh(browser, former, question, shown, expect)


def starts_afresh(browser: Installation, former: str, question: str, shown: Shown, expect: Expect) -> None:
    """The question was resent once, in a new session, and the user knows."""
    sent = [reply for reply in browser.backend.done("query") if reply.request.values.get("question") == question]
    sessions = [reply.request.session for reply in sent]
    expect.that(
        sessions.count(former) == 1 and len(sessions) <= 2,
        expected=f"the question once in {former!r} and once at most in a new session",
        seen=repr(sessions),
    )
    now = browser.session()
    expect.that(now not in ("", former), expected="a new session", seen=repr(now))
    expect(browser.user.read(now)).succeeds()
    says_so(shown, expect)


@requirement("CLI-06")
def it_never_loops(extension: Extension, alice: Caller, expect: Expect, target: Run) -> None:
    browser = extension.installed_by(alice)
    panel = browser.open()
    panel.ask(alice.text("before"))
    question = alice.text("that is always refused")
    with browser.backend.meeting("query", Answers(min(target.contract.gone), b"{}")):
        says_so(panel.ask(question), expect)
        sent = [reply for reply in browser.backend.done("query") if reply.request.values.get("question") == question]
    expect.that(len(sent) <= 2, expected="the question twice at most", seen=f"{len(sent)} times")
    shows_only_what_came(browser, panel.ask(alice.text("afterwards")), expect)


@requirement("CLI-07")
def a_transient_failure_costs_neither_session_nor_text(extension: Extension, alice: Caller, expect: Expect) -> None:
    browser = extension.installed_by(alice)
    panel = browser.open()
    panel.ask(alice.text("before"))
    session = browser.session()
    for failure in (Answers(503), Answers(429), Answers(500), Answers(502, b"<html>Bad gateway</html>"), Cuts()):
        question = alice.text("while it fails")
        with browser.backend.meeting("query", failure):
            shown = panel.ask(question)
        says_so(shown, expect)
        expect.that(
            question in (shown.draft, *shown.text.splitlines()) or question in shown.text,
            expected="the text that wasn't sent, still there",
            seen=f"{shown.draft!r}; on display: {shown.text!r}",
        )
        seen = browser.session()
        expect.that(seen == session, expected=f"session {session!r} after {failure}", seen=repr(seen))
    shows_only_what_came(browser, panel.ask(alice.text("afterwards")), expect)
    used = {reply.request.session for reply in browser.backend.done("query")}
    expect.that(used == {session}, expected=f"queries in {session!r}", seen=repr(used))
    made_once(browser, expect)


@requirement("CLI-07")
def a_failure_at_the_start_costs_no_session(extension: Extension, alice: Caller, expect: Expect) -> None:
    browser = extension.installed_by(alice)
    panel = browser.open()
    panel.ask(alice.text("before"))
    session = browser.session()
    for failure in (Answers(503), Cuts()):
        browser.restart()
        with browser.backend.meeting("", failure):
            panel = browser.open()
            panel.settled()
        shows_only_what_came(browser, panel.ask(alice.text("afterwards")), expect)
        seen = browser.session()
        expect.that(seen == session, expected=f"session {session!r} after {failure}", seen=repr(seen))
    made_once(browser, expect)


@requirement("CLI-09")
def a_late_answer_is_not_shown_in_the_next_conversation(extension: Extension, alice: Caller, expect: Expect) -> None:
    browser = extension.installed_by(alice)
    panel, other = browser.open(), browser.open()
    panel.ask(alice.text("before"))
    question = alice.text("that takes long")
    with browser.backend.meeting("query", Holds(), times=1):
        panel.begin(question)
        browser.backend.is_holding("query", browser.patience)
        alice.arranged(alice.delete(browser.session()), "delete")
        other.ask(alice.text("meanwhile"))
    late = [answer for answer in panel.settled().answers if question in answer]
    expect.that(not late, expected="no answer of the session that is over", seen=repr(late))


@requirement("CLI-11")
def every_request_fits_the_contract(extension: Extension, alice: Caller, expect: Expect, target: Run) -> None:
    browser = extension.installed_by(alice)
    panel = browser.open()
    shows_only_what_came(browser, panel.ask(alice.text("one")), expect)
    browser.restart()
    panel = browser.open()
    shows_only_what_came(browser, panel.ask(alice.text("two")), expect)
    alice.arranged(alice.delete(browser.session()), "delete")
    shows_only_what_came(browser, panel.ask(alice.text("three")), expect)
    for reply in browser.backend.replies:
        error = request_error(target.contract, reply.request)
        expect.that(not error, expected="a request that fits the contract", seen=error, reply=reply)
