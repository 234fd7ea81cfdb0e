"""The client when things go wrong: it tells its user, makes nothing up, and loses nothing that can be kept."""

from __future__ import annotations

import pytest

from sessionproof.browser.extension import Extension
from sessionproof.browser.installation import Installation
from sessionproof.browser.outcomes import end, made, says_so, shows_only_what_came, tries, went_on_in
from sessionproof.browser.panel import Shown
from sessionproof.caller import Caller
from sessionproof.expect import Expect
from sessionproof.proxy import Answers, Cuts
from sessionproof.run import Run

requirement = pytest.mark.requirement


@requirement("CLI-02")
def without_a_back_end_it_says_so_and_makes_nothing_up(
    extension: Extension, alice: Caller, expect: Expect, target: Run
) -> None:
    browser = extension.installed_by(alice)
    with browser.backend.meeting("", Cuts()):
        panel = browser.open()
        panel.settled()
        says_so(panel.ask(alice.text("to nobody")), expect)
        session = browser.session()
        expect.that(not session, expected="no session's id without a back end", seen=repr(session))
        asked = [] if target.contract.autocreate else browser.backend.done("query")
        expect.that(not asked, expected="no question without a session", seen=f"{len(asked)}")
    question = alice.text("to somebody")
    shows_only_what_came(browser, panel.ask(question), expect)
    expect.that(bool(tries(browser, question)), expected="the next question at the server", seen="none")
    expect(alice.read(browser.session())).succeeds()


@requirement("CLI-02")
def an_answer_that_fails_is_not_made_up(extension: Extension, alice: Caller, expect: Expect) -> None:
    browser = extension.installed_by(alice)
    panel = browser.open()
    shows_only_what_came(browser, panel.ask(alice.text("before")), expect)
    for failure in (Answers(500, b'{"detail": "out of order"}'), Cuts()):
        with browser.backend.meeting("query", failure):
            shown = panel.ask(alice.text("meanwhile"))
        shows_only_what_came(browser, shown, expect, at_least=0)
        says_so(shown, expect)
    shows_only_what_came(browser, panel.ask(alice.text("afterwards")), expect)


@requirement("CLI-06")
def a_session_that_is_gone_is_replaced_and_the_user_told(extension: Extension, alice: Caller, expect: Expect) -> None:
    browser = extension.installed_by(alice)
    panel = browser.open()
    panel.ask(alice.text("before"))
    former, question = browser.session(), alice.text("after its end")
    end(alice, former, expect)
    starts_afresh(browser, former, question, panel.ask(question), expect)
    panel.ask(alice.text("on"))
    made(browser, expect, sessions=2)


@requirement("CLI-06")
def a_session_is_gone_whatever_words_say_so(extension: Extension, alice: Caller, expect: Expect, target: Run) -> None:
    browser = extension.installed_by(alice)
    panel = browser.open()
    panel.ask(alice.text("before"))
    former, question = browser.session(), alice.text("after its end")
    end(alice, former, expect)
    other_words = Answers(min(target.contract.gone), b'{"error": {"message": "nothing to see here"}}')
    with browser.backend.meeting("query", other_words, times=1):
        shown = panel.ask(question)
    starts_afresh(browser, former, question, shown, expect)


def starts_afresh(browser: Installation, former: str, question: str, shown: Shown, expect: Expect) -> None:
    """The question went to the former session once, to a new one once at most, and the user knows."""
    asked = [reply.request.session for reply in tries(browser, question)]
    is_so = asked.count(former) == 1 and len(asked) <= 2
    expect.that(is_so, expected=f"it once in {former!r} and once at most in a new session", seen=repr(asked))
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
        shown = panel.ask(question)
        asked = len(tries(browser, question))
    expect.that(asked <= 2, expected="the question twice at most", seen=f"{asked} times")
    says_so(shown, expect)
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
        if len(tries(browser, question)) < 2:  # it doesn't try again by itself
            says_so(shown, expect)
        is_there = question in shown.draft or question in shown.text
        expect.that(is_there, expected="the question, still there", seen=f"{shown.draft!r}; {shown.text!r}")
        seen = browser.session()
        expect.that(seen == session, expected=f"session {session!r} after {failure}", seen=repr(seen))
    shows_only_what_came(browser, panel.ask(alice.text("afterwards")), expect)
    went_on_in(browser, session, expect)
    made(browser, expect, sessions=1)


@requirement("CLI-07")
def a_failure_at_the_start_costs_no_session(extension: Extension, alice: Caller, expect: Expect) -> None:
    browser = extension.installed_by(alice)
    browser.open().ask(alice.text("before"))
    session = browser.session()
    for failure in (Answers(503), Cuts()):
        browser.restart()
        with browser.backend.meeting("", failure):
            panel = browser.open()
            panel.settled()
        shows_only_what_came(browser, panel.ask(alice.text("afterwards")), expect)
        seen = browser.session()
        expect.that(seen == session, expected=f"session {session!r} after {failure}", seen=repr(seen))
    made(browser, expect, sessions=1)
