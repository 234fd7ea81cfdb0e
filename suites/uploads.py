"""Uploads: a file belongs to one session, unchanged, whatever it is called, and ends with that session."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Mapping
from functools import partial
from typing import Any

import pytest

from sessionproof.burst import at_once
from sessionproof.caller import Caller
from sessionproof.contract import Binding
from sessionproof.contract.expressions import ABSENT
from sessionproof.dialogue import files
from sessionproof.effort import Numbers
from sessionproof.expect import Expect, NotDeclared, Unproven
from sessionproof.oddities import never_issued
from sessionproof.run import Run
from sessionproof.state import changes, differences, snapshot
from sessionproof.wire import Reply

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


def digest(content: bytes, target: Run) -> Any:
    algorithm = target.contract.uploads.digest
    return hashlib.new(algorithm, content, usedforsecurity=False).hexdigest() if algorithm else ABSENT


def misfit(content: bytes, seen: Mapping[str, Any], target: Run) -> str:
    """How what is shown of a file (its size, its digest) differs from its content; "" where it doesn't."""
    size, text = seen.get("size", ABSENT), seen.get("digest", ABSENT)
    if size not in (ABSENT, len(content)):
        return f"size {size!r} for {len(content)} bytes"
    known = digest(content, target)
    return f"digest {text} for {known}" if ABSENT not in (text, known) and str(text).lower() != known else ""


def lists_exactly(kept: list[tuple[str, bytes]], session: str, caller: Caller, expect: Expect, target: Run) -> None:
    """The session's files are `kept` (name and content), on every route that shows them, and nothing else."""
    if not target.contract.lists_files:
        return
    entries = files(caller, session)
    shown = target.transcript[-1]
    expect(shown).holds_exactly([name for name, _ in kept], [str(entry.get("name")) for entry in entries], "files")
    left = list(kept)
    for entry in entries:
        same_name = [one for one in left if one[0] == str(entry["name"])]
        one = next((one for one in same_name if not misfit(one[1], entry, target)), same_name[0])
        off = misfit(one[1], entry, target)
        expect.that(not off, expected=f"{one[0]} with its own content", seen=off, reply=shown)
        comes_back(one[1], entry, session, caller, expect)
        left.remove(one)
    read = caller.read(session)
    if target.contract.has("uploads") and "uploads" in read.request.binding.lists:
        names = [str(entry.get("name")) for entry in read.items("uploads") or ()]
        expect(read).holds_exactly([name for name, _ in kept], names, "files in the session")


def comes_back(content: bytes, entry: Mapping[str, Any], session: str, caller: Caller, expect: Expect) -> None:
    if caller.run.contract.has("download"):
        reply = expect(caller.call("download", session, upload=entry.get("upload"), name=entry.get("name"))).succeeds()
        same = reply.answer.content == content
        expect.that(same, expected=f"its {len(content)} bytes", seen=f"{len(reply.answer.content)} others", reply=reply)


def uploaded(reply: Reply, name: str, content: bytes, session: str, expect: Expect, target: Run) -> tuple[str, bytes]:
    """The name under which an accepted file is now listed, with its content."""
    expect(reply).succeeds()
    expect(reply).has_shape()
    if reply.shows("session"):
        expect(reply).says("session", session)
    off = misfit(content, {"size": reply["size"], "digest": reply["digest"]}, target)
    expect.that(not off, expected="the size and digest of what was sent", seen=off, reply=reply)
    return str(reply["name"]) if reply["name"] is not ABSENT else name, content


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


def alike(name: str) -> dict[str, tuple[str, str]]:
    """Pairs of names that some file systems take for one, or that careless code makes one of."""
    composed, decomposed = f"\u00e9-{name}", f"e\u0301-{name}"
    return {
        "the same name": (name, name),
        "other case": (name, name.upper()),
        "NFC and NFD": (composed, decomposed),
        "a trailing dot": (name, f"{name}."),
        "a trailing space": (name, f"{name} "),
        "NFD and NFC": (decomposed, composed),
        "a directory before it": (name, f"x/{name}"),
        "percent-encoding": (name, name.replace(".", "%2E")),
    }


@requirement("UPL-03")
def equal_names_in_two_sessions_are_two_files(
    alice: Caller, bob: Caller, expect: Expect, numbers: Numbers, target: Run
) -> None:
    others = [alice, bob] if target.contract.identity.kind != "none" else [alice]
    for label, (before, name) in list(alike("report.txt").items())[: numbers.times**4]:
        first, content = alice.has_another_session(), alice.text(label).encode()
        reply = alice.upload(first, before, content)
        if reply.refused:
            expect.observe(f"a file name as in {label} is refused ({reply.status})")
            continue
        kept = [uploaded(reply, before, content, first, expect, target)]
        for caller in others:
            second = caller.has_another_session(first)
            theirs = caller.text(label).encode()
            reply = caller.upload(second, name, theirs)
            if reply.refused:
                expect.observe(f"a file name with {label} is refused ({reply.status})")
                continue
            one = uploaded(reply, name, theirs, second, expect, target)
            called = one[0] == kept[0][0] or name != before
            expect.that(called, expected=f"{kept[0][0]} in this session too", seen=one[0], reply=reply)
            lists_exactly(kept, first, alice, expect, target)
            lists_exactly([one], second, caller, expect, target)
            knows_only(theirs.decode(), content.decode(), second, caller, expect, target)
        knows_only(content.decode(), theirs.decode(), first, alice, expect, target)


def knows_only(own: str, other: str, session: str, caller: Caller, expect: Expect, target: Run) -> None:
    """The assistant of `session` answers from its own file, and not from the other one."""
    if not target.contract.has("query"):
        return
    answer = expect(caller.ask(session, caller.text("what is in the file?"))).succeeds()
    if other:
        expect(answer).lacks(other, "another session's file")
    if own and target.contract.assistant == "echo":
        expect(answer).contains(own, "the text of its own file")


@requirement("UPL-03")
def a_name_used_again_in_one_session_is_treated_as_declared(
    alice: Caller, expect: Expect, numbers: Numbers, target: Run
) -> None:
    if not target.contract.lists_files:
        raise NotDeclared("the contract shows no list of files")
    policy = target.contract.uploads.same_name
    for label, (before, name) in list(alike("report.txt").items())[: numbers.times**2]:
        lengths = (300, 1, 100)  # of what follows the text: nothing of a longer file is left behind a shorter one
        session, contents = alice.has_session(), [(alice.text(label) + "." * more).encode() for more in lengths]
        first = alice.upload(session, before, contents[0])
        if first.refused:
            continue
        kept = [uploaded(first, before, contents[0], session, expect, target)]
        for content in contents[1:]:
            reply = alice.upload(session, name, content)
            if reply.refused:
                declared = policy != "keep" or label != "the same name"
                expect.that(declared, expected="a second file beside the first", seen=str(reply.status), reply=reply)
            else:
                one = uploaded(reply, name, content, session, expect, target)
                replaces = policy == "replace" or (not policy and one[0] in dict(kept))
                kept = [*(pair for pair in kept if not (replaces and pair[0] == one[0])), one]
            lists_exactly(kept, session, alice, expect, target)
        if label == "the same name" and not policy:
            expect.observe(f"a name used again leaves {len(kept)} of 3 files")
        if label == "the same name" and policy:
            left = {"keep": 3, "replace": 1, "reject": 1}[policy]
            expect.that(len(kept) == left, expected=f"{left} files", seen=str(len(kept)), reply=reply)


def escapes(session: str, name: str) -> list[str]:
    """Names that lead out of a session's area, into that of `session`, where they are taken for paths."""
    return [
        f"../{session}/{name}",
        f"../session_{session}/{name}",
        f"..\\{session}\\{name}",
        f"..%2f{session}%2f{name}",
        f"%2e%2e%2fsession_{session}%2f{name}",
        f"....//{session}/{name}",
        f"../../{name}",
        "/etc/passwd",
        "C:\\windows\\win.ini",
        f"{name}\x00.png",
        "..",
        ".",
        "con",
        "",
        " ",
        "x" * 300 + ".txt",
        f"{session}/{name}",
        "file:///etc/hostname",
        "-rf",
        "$(id).txt",
    ]


@requirement("UPL-04")
def no_file_name_reaches_another_session(alice: Caller, expect: Expect, numbers: Numbers, target: Run) -> None:
    victim, session = alice.has_session(), alice.has_session()
    secret = alice.text("the victim's").encode()
    alice.has_uploaded(victim, "kept.txt", secret)
    kept = [("own.txt", alice.text("own").encode())]
    alice.has_uploaded(session, *kept[0])
    before = snapshot(alice, victim)
    for name in numbers.some(escapes(victim, "kept.txt")):
        content = alice.text("escaping").encode()
        reply = expect(alice.upload(session, name, content)).is_no_server_error()
        if reply.ok:
            kept.append(uploaded(reply, name, content, session, expect, target))
            if reply["name"] is ABSENT and target.contract.lists_files:
                kept[-1] = (str(files(alice, session)[-1].get("name")), content)
        lists_exactly(kept, session, alice, expect, target)
        expect(reply).is_as_before(changes(alice, victim, before), "the other session")
    knows_only("", secret.decode(), session, alice, expect, target)
    knows_only(secret.decode(), kept[-1][1].decode(), victim, alice, expect, target)


@requirement("UPL-04")
def no_session_id_reaches_another_session(
    alice: Caller, bob: Caller, expect: Expect, numbers: Numbers, target: Run
) -> None:
    victim, session = alice.has_session(), bob.has_session()
    alice.has_uploaded(victim, "kept.txt", alice.text().encode())
    before, own = snapshot(alice, victim), snapshot(bob, session)
    ids = (
        f"../{victim}",
        f"{session}/../{victim}",
        f"./{victim}",
        f"{victim}/",
        f"..%2f{victim}",
        f"{session}\\..\\{victim}",
    )
    for binding in target.bindings("upload"):
        for id in numbers.some(ids):
            reply = bob.call(binding, id, file=("kept.txt", bob.text().encode()))
            if not reply.unsent:
                expect(reply).is_refused()
                expect(reply).is_as_before(changes(alice, victim, before), "the other session")
    expect(target.transcript[-1]).is_as_before(changes(bob, session, own), "bob's own session")


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
