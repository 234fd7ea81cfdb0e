"""Most sessions are quiet: one call after the other by one user, each of them served. They are judged in one pass.

What this pass finds right, the checkers find right as well (tests/model/test_parts.py); where anything is out of the
ordinary it says nothing, and the session goes to them. It is here because a long history has millions of quiet ones.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from math import inf

from sessionproof.model.judgement import Judgement
from sessionproof.model.resumption import Key, Span
from sessionproof.model.rules import Rules
from sessionproof.model.seen import Seen, brief
from sessionproof.model.views import extent

__all__ = ["judge_quiet"]

_PLAIN = frozenset({"heartbeat", "uploads", "upload", "cases"})


def judge_quiet(
    events: Sequence[Seen], listed: bool, rules: Rules, judgement: Judgement
) -> list[tuple[Key, Span]] | None:
    """What the session's clients have to be compared by; None where a session isn't quiet."""
    first = events[0]
    name, clock, user, client = first.session, first.clock, first.user, first.client
    if first.op != "create" or (rules.life < inf and not _lives_through(first, events[-1], rules)):
        return None
    creates = views = queries = longest = 0
    now = -inf
    texts: list[str] = []
    ended: Seen | None = None
    rest = iter(events)
    for event in rest:
        status, op, got = event.status, event.op, event.got
        if status is None or status < 200 or status >= 300 or event.t0 <= now or event.odd:
            return None
        if event.user != user or event.clock != clock:
            return None
        if got is not None and got.session is not None and got.session != name:
            return None
        now = event.t1
        if op == "add_message":
            sent = event.sent
            if sent is None or type(sent.content) is not str or sent.idempotency_key is not None:
                return None
            texts.append(sent.content)
        elif op in rules.shows:
            items = None if got is None else got.messages if op == "read" else got.each
            if got is None or items is None:
                continue
            _, whole, _, _ = extent(event, got, len(items), rules)
            if op == "case_history" or not whole:
                return None
            if [item.content for item in items] != texts:
                return None
            views += 1
            longest = len(texts)
        elif op == "create":
            creates += 1
            if event.client != client or not _is_plain(event, creates, rules):
                return None
        elif op == "delete":
            ended = event
            break
        elif op == "query":
            queries += 1
        elif op not in _PLAIN:
            return None
    after = [*rest]  # the delete, if there was one
    if (views and queries) or len(set(texts)) < len(texts):
        return None
    if ended is not None and not _are_gone(after, ended, rules):
        return None
    if after:
        judgement.looked["LIF-05"] += len(after)
    _count(judgement, creates, listed, views, longest, rules)
    if not rules.resumes_by or not client.strip():
        return []
    key = user if rules.resumes_by == "user" else "", client, clock
    lived = events if ended is None else events[: -1 - len(after)]
    return [(key, _span(lived, ended, rules))]


def _span(lived: Sequence[Seen], ended: Seen | None, rules: Rules) -> Span:
    """The session by the calls that found it alive, and the one that ended it."""
    first = lived[0]
    latest = next((event for event in reversed(lived) if event.op not in rules.outlive), first)
    told = brief(first)
    last = told if latest is first else brief(latest)
    ending = inf if ended is None else ended.t0
    if not rules.life_kind or rules.life == inf:
        return Span(first.session, told, last, ending, -inf, -inf, inf)
    length, since, perhaps = rules.life - rules.early, first, -inf
    for event in reversed(lived[1:]) if rules.life_kind != "absolute" else ():
        op = event.op
        if op in rules.refreshed_by:
            if since is first and op != "create":
                since = event
        elif perhaps == -inf and op not in rules.not_refreshed_by:
            perhaps = event.t1 + event.shift + length
    return Span(first.session, told, last, ending, since.t0 + since.shift + length, perhaps, inf)


def _are_gone(after: Iterable[Seen], end: Seen, rules: Rules) -> bool:
    """Whether every call after this delete is told that the session is gone."""
    return all(
        event.t0 > end.t1
        and event.status in rules.gone
        and not event.odd
        and event.user == end.user
        and event.clock == end.clock
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
