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

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from math import inf
from typing import Any

from sessionproof.model.judgement import Judgement, Name, Told
from sessionproof.model.outcome import done, refused, shown, when, who
from sessionproof.model.seen import Seen
from sessionproof.model.views import View

__all__ = ["Conversation", "judge_log"]

_LEAST_PAGE = 10  # entries; a shorter list is no page of a size that nobody asked for


@dataclass
class Conversation:
    """One conversation between two clears, and what it is called in requirements and sentences.

    `sure` were acknowledged and belong here, `maybe` may be here, `never` may not. `closed` is False where entries
    can be there that the history doesn't know of: the server's own, or those of a time before the history.
    """

    subject: str
    sure: list[tuple[Any, Seen]] = field(default_factory=list)  # text, request
    maybe: list[tuple[Any, Seen]] = field(default_factory=list)
    never: list[tuple[Any, Seen]] = field(default_factory=list)
    views: list[View] = field(default_factory=list)
    closed: bool = True
    case: bool = False


@dataclass(slots=True)
class _Sendings:
    """All sendings of one text."""

    sure: list[Seen] = field(default_factory=list)
    maybe: list[Seen] = field(default_factory=list)

    @property
    def most(self) -> int:
        return len(self.sure) + len(self.maybe)

    def first(self) -> Seen:
        return min((*self.sure, *self.maybe), key=lambda event: event.t0)


class _Log:
    def __init__(self, talk: Conversation, judgement: Judgement) -> None:
        self.talk, self.judgement = talk, judgement
        self.sent: dict[Any, _Sendings] = {}
        for text, event in talk.sure:
            self._of(text).sure.append(event)
        for text, event in talk.maybe:
            self._of(text).maybe.append(event)
        self.never = {text: event for text, event in talk.never if text not in self.sent}
        self.repeated = {text for text, sent in self.sent.items() if sent.most > 1}
        self.order: list[Any] = []  # the entries that were sent, as far as anybody was shown them
        self.anchored = False  # whether the order begins where the log begins
        self.longest: View | None = None
        self._told = Told(talk.subject, judgement)

    def _of(self, text: Any) -> _Sendings:
        found = self.sent.get(text)
        if found is None:
            found = self.sent[text] = _Sendings()
        return found

    # What belongs into the log at all

    def strange(self, key: Any, view: View) -> None:
        """An entry that wasn't sent here: nobody sent it, or it was refused."""
        if key is None:
            return
        if key in self.never:
            sentence = f"{shown(key)}, {_not(self.never[key])}, is shown to {who(view.event)} at {when(view.event.t1)}"
            self._tell("ghost", (self.never[key], view.event), sentence, self.never[key])
        elif self.talk.closed:
            sentence = f"{who(view.event)} is shown {shown(key)} at {when(view.event.t1)}, which nobody had sent here"
            self._tell("phantom", (view.event,), sentence)

    def count(self, keys: list[Any], view: View) -> None:
        """No text is there more often than it can have been sent."""
        if len(set(keys)) == len(keys):
            return
        for key, times in Counter(keys).items():
            if times > self.sent[key].most:
                first = self.sent[key].first()
                self._tell(
                    "duplicate",
                    (first, view.event),
                    f"{shown(key)}, which {who(first)} sent "
                    f"{_times(self.sent[key].most)} (at {when(first.t0)}), is shown {_times(times)} to "
                    f"{who(view.event)} at {when(view.event.t1)}",
                )

    # The order

    def look_at_each(self, views: Sequence[View]) -> None:
        """What can be said without an order: pages of unknown places, with texts that are there several times."""
        for view in views:
            for key in view.keys:
                if key not in self.sent:
                    self.strange(key, view)
            self.count([key for key in view.keys if key in self.sent], view)

    def place(self, views: Sequence[View]) -> list[tuple[View, int, int]]:
        """Each view with the least and the most entries that the log had when it was read; -1 for no upper limit."""
        lists: dict[int, list[View]] = defaultdict(list)
        beyond: list[tuple[View, int, int]] = []  # pages after the end
        for view in views:
            if view.moved:
                self._undecided(view)
            if view.length or view.whole:
                lists[id(view.entries)].append(view)
            elif view.anchored and self.talk.closed:
                beyond.append((view, 0, view.start))
        if not lists:
            self.anchored = True
            return beyond
        windows = [_Windows(self, part) for same in lists.values() for part in _segments(same)]
        for one in windows:
            if not one.anchored and one.views[0].anchored:
                self._undecided(one.views[0])  # its place is known, but not what comes before it
        self.anchored = any(one.anchored for one in windows)
        best = max((one for one in windows if one.anchored or not self.anchored), key=lambda one: len(one.own))
        self.order, self.longest = best.own, max(best.views, key=lambda view: view.start + view.length)
        ahead = self._assemble([one for one in windows if one is not best])
        self.count(self.order, self.longest)
        placed = beyond if self.anchored else []
        for one in windows:
            if one is best and self.repeated.isdisjoint(one.own):
                placed += one.placed(ahead)
                continue
            for view in one.views:
                keys = one.shown(view)
                start = one.before(view.start) + (ahead if one is best else 0)
                known = not view.moved and (one is best or (one.anchored and view.anchored))
                at = self._position(view, keys, start if known else None)
                if at is not None:
                    placed.append((view, at + len(keys), at + len(keys) if view.ends else -1))
        return placed

    def _assemble(self, windows: list[_Windows]) -> int:
        """Lengthen the order by pages that overlap an end of it; how many entries have come before it thereby."""
        before = 0
        joined = True
        while joined and windows:
            joined = False
            for one in windows:
                keys, order = one.own, self.order
                if not keys or not order or any(view.whole for view in one.views):
                    continue
                if not self.repeated.isdisjoint(keys):
                    continue
                if keys[-1] not in order and keys[0] in order:
                    at = order.index(keys[0])
                    if order[at:] == keys[: len(order) - at]:
                        self.order, joined = order + keys[len(order) - at :], True
                elif not self.anchored and keys[0] not in order and order[0] in keys:
                    at = keys.index(order[0])
                    if order[: len(keys) - at] == keys[at:]:
                        self.order, joined = keys[:at] + order, True
                        before += at
        return before

    def _position(self, view: View, keys: list[Any], start: int | None) -> int | None:
        """Where the view begins in the order, which should be at `start`; None where it has no place in it."""
        self.count(keys, view)
        order = self.order
        if not keys:
            return 0 if view.whole else None
        if start is not None and order[start : start + len(keys)] == keys:
            return start
        if not view.whole:
            if start is not None or not self.repeated.isdisjoint(keys):
                self._undecided(view)
            if not self.repeated.isdisjoint(keys):
                return None
            at = order.index(keys[0]) if keys[0] in order else len(order)
            if order[at : at + len(keys)] == keys:
                return at
        self._disagree(view, keys)
        return None

    def _disagree(self, view: View, keys: list[Any]) -> None:
        """Say what is wrong with a view that is no window of the order."""
        order, longest = self.order, self.longest
        if longest is None or len(set(keys)) < len(keys) or len(set(order)) < len(order):
            self._undecided(view)  # told as duplicates, or texts that have no place of their own
            return
        if not view.whole and not set(keys) & set(order):
            self._undecided(view)  # a page from where nobody has read the pages before it
            return
        here, places = set(keys), {key: at for at, key in enumerate(order)}
        at = [places[key] for key in keys if key in places]
        if len(at) == len(keys) and at == sorted(at):
            if view.whole and at[-1] - at[0] == len(at) - 1 and self._is_a_page(len(view.keys)):
                self._undecided(view)
                return
            self._lacks(next(key for key in order[0 if view.whole else at[0] :] if key not in here), view)
            return
        lacking = (key for key in order if key not in here and self._was_there(key, view))
        text = next(lacking, None) if view.whole else None
        if text is not None:
            self._lacks(text, view)
            return
        self._tell(
            "fork",
            (longest.event, view.event),
            f"{who(longest.event)} is shown {len(order)} entries at "
            f"{when(longest.event.t1)}, {who(view.event)} {len(keys)} at {when(view.event.t1)}, and no one order "
            f"has both: {_difference(order, keys)}",
        )

    def _was_there(self, text: Any, view: View) -> bool:
        """Whether the text was acknowledged before the view was asked for."""
        return any(event.t1 < view.event.t0 for event in self.sent[text].sure)

    def _is_a_page(self, length: int) -> bool:
        """Whether a list that was to be whole has the size of a page that the contract doesn't mention."""
        return length >= _LEAST_PAGE and length % 5 == 0

    # The moments

    def sweep(self, placed: list[tuple[View, int, int]]) -> None:
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
        for level, (text, begins, ends, event) in enumerate(self._entries()):
            if begins > now:
                now, cause = begins, event
            if now > ends and cause is not None:
                self._late(cause, event, text)
                now = ends
            early, late = least.get(level), most.get(level)
            if early is not None and now > early.event.t1 and cause is not None:
                self._shown_early(cause, early)
            if late is not None and late.event.t0 > now:
                now, cause = late.event.t0, late

    def _entries(self) -> Iterator[tuple[Any, float, float, Seen | None]]:
        """Level by level the entry that makes it, and its bounds: the order, then what nobody was shown.

        Of the latter those that were acknowledged first come first: whoever can be late waits.
        """
        yield None, -inf, inf, None
        turns: Counter[Any] = Counter()
        for text in self.order:
            yield text, *self._bounds(text, turns[text])
            turns[text] += 1
        if not self.anchored:
            return
        unseen = []
        for text, sent in self.sent.items():
            if turns[text] < len(sent.sure):
                ended = sorted(sent.sure, key=lambda event: event.t1)
                unseen += [(text, event) for event in ended[turns[text] :]]
        for text, event in sorted(unseen, key=lambda pair: pair[1].t1):
            yield text, event.t0, event.t1, event

    def _bounds(self, text: Any, turn: int) -> tuple[float, float, Seen | None]:
        """The first and the last moment of the `turn`-th entry of this text, and its request."""
        sent = self.sent[text]
        if sent.most == 1:
            (event,) = sent.sure or sent.maybe
            return event.t0, event.t1 if done(event) else inf, event
        begun = sorted((*sent.sure, *sent.maybe), key=lambda event: event.t0)
        ended = sorted(sent.sure, key=lambda event: event.t1)
        last = ended[turn].t1 if turn < len(ended) and self.anchored else inf
        return (begun[turn].t0, last, begun[turn]) if turn < len(begun) else (-inf, inf, None)

    # What is told

    def _late(self, cause: View | Seen, event: Seen | None, text: Any) -> None:
        """An entry that was acknowledged before `cause` began comes after it in the log."""
        if event is None:
            return
        if isinstance(cause, View):
            self._lacks(text, cause)
            return
        before = next((text for text, sent in self.sent.items() if cause in sent.sure or cause in sent.maybe), "")
        names: tuple[Seen, ...] = (event, cause, self.longest.event) if self.longest else (event, cause)
        self._tell(
            "disorder",
            names,
            f"{shown(text)}, which {who(event)} was acknowledged at {when(event.t1)}, comes "
            f"after {shown(before)}, which {who(cause)} sent only at {when(cause.t0)}",
        )

    def _shown_early(self, cause: View | Seen, view: View) -> None:
        """A view that had ended before `cause` began shows it, or what comes after it."""
        if isinstance(cause, View):
            text = self.order[max(self._length(cause), 0)] if self._length(cause) < len(self.order) else ""
            self._lacks(text, cause, view)
            return
        self._tell(
            "phantom",
            (view.event, cause),
            f"{who(view.event)} is shown at {when(view.event.t1)} what {who(cause)} sent only at {when(cause.t0)}",
        )

    def _length(self, view: View) -> int:
        return sum(1 for key in view.keys if key in self.sent)

    def _lacks(self, text: Any, view: View, shows: View | None = None) -> None:
        """A view lacks an entry that it had to show: for good, or other views show it."""
        if view.whole and not view.asked and self._is_a_page(len(view.keys)) and not self._reaches_beyond(view):
            self._undecided(view)
            return
        sent = self.sent.get(text)
        event = next(iter(sent.sure), None) if sent else None
        later = [other for other in self.talk.views if other.event.t1 > view.event.t0 and text in other.keys]
        if shows is None:
            shows = next((other for other in self.talk.views if text in other.keys), None)
        name: Name = "stale" if later else "lost"
        acknowledged = f"was acknowledged at {when(event.t1)}" if event is not None else "was there"
        speaker = f", which {who(event)} had sent," if event is not None else ""
        seen_at = f", and is shown at {when(shows.event.t1)}" if shows is not None else ""
        events = [one for one in (event, shows.event if shows else None, view.event) if one is not None]
        self._tell(
            name,
            tuple(events),
            f"{shown(text)}{speaker} {acknowledged}{seen_at}; what {who(view.event)} is "
            f"shown from {when(view.event.t0)} to {when(view.event.t1)} lacks it",
            beside=event,
        )

    def _reaches_beyond(self, view: View) -> bool:
        """Whether lists of this kind have been longer, so that this one isn't cut off."""
        return any(
            other.event.op == view.event.op and not other.asked and other.length > view.length
            for other in self.talk.views
        )

    def _undecided(self, view: View) -> None:
        self.judgement.undecided["CAS-04" if self.talk.case else "MSG-01"] += 1

    def _tell(self, name: Name, events: tuple[Seen, ...], sentence: str, beside: Seen | None = None) -> None:
        self._told.tell(name, self._requirement(name, beside), events, sentence)

    def _requirement(self, name: Name, beside: Seen | None) -> str:
        if self.talk.case:
            return "CAS-04"
        if name in ("fork", "disorder"):
            return "MSG-02"
        if name == "phantom":
            return "ISO-09"
        if name == "ghost":
            return "MSG-10" if beside is not None and done(beside) else "MSG-01"
        others = (event for _, event in (*self.talk.sure, *self.talk.maybe) if event is not beside)
        if beside is not None and any(other.t0 <= beside.t1 and beside.t0 <= other.t1 for other in others):
            return "MSG-03"
        return "MSG-01"


def _segments(views: list[View]) -> Iterator[list[View]]:
    """Views of one list of entries, by the parts of it that they cover without a gap.

    What lies between the parts was shown to somebody who isn't here, perhaps before a clear.
    """
    end = max(view.start + view.length for view in views)
    if any(view.start == 0 and view.length == end for view in views):
        yield views
        return
    found: list[View] = []
    reach = 0
    for view in sorted(views, key=lambda view: view.start):
        if found and view.start > reach:
            yield found
            found = []
        found.append(view)
        reach = max(reach, view.start + view.length) if len(found) > 1 else view.start + view.length
    yield found


class _Windows:
    """Views that cover a part of one list of entries without a gap, and what of it was sent."""

    def __init__(self, log: _Log, views: list[View]) -> None:
        self.views, self._low = views, min(view.start for view in views)
        self.entries = views[0].entries[self._low : max(view.start + view.length for view in views)]
        self.anchored = not self._low and any(view.anchored for view in views)
        self._before: list[int] | None = None
        self.own = self.entries
        if not all(entry in log.sent for entry in self.entries):
            self.own = [entry for entry in self.entries if entry in log.sent]
            self._before = [0]
            for at, entry in enumerate(self.entries, self._low):
                self._before.append(self._before[-1] + (entry in log.sent))
                if entry not in log.sent:
                    log.strange(entry, next(v for v in views if v.start <= at < v.start + v.length))

    def before(self, at: int) -> int:
        """How many entries of this part, before this place of the list, were sent."""
        return at - self._low if self._before is None else self._before[at - self._low]

    def placed(self, ahead: int) -> Iterator[tuple[View, int, int]]:
        """The views as windows of the order, in which this part stands after so many entries."""
        for view in self.views:
            end = self.before(view.start + view.length) + ahead
            yield view, end, end if view.ends else -1

    def shown(self, view: View) -> list[Any]:
        return self.own[self.before(view.start) : self.before(view.start + view.length)]


def judge_log(talk: Conversation, judgement: Judgement) -> None:
    """Add to `judgement` what is wrong with one conversation."""
    if not talk.views:
        return
    log = _Log(talk, judgement)
    if log.repeated and any(view.moved for view in talk.views):
        log.look_at_each(talk.views)
    else:
        log.sweep(log.place(talk.views))
    looked = "CAS-04" if talk.case else "MSG-01"
    judgement.looked[looked] += len(talk.views)
    if not talk.case and len(log.order) > 1:
        judgement.looked["MSG-02"] += len(talk.views)
    if not talk.case and _overlap(talk.sure):
        judgement.looked["MSG-03"] += 1
    if log.repeated:
        judgement.undecided[looked] += 1


def _overlap(sendings: list[tuple[Any, Seen]]) -> bool:
    last = -inf
    for _, event in sendings:
        if event.t0 < last:
            return True
        last = max(last, event.t1)
    return False


def _not(event: Seen) -> str:
    return (
        f"which was refused to {who(event)} at {when(event.t1)} (status {event.status})"
        if refused(event)
        else (
            f"which {who(event)} had sent at {when(event.t0)} and which was cleared away since"
            if done(event)
            else "gone"
        )
    )


def _times(number: int) -> str:
    return "once" if number == 1 else f"{number} times"


def _difference(order: list[Any], keys: list[Any]) -> str:
    for number, (one, other) in enumerate(zip(order, keys, strict=False), 1):
        if one != other:
            return f"entry {number} is {shown(one)} for one and {shown(other)} for the other"
    return f"entry {min(len(order), len(keys)) + 1} is there for one alone"
