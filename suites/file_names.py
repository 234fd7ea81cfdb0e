"""Names of files: equal ones in two sessions are two files, and none reaches out of its session."""

from __future__ import annotations

import pytest

from sessionproof.caller import Caller
from sessionproof.contract.expressions import ABSENT
from sessionproof.dialogue import files
from sessionproof.effort import Numbers
from sessionproof.expect import Expect, NotDeclared
from sessionproof.run import Run
from sessionproof.state import changes, snapshot
from sessionproof.uploaded import knows_only, lists_exactly, uploaded

requirement = pytest.mark.requirement


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
