"""What the client shows and sends: the server's conversation, its own user's alone, by the contract."""

from __future__ import annotations

import pytest

from sessionproof.browser.extension import Extension
from sessionproof.browser.installation import Installation
from sessionproof.browser.outcomes import end, shows_only_what_came
from sessionproof.caller import Caller
from sessionproof.contract import Contract
from sessionproof.expect import Expect, NotDeclared
from sessionproof.proxy import Holds
from sessionproof.run import Run
from sessionproof.wire import request_error
from sessionproof.wire.recognise import named

requirement = pytest.mark.requirement


@requirement("CLI-08")
def the_conversation_on_display_is_the_servers(
    extension: Extension, alice: Caller, expect: Expect, target: Run
) -> None:
    if not target.contract.recalls:
        raise NotDeclared("a conversation can't be read back")
    browser = extension.installed_by(alice)
    question = alice.text("before the restart")
    browser.open().ask(question)
    browser.restart()
    shown = browser.open().showing(question)
    expect.that(question in shown.text, expected=f"{question!r} on display", seen=repr(shown.text))
    end(alice, browser.session(), expect)
    browser.restart()
    panel = browser.open()
    for shown in (panel.settled(), panel.ask(alice.text("afresh"))):
        expect.that(question not in shown.text, expected="nothing of the former session", seen=repr(shown.text))
    shows_only_what_came(browser, shown, expect)


@requirement("CLI-09")
def a_late_answer_is_not_shown_in_the_next_conversation(extension: Extension, alice: Caller, expect: Expect) -> None:
    browser = extension.installed_by(alice)
    panel, other = browser.open(), browser.open()
    panel.ask(alice.text("before"))
    question = alice.text("that takes long")
    with browser.backend.meeting("query", Holds(), times=1):
        panel.begin(question)
        browser.backend.is_holding("query", browser.patience)
        end(alice, browser.session(), expect)
        other.ask(alice.text("meanwhile"))
    late = [answer for answer in panel.settled().answers if question in answer]
    expect.that(not late, expected="no answer of the session that is over", seen=repr(late))


@requirement("CLI-10")
def the_next_user_meets_nothing_of_the_former_one(
    extension: Extension, alice: Caller, bob: Caller, expect: Expect
) -> None:
    browser = extension.installed_by(alice)
    secret = alice.text("secret")
    shows_only_what_came(browser, browser.open().ask(secret), expect)
    former, before = browser.session(), len(browser.backend.replies)
    browser.sign_in(bob)
    panel = browser.open()
    for shown in (panel.settled(), panel.ask(bob.text("mine"))):
        expect.that(secret not in shown.text, expected="nothing of the former user", seen=repr(shown.text))
    for reply in browser.backend.replies[before:]:
        used = named(reply.request, "session")
        expect.that(former not in used, expected="the former user's session unused", seen=repr(used), reply=reply)
    expect(bob.read(browser.session())).succeeds()


@requirement("CLI-11")
def every_request_fits_the_contract(extension: Extension, alice: Caller, expect: Expect, target: Run) -> None:
    browser = extension.installed_by(alice)
    panel = browser.open()
    panel.ask(alice.text("one"))
    browser.restart()
    panel = browser.open()
    panel.ask(alice.text("two"))
    fits(browser, target.contract, expect)
    end(alice, browser.session(), expect)
    shown = panel.ask(alice.text("three"))
    fits(browser, target.contract, expect)
    shows_only_what_came(browser, shown, expect)


def fits(browser: Installation, contract: Contract, expect: Expect) -> None:
    for reply in browser.backend.replies:
        error = request_error(contract, reply.request)
        expect.that(not error, expected="a request that fits the contract", seen=error, reply=reply)
