"""Uploads: a file belongs to one session, unchanged, and ends with that session."""

from __future__ import annotations

import random
from functools import partial
from typing import Any

import pytest

from sessionproof.burst import at_once
from sessionproof.caller import Caller
from sessionproof.contract import Binding
from sessionproof.dialogue import files
from sessionproof.effort import Numbers
from sessionproof.expect import Expect, NotDeclared, Unproven
from sessionproof.oddities import never_issued
from sessionproof.run import Run
from sessionproof.state import changes, differences, snapshot
from sessionproof.uploaded import knows_only, lists_exactly, uploaded

requirement = pytest.mark.requirement

CONTENTS = {
    "notes.txt": b"first line\nsecond line\n",
    "every byte.bin": bytes(range(256)) * 5,
    "empty.log": b"",
    "line ends.csv": b"\xef\xbb\xbfa;b\r\n1;2\r\n\r\n",
    "no-ending": b"\x00\x01\x02",
    "sp\u00e4te \u00c4nderung \u4e2d\u6587.log": "Gr\u00fc\u00dfe".encode(),
    "archive.tar.gz": b"\x1f\x8b\x08" + b"\x00" * 4000,
    "large.log": b"ERROR connection reset\n" * 9000,
    "copy of the notes.txt": b"first line\nsecond line\n",
}


@requirement("UPL-01")
def an_upload_is_listed_once_with_its_content(alice: Caller, expect: Expect, numbers: Numbers, target: Run) -> None:
    if not target.contract.lists_files and target.contract.assistant != "echo":
        raise Unproven("nothing shows the files of a session")
    for binding in target.bindings("upload"):
        session, sibling = alice.has_session(), alice.has_session()
        before, kept = without_files(snapshot(alice, session)), []
        for name, content in numbers.some(list(CONTENTS.items())):
            reply = alice.call(binding, session, file=(name, content))
            if reply.refused:
                expect.observe(f"a file {name!r} of {len(content)} bytes is refused ({reply.status})")
            else:
                kept.append(uploaded(reply, name, content, session, expect, target))
                plain = name.isascii() and " " not in name and len(kept) == 1
                expect.that(not plain or kept[-1][0] == name, expected=name, seen=kept[-1][0], reply=reply)
            lists_exactly(kept, session, alice, expect, target)
        after = without_files(snapshot(alice, session))
        expect(reply).is_as_before(differences(before, after), "everything but the files")
        lists_exactly([], sibling, alice, expect, target)
        is_read_by_the_assistant(binding, alice, expect, target)


def without_files(seen: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in seen.items() if name not in ("uploads", "list of files")}


def is_read_by_the_assistant(binding: Binding, caller: Caller, expect: Expect, target: Run) -> None:
    if target.contract.assistant != "echo" or not target.contract.has("query"):
        return
    session, text = caller.has_session(), caller.text("written in the file")
    expect(caller.call(binding, session, file=("read-me.txt", text.encode()))).succeeds()
    expect(caller.ask(session, caller.text("what does it say?"))).contains(text, "the file's text")


@requirement("UPL-01")
def uploads_at_the_same_moment_are_all_listed(alice: Caller, expect: Expect, numbers: Numbers, target: Run) -> None:
    if not target.contract.lists_files:
        raise NotDeclared("the contract shows no list of files")
    for burst in range(numbers.times**2 if numbers.times > 1 else 0):
        session = alice.has_session()
        sent = [(f"file-{number}.txt", alice.text(f"{burst}").encode()) for number in range(8)]
        replies = at_once([partial(alice.upload, session, *file) for file in sent])
        accepted = [(reply, file) for reply, file in zip(replies, sent, strict=True) if not reply.refused]
        kept = [uploaded(reply, *file, session, expect, target) for reply, file in accepted]
        lists_exactly(kept, session, alice, expect, target)


@requirement("UPL-02")
def an_upload_to_a_wrong_session_leaves_nothing(
    alice: Caller, bob: Caller, expect: Expect, numbers: Numbers, chance: random.Random, target: Run
) -> None:
    contract = target.contract
    resumes: dict[str, Any] = {"client": alice.client} if "resume" in contract.capabilities else {}
    session, deleted = alice.has_session(**resumes), alice.has_session()
    alice.has_uploaded(session, "kept.txt", alice.text().encode())
    own = bob.has_session()
    before, bobs = snapshot(alice, session), snapshot(bob, own)
    if contract.has("delete"):
        alice.arranged(alice.delete(deleted), "delete")
    for binding in target.bindings("upload"):
        for _ in range(numbers.times):
            file = ("intruder.txt", bob.text("intruder").encode())
            expect(bob.call(binding, never_issued(session, chance), file=file)).is_unreachable()
            if contract.has("delete"):
                expect(alice.call(binding, deleted, file=file)).is_gone()
            if contract.identity.kind != "none":
                expect(bob.call(binding, session, file=file)).is_foreign()
            if not contract.autocreate and not binding.names_session_in_path:
                expect(bob.call(binding, file=file)).is_without_session()
            expect(target.transcript[-1]).is_as_before(changes(alice, session, before), "alice's session")
            expect(target.transcript[-1]).is_as_before(changes(bob, own, bobs), "bob's session")
    if resumes:
        expect(alice.create(**resumes)).resumes(session)
        expect(target.transcript[-1]).is_as_before(changes(alice, session, before), "alice's session")
    lists_exactly([], bob.has_session(), bob, expect, target)


@requirement("UPL-05")
def files_end_with_their_session(alice: Caller, expect: Expect, numbers: Numbers, target: Run) -> None:
    contract = target.contract
    if "uploads" in (contract.delete_keeps or ()):
        raise NotDeclared("the contract keeps files after a delete")
    for number in range(numbers.times):
        session, secret = alice.has_session(client=alice.client), alice.text(f"in file {number}")
        alice.has_uploaded(session, "report.txt", secret.encode())
        entries = files(alice, session) if contract.lists_files else []
        if number and contract.has("query"):
            alice.has_said(session, alice.text("what is in it?"))
        alice.arranged(alice.delete(session), "delete")
        for binding in (*target.bindings("uploads"), *target.bindings("download")):
            known = {name: entries[0][name] for name in ("upload", "name") if entries and name in entries[0]}
            expect(alice.call(binding, session, **known)).is_gone()
        after = alice.has_session(client=alice.client)
        lists_exactly([], after, alice, expect, target)
        knows_only("", secret, after, alice, expect, target)
        again = uploaded(alice.upload(after, "report.txt", b"new"), "report.txt", b"new", after, expect, target)
        lists_exactly([again], after, alice, expect, target)
        alice.arranged(alice.delete(after), "delete")


@requirement("UPL-05")
def clear_treats_files_as_declared(alice: Caller, expect: Expect, target: Run) -> None:
    contract = target.contract
    if not contract.has("clear") or contract.clear_keeps is None:
        raise NotDeclared("the contract doesn't say what a clear does with files")
    session, secret = alice.has_session(), alice.text("in the file")
    one = uploaded(
        alice.upload(session, "kept.txt", secret.encode()), "kept.txt", secret.encode(), session, expect, target
    )
    for _ in range(2):
        expect(alice.call("clear", session)).succeeds()
        keeps = "uploads" in contract.clear_keeps
        lists_exactly([one] if keeps else [], session, alice, expect, target)
        knows_only(secret if keeps else "", "" if keeps else secret, session, alice, expect, target)


@requirement("UPL-06")
def the_assistant_answers_from_its_own_files_only(
    alice: Caller, bob: Caller, expect: Expect, numbers: Numbers, target: Run
) -> None:
    callers = (alice, alice, bob) if target.contract.identity.kind != "none" else (alice, alice, alice)
    sessions = [(caller, caller.has_session()) for caller in callers]
    without = [(caller, caller.has_session()) for caller in callers[1:]]
    secrets: dict[str, list[str]] = {session: [] for _, session in (*sessions, *without)}
    for number in range(numbers.times):
        for caller, session in sessions:
            secrets[session].append(caller.text(f"file {number}"))
            caller.has_uploaded(session, f"file-{number % 2}.txt", secrets[session][-1].encode())
        for binding in target.bindings("query"):
            for caller, session in (*sessions, *without):
                asks_for_all(binding, caller, session, secrets, expect, target)
    if target.contract.has("delete") and "uploads" not in (target.contract.delete_keeps or ()):
        caller, session = sessions.pop(0)
        caller.arranged(caller.delete(session), "delete")
        for caller, left in sessions:
            asks_for_all(target.contract.first("query"), caller, left, secrets, expect, target)


@requirement("UPL-06")
def the_assistant_forgets_a_file_that_was_removed(alice: Caller, expect: Expect, target: Run) -> None:
    contract = target.contract
    replaces = contract.uploads.same_name == "replace"
    clears = contract.has("clear") and contract.clear_keeps is not None and "uploads" not in contract.clear_keeps
    if not replaces and not clears:
        raise NotDeclared("the contract declares nothing that removes a file from a session")
    session, old, new = alice.has_session(), alice.text("old"), alice.text("new")
    alice.has_uploaded(session, "notes.txt", old.encode())
    if replaces:
        alice.has_uploaded(session, "notes.txt", new.encode())
        knows_only(new, old, session, alice, expect, target)
    if clears:
        alice.arranged(alice.call("clear", session), "clear")
        knows_only("", old, session, alice, expect, target)
        knows_only("", new, session, alice, expect, target)


def asks_for_all(
    binding: Binding, caller: Caller, session: str, secrets: dict[str, list[str]], expect: Expect, target: Run
) -> None:
    answer = expect(caller.call(binding, session, question="What do all the files say?")).succeeds()
    expect(answer).leaks_nothing()
    for other, texts in secrets.items():
        for text in texts:
            if other != session:
                expect(answer).lacks(text, "another session's file")
            elif target.contract.assistant == "echo" and target.contract.uploads.same_name == "keep":
                expect(answer).contains(text, "the text of its own file")
