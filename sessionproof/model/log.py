"""A conversation is a linearizable append-only log: is there one order of its entries that explains every read?

What was sent is there once from some moment between the request and its acknowledgement on; a refused text never is; a
text without a clear answer at most once, from any moment after its request on. A read shows the log as it was at one
moment between request and answer. The longest read gives the order, for a log only grows: all others have to be windows
of it. Then one pass from the first entry to the last puts each entry, and each read, at the earliest moment that is
possible; where that is too late for somebody, no order explains what was seen, and the pass knows who is in whose way.

Texts that were sent several times have no place of their own. They are counted, and the n-th of them in the log is
bounded by the n-th request and the n-th acknowledgement; what else they might show is left undecided.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from math import inf
from typing import Any

from sessionproof.model.conversation import Conversation
from sessionproof.model.findings import Findings
from sessionproof.model.judgement import Judgement
from sessionproof.model.order import Order
from sessionproof.model.outcome import done
from sessionproof.model.seen import Seen
from sessionproof.model.views import View
from sessionproof.model.windows import Placed

__all__ = ["judge_log"]


def judge_log(talk: Conversation, judgement: Judgement) -> None:
    """Add to `judgement` what is wrong with one conversation."""
    if not talk.views:
        return
    findings = Findings(talk, judgement)
    order = Order(findings)
    if findings.repeated and any(view.moved for view in talk.views):
        _look_at_each(findings)
    else:
        _sweep(order, order.place(talk.views))
    _count(talk, order, judgement)


def _count(talk: Conversation, order: Order, judgement: Judgement) -> None:
    looked = "CAS-04" if talk.case else "MSG-01"
    judgement.looked[looked] += len(talk.views)
    if not talk.case and len(order.entries) > 1:
        judgement.looked["MSG-02"] += len(talk.views)
    if not talk.case and _overlap(talk.sure):
        judgement.looked["MSG-03"] += 1
    if order.findings.repeated:
        judgement.undecided[looked] += 1


def _look_at_each(findings: Findings) -> None:
    """What can be said without an order: pages of unknown places, with texts that are there several times."""
    for view in findings.talk.views:
        for key in view.keys:
            if key not in findings.sent:
                findings.strange(key, view)
        findings.count([key for key in view.keys if key in findings.sent], view)


def _sweep(order: Order, placed: list[Placed]) -> None:
    """Put everything at its earliest moment, level by level; a level is the number of entries in the log."""
    least: dict[int, View] = {}  # by level: the view that ended first, of those that show so many
    most: dict[int, View] = {}  # by level: the view that began last, of those that show no more
    for view, low, high in placed:
        found = least.get(low)
        if found is None or view.event.t1 < found.event.t1:
            least[low] = view
        if high >= 0:
            found = most.get(high)
            if found is None or view.event.t0 > found.event.t0:
                most[high] = view
    now = -inf  # the earliest moment
    cause: View | Seen | None = None  # why it isn't earlier
    for level, (text, begins, ends, event) in enumerate(_entries(order)):
        if begins > now:
            now, cause = begins, event
        if now > ends and cause is not None:
            _late(order, cause, event, text)
            now = ends
        early, late = least.get(level), most.get(level)
        if early is not None and now > early.event.t1 and cause is not None:
            _shown_early(order, cause, early)
        if late is not None and late.event.t0 > now:
            now, cause = late.event.t0, late


def _entries(order: Order) -> Iterator[tuple[Any, float, float, Seen | None]]:
    """Level by level the entry that makes it, and its bounds: the order, then what nobody was shown.

    Of the latter those that were acknowledged first come first: whoever can be late waits.
    """
    yield None, -inf, inf, None
    turns: Counter[Any] = Counter()
    for text in order.entries:
        yield text, *_bounds(order, text, turns[text])
        turns[text] += 1
    if not order.anchored:
        return
    unseen = []
    for text, sent in order.findings.sent.items():
        if turns[text] < len(sent.sure):
            ended = sorted(sent.sure, key=lambda event: event.t1)
            unseen += [(text, event) for event in ended[turns[text] :]]
    for text, event in sorted(unseen, key=lambda pair: pair[1].t1):
        yield text, event.t0, event.t1, event


def _bounds(order: Order, text: Any, turn: int) -> tuple[float, float, Seen | None]:
    """The first and the last moment of the `turn`-th entry of this text, and its request."""
    sent = order.findings.sent[text]
    if sent.most == 1:
        (event,) = sent.sure or sent.maybe
        return event.t0, event.t1 if done(event) else inf, event
    begun = sorted((*sent.sure, *sent.maybe), key=lambda event: event.t0)
    ended = sorted(sent.sure, key=lambda event: event.t1)
    last = ended[turn].t1 if turn < len(ended) and order.anchored else inf
    return (begun[turn].t0, last, begun[turn]) if turn < len(begun) else (-inf, inf, None)


def _late(order: Order, cause: View | Seen, event: Seen | None, text: Any) -> None:
    """An entry that was acknowledged before `cause` began comes after it in the log."""
    if isinstance(cause, View):
        order.findings.lacks(text, cause)
    elif event is not None:
        order.findings.disorder(text, event, cause, order.longest)


def _shown_early(order: Order, cause: View | Seen, view: View) -> None:
    """A view that had ended before `cause` began shows it, or what comes after it."""
    if not isinstance(cause, View):
        order.findings.too_early(view, cause)
        return
    length = sum(1 for key in cause.keys if key in order.findings.sent)
    order.findings.lacks(order.entries[length] if length < len(order.entries) else "", cause, view)


def _overlap(sendings: list[tuple[Any, Seen]]) -> bool:
    last = -inf
    for _, event in sendings:
        if event.t0 < last:
            return True
        last = max(last, event.t1)
    return False
