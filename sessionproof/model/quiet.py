"""Most sessions are quiet: one call after the other by one user, each of them served. They are judged in one pass.

What this pass finds right, the checkers find right as well (tests/model/test_quiet.py); where anything is out of the
ordinary it says nothing, and the session goes to them. It is here because a long history has millions of quiet ones.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import inf

from sessionproof.model.judgement import Judgement
from sessionproof.model.resumption import Key, Span
from sessionproof.model.rules import Rules
from sessionproof.model.seen import Seen
from sessionproof.model.views import View

__all__ = ["judge_quiet"]

_SERVED = range(200, 300)
_PLAIN = frozenset({"heartbeat", "uploads", "upload", "cases"})


def judge_quiet(
    events: Sequence[Seen], views: Sequence[View], listed: bool, rules: Rules, judgement: Judgement
) -> list[tuple[Key, Span]] | None:
    """What the session's clients have to be compared by; None where a session isn't quiet."""
    first, final = events[0], _final(events)
    clock, user, client = first.clock, first.user, first.client
    if first.op != "create" or (rules.life < inf and not _lives_through(first, events[-1], rules)):
        return None
    seen = creates = 0
    now = -inf
    last = renewed = first
    perhaps: Seen | None = None  # the last call that may have renewed the life, and may not
    texts: list[str] = []
    for event in events:
        status = event.status
        if status is None or status >= 300 or status < 200 or event.t0 <= now or event.odd:
            return None
        if event.user != user or event.clock != clock:
            return None
        now = event.t1
        op, sent, got = event.op, event.sent, event.got
        if got is not None and got.session is not None and got.session != first.session:
            return None
        if op == "add_message":
            if sent is None or type(sent.content) is not str or sent.idempotency_key is not None:
                return None
            texts.append(sent.content)
        elif op in rules.shows:
            if seen < len(views) and views[seen].event is event:
                view = views[seen]
                seen += 1
                if not view.whole or view.length != len(texts) or view.entries is not views[0].entries:
                    return None
        elif op == "create":
            creates += 1
            if event.client != client or not _is_plain(event, creates, rules):
                return None
        elif op == "delete":
            if event is not final or not _are_gone(events, event, rules):
                return None
            break
        elif op not in _PLAIN and (op != "query" or views):
            return None
        if op not in rules.outlive:
            last = event
        if op in rules.refreshed_by:
            renewed = event if op != "create" else renewed
        elif op not in rules.not_refreshed_by and event is not first:
            perhaps = event
    order = views[0].entries if views else []
    if order != texts[: len(order)] or len(set(texts)) < len(texts):
        return None
    if events[-1] is not final:
        judgement.looked["LIF-05"] += len(events) - events.index(final) - 1
    _count(judgement, creates, listed, len(views), len(order), rules)
    if not rules.resumes_by or not client.strip():
        return []
    length = rules.life - rules.early if rules.life_kind and rules.life < inf else -inf
    since = renewed if rules.life_kind in ("idle", "both") else first
    sure = since.t0 + since.shift + length
    until = perhaps.t1 + perhaps.shift + length if perhaps is not None and rules.life_kind != "absolute" else -inf
    ending = final.t0 if final.op == "delete" else inf
    key = user if rules.resumes_by == "user" else "", client, clock
    return [(key, Span(first.session, first, last, ending, sure, until, inf))]


def _final(events: Sequence[Seen]) -> Seen:
    """The delete that ends the session, or its last call."""
    end = len(events) - 1
    while end and events[end].status not in _SERVED:
        end -= 1
    return events[end]


def _are_gone(events: Sequence[Seen], end: Seen, rules: Rules) -> bool:
    """Whether every call after this delete is told that the session is gone."""
    after = [event for event in events if event.t0 > end.t1]
    return events[-1 - len(after)] is end and all(
        event.status in rules.gone and not event.odd and event.user == end.user and event.clock == end.clock
        for event in after
    )


def _lives_through(first: Seen, last: Seen, rules: Rules) -> bool:
    """Whether the session can have lived until its last call without a renewal."""
    if first.sent is not None and first.sent.life is not None:
        return False
    return last.t0 + last.shift <= first.t1 + first.shift + rules.life and rules.absolute == inf


def _is_plain(event: Seen, number: int, rules: Rules) -> bool:
    """Whether it is the create that issues the session, or one that resumes it and says so."""
    if event.sent is not None and (event.sent.idempotency_key is not None or event.sent.life is not None):
        return False
    if number > 1 and not (event.client and rules.resumes_by):
        return False
    return not rules.flags or (event.got is not None and event.got.resumed is True) == (number > 1)


def _count(judgement: Judgement, creates: int, listed: bool, views: int, entries: int, rules: Rules) -> None:
    looked = judgement.looked
    if creates > 1:
        looked["RES-01"] += creates - 1
    if rules.flags:
        looked["RES-02"] += creates
    if listed and rules.users and rules.lists == "user":
        looked["ISO-03"] += 1
    if views:
        looked["MSG-01"] += views
        if entries > 1:
            looked["MSG-02"] += views
