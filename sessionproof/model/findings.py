"""What is told of a conversation: which anomaly, of which requirement, in which words."""

from __future__ import annotations

from collections import Counter
from typing import Any

from sessionproof.model.conversation import Conversation, sendings
from sessionproof.model.judgement import Judgement, Name, Told
from sessionproof.model.outcome import done, refused, shown, when, who
from sessionproof.model.seen import Seen
from sessionproof.model.views import View

__all__ = ["Findings"]

_LEAST_PAGE = 10  # entries; a shorter list is no page of a size that nobody asked for


class Findings:
    """Adds what is found in one conversation to a judgement."""

    def __init__(self, talk: Conversation, judgement: Judgement) -> None:
        self.talk, self.sent = talk, sendings(talk)
        self.never = {text: event for text, event in talk.never if text not in self.sent}
        self.repeated = {text for text, sent in self.sent.items() if sent.most > 1}
        self._judgement, self._told = judgement, Told(talk.subject, judgement)

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

    def fork(self, order: list[Any], longest: View, keys: list[Any], view: View) -> None:
        """The order and the view contradict each other."""
        one, other = longest.event, view.event
        self._tell(
            "fork",
            (one, other),
            f"{who(one)} is shown {len(order)} entries at {when(one.t1)}, {who(other)} {len(keys)} at "
            f"{when(other.t1)}, and no one order has both: {_difference(order, keys)}",
        )

    def disorder(self, text: Any, event: Seen, cause: Seen, longest: View | None) -> None:
        """The text stands after what was sent only when it had been acknowledged."""
        before = next((text for text, sent in self.sent.items() if cause in sent.sure or cause in sent.maybe), "")
        self._tell(
            "disorder",
            (event, cause, *((longest.event,) if longest is not None else ())),
            f"{shown(text)}, which {who(event)} was acknowledged at {when(event.t1)}, comes after {shown(before)}, "
            f"which {who(cause)} sent only at {when(cause.t0)}",
        )

    def too_early(self, view: View, cause: Seen) -> None:
        """The view shows what was sent only when it had ended, or what comes after that."""
        self._tell(
            "phantom",
            (view.event, cause),
            f"{who(view.event)} is shown at {when(view.event.t1)} what {who(cause)} sent only at {when(cause.t0)}",
        )

    def lacks(self, text: Any, view: View, shows: View | None = None) -> None:
        """A view lacks an entry that it had to show: for good, or other views show it."""
        if view.whole and not view.asked and self.is_a_page(view) and not self._reaches_beyond(view):
            self.undecided()
            return
        if self._told.names & {"lost", "stale"}:
            return  # one example tells it, and each other one would cost a look at all views
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

    def was_there(self, text: Any, view: View) -> bool:
        """Whether the text was acknowledged before the view was asked for."""
        return any(event.t1 < view.event.t0 for event in self.sent[text].sure)

    def is_a_page(self, view: View) -> bool:
        """Whether a list that was to be whole has the size of a page that the contract doesn't mention."""
        return view.length >= _LEAST_PAGE and view.length % 5 == 0

    def _reaches_beyond(self, view: View) -> bool:
        """Whether lists of this kind have been longer, so that this one isn't cut off."""
        return any(
            other.event.op == view.event.op and not other.asked and other.length > view.length
            for other in self.talk.views
        )

    def undecided(self) -> None:
        """Nothing can be told by one of the views."""
        self._judgement.undecided["CAS-04" if self.talk.case else "MSG-01"] += 1

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
