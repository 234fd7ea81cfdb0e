"""Origins: pages and extensions of declared origins may call, with every route and header, and no others."""

from __future__ import annotations

from dataclasses import replace

import pytest

from sessionproof.caller import Caller
from sessionproof.effort import Numbers
from sessionproof.expect import Expect
from sessionproof.run import Run
from sessionproof.wire import Raw, Reply

requirement = pytest.mark.requirement


@requirement("SEC-09")
def browsers_of_declared_origins_may_call(
    alice: Caller, nobody: Caller, expect: Expect, numbers: Numbers, target: Run
) -> None:
    origins = target.contract.cors["origins"]
    allowed = (
        ["chrome-extension://abcdefghijklmnopabcdefghijklmnop", "https://app.example"]
        if origins == "any"
        else list(origins)
    )
    headers = ", ".join(target.contract.cors.get("headers", ["content-type"]))
    session = alice.has_session()
    for origin in allowed[: numbers.times]:
        for binding in numbers.some(target.contract.bindings):
            ask = (
                ("Origin", origin),
                ("Access-Control-Request-Method", binding.method),
                ("Access-Control-Request-Headers", headers),
            )
            preflight = replace(binding, method="OPTIONS", media_type="", anonymous=True)
            reply = expect(nobody.call(preflight, session, raw=Raw(headers=ask))).succeeds()
            lets_in(reply, origin, expect)
            methods = (reply.header("Access-Control-Allow-Methods") or "").upper()
            expect.that(
                binding.method in methods or "*" in methods,
                expected=f"{binding.method} allowed",
                seen=methods,
                reply=reply,
            )
            granted = (reply.header("Access-Control-Allow-Headers") or "").lower()
            lacking = [name for name in headers.lower().split(", ") if name not in granted and granted != "*"]
            expect.that(not lacking, expected=f"headers {headers} allowed", seen=granted, reply=reply)
        with_origin = Raw(headers=(("Origin", origin),))
        for reply in (
            alice.read(session, raw=with_origin),
            alice.read("missing", raw=with_origin),
            alice.create(raw=with_origin),
        ):
            lets_in(reply, origin, expect)
    if origins != "any":
        stranger = "https://elsewhere.example"
        reply = alice.read(session, raw=Raw(headers=(("Origin", stranger),)))
        found = reply.header("Access-Control-Allow-Origin")
        expect.that(
            found not in ("*", stranger),
            expected="no access for other origins",
            seen=str(found),
            reply=reply,
        )


def lets_in(reply: Reply, origin: str, expect: Expect) -> None:
    granted = reply.header("Access-Control-Allow-Origin")
    expect.that(
        granted in ("*", origin),
        expected=f"Access-Control-Allow-Origin for {origin}",
        seen=str(granted),
        reply=reply,
    )
    credentials = (reply.header("Access-Control-Allow-Credentials") or "").lower()
    both = granted == "*" and credentials == "true"
    expect.that(not both, expected="no wildcard together with credentials", seen="both", reply=reply)
