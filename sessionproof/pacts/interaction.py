"""One interaction verified against a run's target, as check results."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sessionproof.expect import Expect, Unproven
from sessionproof.pacts.counts import Share
from sessionproof.pacts.files import Interaction
from sessionproof.pacts.handler import StateServer
from sessionproof.pacts.places import values_at
from sessionproof.pacts.replay import Mismatch, Replayed, replay
from sessionproof.pacts.scene import Scene, filled
from sessionproof.plugin.findings import findings
from sessionproof.proxy import Proxy
from sessionproof.run import Run
from sessionproof.verdicts import CheckResult
from sessionproof.wire import Reply

__all__ = ["verified"]

_CALLS_OF_A_STATE = 8  # at most; the verifier waits for all of them


def verified(interaction: Interaction, shares: Sequence[Share], run: Run, states: StateServer) -> Iterator[CheckResult]:
    """A result for each requirement that the interaction counts for, and what its calls showed besides.

    States and calls are the run's own: the verifier calls through the proxy, so that its request is sent, recorded
    and scanned for other users' words like any other.
    """
    run.begin(interaction.title)
    error: Exception | None = None
    mismatches: Sequence[Mismatch] = ()
    reply: Reply | None = None
    try:
        reply, mismatches = _carried_out(interaction, run, states)
    except Exception as what:
        error = what
    for share in shares:
        expect = Expect()
        why = error or _judged(interaction, share, mismatches, reply, expect)
        yield from findings(interaction.title, share.requirement, why, expect, run)


def _carried_out(interaction: Interaction, run: Run, states: StateServer) -> tuple[Reply, Sequence[Mismatch]]:
    scene = Scene.of(run, interaction)
    states.serve(scene)
    proxy = Proxy(run, scene.caller.actor)
    try:
        replayed = replay(interaction, proxy.url, states.url, run.sender.timeout * _CALLS_OF_A_STATE)
    finally:
        proxy.close()
    if scene.error is not None:
        raise scene.error
    for expression in interaction.needed:
        filled(expression, scene.values)  # where there is no value, the verifier has sent the pact's example
    if not proxy.replies:
        raise Unproven(replayed.failure or "the verifier sent no request")
    return proxy.replies[-1], tuple(_mismatches(interaction, replayed, proxy.replies[-1], scene))


def _mismatches(interaction: Interaction, replayed: Replayed, reply: Reply, scene: Scene) -> Iterator[Mismatch]:
    """What the verifier found, and values that aren't those of the state: it doesn't compare them.

    Of an answer of another kind (a refusal, no answer) only that counts: its body was never promised.
    """
    if reply.status is None:
        yield Mismatch("status", f"status {interaction.status}", reply.answer.failure)
        return
    if reply.status // 100 != interaction.status // 100:
        yield Mismatch("status", f"status {interaction.status}", f"status {reply.status}")
        return
    if replayed.failure:
        raise Unproven(replayed.failure)
    yield from replayed.mismatches
    found = {mismatch.place for mismatch in replayed.mismatches}
    for path, expression in interaction.taken.items():
        wanted = filled(expression, scene.values)
        for value in values_at(reply.json, path):
            if value != wanted and str(value) != str(wanted) and path not in found:
                yield Mismatch(path, f"{path} {wanted!r}, as {expression} of its state", f"{path}: {value!r}")


def _judged(
    interaction: Interaction, share: Share, mismatches: Sequence[Mismatch], reply: Reply | None, expect: Expect
) -> Exception | None:
    mine = [mismatch for mismatch in mismatches if share.has(mismatch)]
    if not mine and not share.was_seen(mismatches):
        return Unproven(f"the answer was another one than {interaction.consumer} expects; nothing can be told from it")
    try:
        expect.that(
            not mine,
            expected="; ".join(mismatch.expected for mismatch in mine[:3]),
            seen="; ".join(mismatch.seen for mismatch in mine[:3]),
            reply=reply,
        )
    except AssertionError as violation:
        return violation
    return None
