"""The client's session: one that the server issued, the same one after a restart, in all tabs, for each browser."""

from __future__ import annotations

import pytest

from sessionproof.browser.extension import Extension
from sessionproof.browser.outcomes import end, made, shows_only_what_came, uses_only_issued_ids, went_on_in
from sessionproof.caller import Caller
from sessionproof.expect import Expect
from sessionproof.proxy import Holds
from sessionproof.run import Run

requirement = pytest.mark.requirement


@requirement("CLI-01")
def the_session_is_one_that_the_server_issued(extension: Extension, alice: Caller, expect: Expect) -> None:
    browser = extension.installed_by(alice)
    panel = browser.open()
    session = browser.session()
    expect.that(bool(session), expected="the id of a session from the extension", seen="none")
    expect(alice.read(session)).succeeds()
    for number in (1, 2):
        shown = panel.ask(alice.text("asked"))
        asked = len(browser.backend.done("query"))
        expect.that(asked == number, expected=f"{number} asked", seen=f"{asked}; on display: {shown.text!r}")
    browser.restart()
    browser.open().ask(alice.text("after the restart"))
    uses_only_issued_ids(browser, expect)
    went_on_in(browser, session, expect)


@requirement("CLI-03")
def a_client_id_lasts_as_long_as_the_installation(extension: Extension, alice: Caller, expect: Expect) -> None:
    browser, other = extension.installed_by(alice), extension.installed_by(alice)
    for installation in (browser, other):
        installation.open().ask(alice.text("first"))
    (first, *_), (theirs, *_) = browser.clients(), other.clients()
    expect.that(len(first) >= 16, expected="a client id that nobody else can have", seen=repr(first))
    expect.that(first != theirs, expected="two browsers to be two clients", seen=f"{first!r} for both")
    expect.that(browser.session() != other.session(), expected="a session each", seen=repr(other.session()))
    for happens in (browser.kill_worker, browser.restart, browser.update):
        happens()
        end(alice, browser.session(), expect)  # so that it needs another one
        browser.open().ask(alice.text("once more"))
        last = browser.clients()[-1]
        what = happens.__name__.replace("_", " ")
        expect.that(last == first, expected=f"client id {first!r} after {what}", seen=repr(last))
    made(browser, expect, sessions=4)


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
    clients = set(browser.clients())
    expect.that(len(clients) == 1, expected="one client id for all panels", seen=repr(clients))
    made(browser, expect, sessions=1)
    went_on_in(browser, browser.session(), expect)


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
    went_on_in(browser, session, expect)
    made(browser, expect, sessions=1)


@requirement("CLI-05")
def a_worker_that_dies_before_an_answer_makes_no_second_session(
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
    made(browser, expect, sessions=1)
