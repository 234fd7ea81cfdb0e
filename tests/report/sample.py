# ruff: noqa: E501
"""A made-up run, as a real one could have been, and small pieces to make others from."""

from __future__ import annotations

from dataclasses import replace

from sessionproof.report.document import Report
from sessionproof.requirements import Requirement
from sessionproof.verdicts import CheckResult, Evidence, Exit, RequirementResult, Verdict

HOSTILE = "\x1b[31m[red]bold[/red]\x1b]0;title\x07 <script>alert(1)</script> & \x00\x85\u202e\ud800 ]]> \"'é🦊\r\nnext"

EXCHANGE = """\
POST /api/v1/sessions HTTP/1.1
Host: localhost:8002
X-User-ID: ${SESSIONPROOF_ALICE}
Content-Type: application/json

{"client_id": "sp-7f3e-laptop", "metadata": {"timeout_minutes": 60, "note": "canary-alice-51c2"}}

HTTP/1.1 201 Created
Content-Type: application/json
Date: Thu, 04 Jun 2026 09:30:12 GMT

{"session_id": "b21c90aa-3a5e-4c58-9a35-0d6a54be7f11", "user_id": "alice", "client_id": "sp-7f3e-laptop", "session_resumed": false, "status": "active", "created_at": "2026-06-04T09:30:12.401Z"}"""

REPEAT = """\
export BASE=http://localhost:8002
first=$(curl -sS -X POST "$BASE/api/v1/sessions" -H "X-User-ID: $SESSIONPROOF_ALICE" \\
\t-H 'Content-Type: application/json' -d '{"client_id": "[bold]laptop[/bold]"}' | jq -r .session_id)
second=$(curl -sS -X POST "$BASE/api/v1/sessions" -H "X-User-ID: $SESSIONPROOF_ALICE" -H 'Content-Type: application/json' -d '{"client_id": "[bold]laptop[/bold]"}' | jq -r .session_id)
test "$first" = "$second"
sessionproof verify "$BASE" --contract fm-session-service --only RES-01 --seed 4711"""

_SENTENCES = {
    "LIF-01": "A successful create returns one non-empty session id, different from every id issued before, and the creator can read that session at once.",
    "LIF-03": "Reading a session is safe: repeated reads return the same representation except for fields that the contract declares volatile.",
    "LIF-05": "After a delete is acknowledged no operation on that id succeeds or returns its data, by any route, and deleting again is harmless.",
    "LIF-06": "The list contains every live session of the caller exactly once and nothing else.",
    "LIF-09": "The health endpoint answers without identity or session, creates no session, refreshes none, shows no session data, and is not healthy while the session store is unusable.",
    "RES-01": "Every further create by the same user with the same client_id while the session lives returns the same session id - the second, the third and the fiftieth time.",
    "RES-02": "session_resumed is truthful: false or absent exactly when the id was issued by this very call, true otherwise.",
    "RES-03": "Resuming keeps the whole state: created_at, title, context, metadata, messages, cases, current case, uploads and the agent's memory.",
    "RES-04": "Different client_ids of one user give different sessions that live at the same time and do not touch each other.",
    "RES-06": "Simultaneous creates for one (user, client_id) end with exactly one live session.",
    "RES-07": "A create with the client_id of an expired session returns a new id, is not marked resumed and carries none of the old state.",
    "ISO-01": "No read operation gives a user any part of another user's session: not the record, messages, cases, history, uploads, stats or error details.",
    "ISO-02": "A refused operation has no effect: after another user's update, delete, heartbeat, message, clear, new-case, upload or query the owner's session is unchanged.",
    "ISO-04": "A foreign session and a missing one are indistinguishable: same status, same body shape, same headers.",
    "ISO-10": "Where no caller identity exists, no unprivileged route lists other sessions' ids, and user isolation is reported as 'not provided'.",
    "EXP-01": "A session with no refreshing activity is gone on every route once its timeout plus the declared tolerance has passed.",
    "EXP-02": "A session is fully usable on every route until its timeout minus the tolerance.",
    "EXP-04": "A requested per-session timeout is the one enforced.",
    "EXP-06": "A heartbeat sets the remaining life to one full timeout counted from the heartbeat.",
    "EXP-08": "Expiry is final: nothing revives an expired id, and the id is never issued again.",
    "EXP-10": "If an absolute maximum lifetime is declared, it ends the session in spite of activity.",
    "MSG-01": "An acknowledged message is in the history exactly once, at once, for every later reader, and a refused one is not there at all.",
    "MSG-02": "History order equals the order of acknowledgement for messages sent one after another.",
    "MSG-04": "Content and metadata come back unchanged: Unicode beyond the BMP, combining forms, line breaks, markup, quotes, JSON-like text, nested metadata.",
    "CAS-01": "A session starts without a case; the first query creates exactly one and makes it current; follow-up queries use it.",
    "CAS-05": "Resuming keeps the current case: the next query continues it.",
    "UPL-01": "An accepted upload is attached to exactly the named session, is listed there once with its name, and its bytes come back unchanged.",
    "CLI-05": "The session survives the death of the background worker between any two steps.",
    "SEC-03": "Malformed input gives a 4xx from the declared set and leaves no trace; never 5xx, never a partial write.",
    "SEC-06": "If the session store fails, operations answer UNAVAILABLE quickly, never 'not found' and never an empty success.",
    "CON-01": "Under concurrent load by many users, on pooled and reused connections, all isolation and integrity requirements hold for every single answer.",
    "CON-08": "Several server nodes, workers or client proxies act as one: what one acknowledged, all show.",
}
_GROUPS = {
    "LIF": "lifecycle", "RES": "resumption", "ISO": "isolation", "EXP": "expiry", "MSG": "messages",
    "CAS": "cases", "UPL": "uploads", "CLI": "client", "SEC": "security", "CON": "load",
}  # fmt: skip
_SHOULD = {"LIF-09", "ISO-04", "EXP-10"}


def requirement(id: str = "RES-01") -> Requirement:
    """A requirement of the sample, or one with this id and a sentence of its own."""
    return Requirement(
        id=id,
        group=_GROUPS.get(id[:3], "lifecycle"),
        level="SHOULD" if id in _SHOULD else "MUST",
        tier="universal",
        sentence=_SENTENCES.get(id, f"The sentence of {id}."),
        why="A user who reopens the panel expects the conversation to be there; a second session splits it in two.",
        sources=("RFC 9110 section 9.3.3", "https://www.rfc-editor.org/rfc/rfc9110#section-9.3.3"),
        capabilities=frozenset({"create", "resume"}),
        means=frozenset(),
    )


def passed(id: str, observed: tuple[str, ...] = ()) -> RequirementResult:
    """One that holds."""
    check = CheckResult(f"check_of_{id}", id, Verdict.PASSED, exercised=3, observed=observed)
    return RequirementResult(requirement(id), Verdict.PASSED, checks=(check,))


def broken(id: str, *evidence: Evidence, verdict: Verdict = Verdict.FAILED) -> RequirementResult:
    """One that doesn't hold, with what shows it."""
    evidence = evidence or (
        Evidence(
            "the session_id of the first create, 8f3a2d10-77c1-4b0e-8a86-3f1d0d2a9c55",
            "another one, b21c90aa-3a5e-4c58-9a35-0d6a54be7f11",
            EXCHANGE,
        ),
    )
    checks = (
        CheckResult("a_second_create_resumes", id, Verdict.PASSED, exercised=1),
        CheckResult("the_fiftieth_create_resumes", id, Verdict.FAILED, exercised=2, evidence=evidence, repeat=REPEAT),
    )
    return RequirementResult(requirement(id), verdict, "the 50th create made a new session", checks)


def lacking(id: str, *missing: str, accepted: str = "") -> RequirementResult:
    """One that this run had no means to prove."""
    reason = f"needs {', '.join(missing)}"
    return RequirementResult(requirement(id), Verdict.UNPROVEN, reason, (), missing, accepted)


def other(id: str, verdict: Verdict, reason: str, *observed: str) -> RequirementResult:
    """One of any other verdict."""
    checks = (CheckResult(f"look_at_{id}", id, verdict, reason, observed),) if observed else ()
    return RequirementResult(requirement(id), verdict, reason, checks)


def sample() -> Report:
    """A run that found something in each of the verdicts."""
    foreign = Evidence(
        "after bob's refused update alice's session is unchanged",
        'title is "canary-bob-77aa"',
        EXCHANGE.replace("POST /api/v1/sessions", "PUT /api/v1/sessions/8f3a2d10").replace(
            "201 Created", "403 Forbidden"
        ),
    )
    told_apart = Evidence("the same body shape for a foreign and a missing session", "`detail` against `error.code`")
    results = {
        **{id: passed(id) for id in _SENTENCES},
        "LIF-06": passed("LIF-06", ("GET /api/v1/sessions lists sessions of every client of the user",)),
        "RES-01": broken("RES-01"),
        "ISO-02": broken("ISO-02", foreign),
        "ISO-04": broken("ISO-04", told_apart, verdict=Verdict.WARNED),
        "ISO-10": other("ISO-10", Verdict.NOT_APPLICABLE, "the contract declares an identity"),
        "EXP-01": lacking("EXP-01", "clock"),
        "EXP-02": lacking("EXP-02", "clock"),
        "EXP-04": lacking("EXP-04", "clock", accepted="the staging deployment has no test clock yet"),
        "EXP-06": lacking("EXP-06", "clock"),
        "EXP-08": lacking("EXP-08", "clock"),
        "EXP-10": other("EXP-10", Verdict.NOT_APPLICABLE, "the contract declares no absolute life"),
        "RES-07": lacking("RES-07", "clock"),
        "MSG-02": other("MSG-02", Verdict.UNPROVEN, "nothing was exercised"),
        "CAS-01": other("CAS-01", Verdict.NOT_APPLICABLE, "the contract declares no cases", "a read shows current_case_id: null"),
        "CAS-05": other("CAS-05", Verdict.NOT_APPLICABLE, "the contract declares no cases"),
        "UPL-01": other("UPL-01", Verdict.NOT_APPLICABLE, "the contract declares no uploads"),
        "CLI-05": lacking("CLI-05", "client"),
        "SEC-03": other("SEC-03", Verdict.ERROR, "set-up failed: POST /api/v1/sessions answered 503 three times"),
        "SEC-06": lacking("SEC-06", "store"),
        "CON-01": other("CON-01", Verdict.NOT_SELECTED, "`sessionproof load` looks at this one"),
        "CON-08": lacking("CON-08", "clock", "nodes"),
    }  # fmt: skip
    return Report(
        target="http://localhost:8002",
        contract="fm-session-service",
        recognised="its /openapi.json is titled FM Session Service",
        clock="none",
        seed=4711,
        effort="normal",
        started="2026-06-04T09:30:11Z",
        duration_s=4.1234,
        requests=312,
        results=tuple(results.values()),
        exit=Exit.FAILED,
        stale=("baseline.toml: RES-02 is passed now, no longer failed: remove the entry",),
        left_behind=("b21c90aa-3a5e-4c58-9a35-0d6a54be7f11",),
        notes=("the target asks for at most 10 requests a second; the run kept to it",),
        version="0.1.0",
    )


def report_of(*results: RequirementResult, exit: Exit = Exit.FAILED) -> Report:
    """A small run with these results only."""
    return replace(sample(), results=results, exit=exit, stale=(), left_behind=(), notes=())


def hostile() -> Report:
    """A run in which every text that comes from outside is out to harm."""
    evidence = Evidence(HOSTILE, HOSTILE, HOSTILE)
    check = CheckResult(HOSTILE, "RES-01", Verdict.FAILED, HOSTILE, (HOSTILE,), 1, 0, (evidence,), HOSTILE)
    results = [
        RequirementResult(requirement(id), verdict, HOSTILE, (replace(check, verdict=verdict),), (HOSTILE,))
        for id, verdict in zip(_SENTENCES, Verdict, strict=False)
    ]
    accepted = replace(results[0], verdict=Verdict.UNPROVEN, accepted=HOSTILE)
    texts = dict.fromkeys(("target", "contract", "recognised", "clock", "effort", "version"), HOSTILE)
    lists = dict.fromkeys(("stale", "left_behind", "notes"), (HOSTILE,))
    return replace(sample(), results=(*results, accepted), **texts, **lists)  # type: ignore[arg-type]
