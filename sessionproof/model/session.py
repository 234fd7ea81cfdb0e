"""One session: its calls are collected until it is over, then judged; of a session that is over little is kept."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise
from math import inf
from typing import Any

from msgspec.structs import replace

from sessionproof.model.conversation import Conversation
from sessionproof.model.judgement import Judgement, Told
from sessionproof.model.life import judge_life
from sessionproof.model.lifetime import Lifetime, begin
from sessionproof.model.lists import Listed, judge_listed
from sessionproof.model.log import judge_log
from sessionproof.model.outcome import done, key_of, refused
from sessionproof.model.quiet import judge_quiet
from sessionproof.model.resumption import Key, Span, judge_creates, spans
from sessionproof.model.rules import Rules
from sessionproof.model.seen import Seen
from sessionproof.model.views import View, Views

__all__ = ["Session"]


_LONG = 64  # events; of a session that has more only what it showed is kept, and it isn't judged in one pass


class Session:
    """The calls on one session, in the order in which they were recorded, and the lists in which it stood."""

    __slots__ = ("_cases", "_noted", "_rules", "_views", "events", "id", "life", "listed")

    def __init__(self, session: str, rules: Rules) -> None:
        self.id, self._rules = session, rules
        self.events: list[Seen] = []
        self.listed: Listed | None = None
        self.life: Lifetime
        self._noted = 0  # events of which was taken what they show
        self._views: Views | None = None
        self._cases: dict[str, Views] | None = None

    def settle(self) -> None:
        """Keep less of a session that gets long."""
        if len(self.events) > _LONG:
            self._note()

    def _note(self) -> None:
        """Take from the events what they show of conversations; of the events the rest is kept."""
        rules, events = self._rules, self.events
        for place in range(self._noted, len(events)):
            event = events[place]
            if event.op in rules.shows:
                events[place] = self._read(event)
            elif event.op == "clear" and not refused(event):
                for views in (self._views, *(self._cases or {}).values()):
                    if views is not None:
                        views.restart()
        self._noted = len(events)

    def _read(self, event: Seen) -> Seen:
        got = event.got
        items = None if got is None else got.messages if event.op == "read" else got.each
        if got is None or items is None or not done(event):
            return event
        event = replace(event, got=replace(got, messages=None, each=None))
        if event.op != "case_history":
            if self._views is None:
                self._views = Views()
            self._views.add(event, got, items, self._rules)
            return event
        case = got.case if got.case is not None else event.sent.case if event.sent is not None else None
        if case is not None:
            self._cases = self._cases or {}
            self._cases.setdefault(str(case), Views()).add(event, got, items, self._rules)
        return event

    def close(self, judgement: Judgement) -> list[tuple[Key, Span]]:
        """Judge what was collected; what the session's clients have to be compared by is returned."""
        rules, events, listed = self._rules, self.events, self.listed
        if not events:
            return []
        if not self._noted and (listed is None or listed.is_plain(events)):
            quiet = judge_quiet(events, listed is not None, rules, judgement)
            if quiet is not None:
                return quiet
        self._note()
        self.life = Lifetime()
        creates = [event for event in events if event.op == "create" and done(event)]
        life = self.life
        born = _birth(creates, rules)
        if born is not None:
            events = [event for event in events if event.clock == born.clock]
            begin(born, events, life, rules)
            if listed is not None and "list" not in rules.not_refreshed_by:
                life.over = inf  # a list may have renewed what it shows
        elif len({event.clock for event in events}) > 1:
            return []  # nothing that needs a common clock can be told
        told = Told(self.id, judgement)
        latest = max(event.t0 + event.shift for event in (*events, *(listed.by_user.values() if listed else ())))
        judge_life(events, latest, life, rules, judgement, told)
        if listed is not None:
            judge_listed(listed, life, rules, judgement, told)
        if creates:
            judge_creates(creates, life, rules, judgement, told)
        self._judge_logs(events, judgement)
        bound = min((event.t0 for event in events if _sets_status(event)), default=inf)
        return spans(self.id, creates, life, bound, rules)

    # Conversations

    def _judge_logs(self, events: list[Seen], judgement: Judgement) -> None:
        rules = self._rules
        if self._views is not None and not (rules.cases and any(event.op == "new_case" for event in events)):
            talk = [event for event in events if event.op in rules.appends]
            strays = any(event.odd and not refused(event) for event in talk)
            closed = self.life.born is not None and not rules.answers and not strays
            for part in self._between_clears(events, talk, self._views.all, judgement):
                part.closed = closed
                judge_log(part, judgement)
        for case, views in (self._cases or {}).items():
            here = [event for event in events if event.op in rules.appends and _case_of(event) in (case, None)]
            for part in self._between_clears(events, here, views.all, judgement, case=case):
                part.closed, part.case, part.subject = False, True, f"case {case} of session {self.id}"
                judge_log(part, judgement)

    def _between_clears(
        self, events: list[Seen], talk: list[Seen], views: list[View], judgement: Judgement, case: str = ""
    ) -> list[Conversation]:
        """The conversation from clear to clear. What overlaps a clear may belong to either side."""
        clock = events[0].clock if events else ""
        views = [view for view in views if view.event.clock == clock and self._is_own(view.event)]
        views = [view for view in views if view.event.t1 < self.life.ending]
        keeps = case and self._rules.keeps_cases
        clears = [] if keeps else [event for event in events if event.op == "clear" and not refused(event)]
        sure = [event for event in clears if done(event) and self._is_own(event)]
        certain = set(map(id, sure))
        unsure = min((event.t0 for event in clears if id(event) not in certain), default=inf)
        bounds = _merged([(event.t0, event.t1) for event in sure])
        starts = [-inf, *(end for _, end in bounds)]
        ends = [*(begin for begin, _ in bounds), inf]
        parts = []
        for start, end in zip(starts, ends, strict=True):
            part = Conversation(self.id)
            part.views = [view for view in views if start < view.event.t0 and view.event.t1 < min(end, unsure)]
            cleared = max((event.t0 for event in sure if event.t1 <= start), default=-inf)
            for event in talk:
                shown = self._surely_shown(event, in_case=bool(case))
                self._sort_in(event, part, cleared, start, end, shown=shown)
            parts.append(part)
        _only_once(parts)
        left = len(views) - sum(len(part.views) for part in parts)
        left += sum(1 for event in talk if any(event.t0 <= end and start <= event.t1 for start, end in bounds))
        if left:
            judgement.undecided["MSG-10"] += left
        return parts

    def _is_own(self, event: Seen) -> bool:
        return not self._rules.users or self.life.owner is None or event.user == self.life.owner

    def _sort_in(
        self, event: Seen, part: Conversation, cleared: float, start: float, end: float, *, shown: bool
    ) -> None:
        """A sending that was over before `cleared` can't be in this part; one from `start` to `end` is, if `shown`."""
        sent = event.sent
        text = None if sent is None else key_of(sent.content if event.op == "add_message" else sent.question)
        if text is None or event.t0 > end:
            return
        if refused(event) or (done(event) and event.t1 < cleared):
            part.never.append((text, event))
        elif done(event) and event.t0 > start and event.t1 < end and shown:
            part.sure.append((text, event))
        else:
            part.maybe.append((text, event))

    def _surely_shown(self, event: Seen, *, in_case: bool) -> bool:
        """Whether reads have to show what was acknowledged: a case its queries, a session its messages, and its
        queries where it has no other entries."""
        if not self._is_own(event) or (event.sent is not None and event.sent.idempotency_key is not None):
            return False
        if in_case:
            return event.op == "query" and _case_of(event) is not None
        return event.op != "query" or (self._rules.queries_show and not self._rules.cases)


def _only_once(parts: list[Conversation]) -> None:
    """A text without a clear answer that was shown before a clear can't come again after it."""
    shown: set[Any] = set()
    for part, later in pairwise(parts):
        shown.update(key for view in part.views for key in view.keys)
        sendings = (*later.sure, *later.maybe, *later.never)
        times = Counter(text for text, event in sendings if not refused(event))
        gone = [(text, event) for text, event in later.maybe if text in shown and times[text] == 1 and not done(event)]
        later.never += gone
        later.maybe = [pair for pair in later.maybe if pair not in gone]


def _birth(creates: list[Seen], rules: Rules) -> Seen | None:
    """The create that issued the session, as far as the history shows."""
    for event in creates:
        if not (rules.flags and event.got is not None and event.got.resumed is True):
            return event
    return None


def _case_of(event: Seen) -> str | None:
    """The case that an answer says a query belongs to."""
    case: Any = event.got.case if event.got is not None else None
    return None if case is None else str(case)


def _sets_status(event: Seen) -> bool:
    return event.op == "update" and event.sent is not None and event.sent.status is not None and not refused(event)


def _merged(spans: list[tuple[float, float]]) -> list[tuple[float, float]]:
    """Spans that overlap, as one."""
    merged: list[tuple[float, float]] = []
    for start, end in sorted(spans):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged
