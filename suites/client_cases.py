"""The client's cases: a new chat is a new case at the server, and what is on display is the server's current one."""

from __future__ import annotations

import re

import pytest

from sessionproof.browser.extension import Extension
from sessionproof.browser.outcomes import shows_only_what_came, tries
from sessionproof.browser.panel import Shown
from sessionproof.caller import Caller
from sessionproof.expect import Expect, NotDeclared
from sessionproof.run import Run

requirement = pytest.mark.requirement

BEGINNING = 6  # characters of an id that are enough to show it


@requirement("CLI-12")
def a_new_chat_is_a_new_case_at_the_server(extension: Extension, alice: Caller, expect: Expect, target: Run) -> None:
    can_begin_anew(extension, target)
    browser = extension.installed_by(alice)
    panel, said, begun = browser.open(), list[str](), list[object]()
    for number in (1, 2, 3):
        said.append(alice.text(f"in chat {number}"))
        shown = panel.ask(said[-1])
        session = browser.session()
        asked_in = [reply["case"] for reply in tries(browser, said[-1])]
        if begun:
            expect.that(asked_in == begun[-1:], expected=f"the question in case {begun[-1]!r}", seen=repr(asked_in))
        shows_only_what_came(browser, shown, expect)
        is_shown(shown, session, alice, expect)
        former, shown = current_case(session, alice), panel.new_chat()
        begun.append(current_case(session, alice))
        expect.that(begun[-1] != former, expected=f"another case than {former!r} at the server", seen=repr(begun[-1]))
        seen = [text for text in said if text in shown.text]
        expect.that(not seen, expected="nothing of earlier cases on display", seen=repr(seen))
        is_shown(shown, session, alice, expect)


@requirement("CLI-12")
def after_a_reload_the_display_is_the_servers(extension: Extension, alice: Caller, expect: Expect, target: Run) -> None:
    can_begin_anew(extension, target)
    browser = extension.installed_by(alice)
    panel = browser.open()
    first, second, third = alice.text("in the first case"), alice.text("in the second"), alice.text("from elsewhere")
    panel.ask(first)
    panel.new_chat()
    panel.ask(second)
    session = browser.session()
    shows_the_case(panel.reloaded(), [second], [first], session, alice, expect)
    browser.restart()
    panel = browser.open()
    panel.showing(second)
    shows_the_case(panel.settled(), [second], [first], session, alice, expect)
    alice.arranged(alice.call("new_case", session), "new_case")
    shows_the_case(panel.reloaded(), [], [first, second], session, alice, expect)
    alice.arranged(alice.ask(session, third), "query")
    panel.reloaded()
    panel.showing(third)
    shows_the_case(panel.settled(), [third], [first, second], session, alice, expect)


def can_begin_anew(extension: Extension, target: Run) -> None:
    if not target.contract.has("new_case"):
        raise NotDeclared("the contract has no way to start a new case")
    if not extension.driver.client.new_chat:
        raise NotDeclared("the client's file doesn't say what starts a new chat")


def current_case(session: str, caller: Caller) -> object:
    """The case that is current at the server. Raises NotDeclared where the contract shows none."""
    for name in ("read", "cases"):
        if caller.run.contract.has(name):
            reply = caller.arranged(caller.call(name, session), name)
            if reply.shows("current_case"):
                return reply["current_case"]
    raise NotDeclared("the contract doesn't show which case is current")


def shows_the_case(
    shown: Shown, said: list[str], earlier: list[str], session: str, caller: Caller, expect: Expect
) -> None:
    """The conversation is that of the current case, and so are the ids."""
    lacking = [text for text in said if text not in shown.text]
    expect.that(not lacking, expected="the current case's conversation on display", seen=f"{shown.text!r}")
    surplus = [text for text in earlier if text in shown.text]
    expect.that(not surplus, expected="nothing of earlier cases on display", seen=repr(surplus))
    is_shown(shown, session, caller, expect)


def is_shown(shown: Shown, session: str, caller: Caller, expect: Expect) -> None:
    """What shows the session, and the case, shows the server's; as far as the client has such a place."""
    for name, id in {"session": session, "case": current_case(session, caller)}.items():
        if name in shown.ids and id is not None:
            words = re.findall(r"[\w-]+", shown.ids[name])
            enough = min(BEGINNING, len(str(id)))
            is_there = any(len(word) >= enough and str(id).startswith(word) for word in words)
            expect.that(is_there, expected=f"{name} {id!r}, as at the server", seen=repr(shown.ids[name].strip()))
