"""Lists: whose sessions they show, and whether these live."""

from __future__ import annotations

from collections.abc import Sequence

from sessionproof.model.judgement import Judgement, Told
from sessionproof.model.lifetime import Lifetime
from sessionproof.model.outcome import done, when, who
from sessionproof.model.rules import Rules
from sessionproof.model.seen import Seen

__all__ = ["Listed", "judge_listed", "sessions_in"]


class Listed:
    """In which lists one session stood: of each user's the one that was asked for last."""

    __slots__ = ("by_user",)

    def __init__(self) -> None:
        self.by_user: dict[str, Seen] = {}

    def add(self, event: Seen) -> None:
        before = self.by_user.get(event.user)
        if before is None or event.t0 > before.t0:
            self.by_user[event.user] = event

    def is_plain(self, events: Sequence[Seen]) -> bool:
        """Whether its own user alone was shown it, and nobody later than the last call on it."""
        last = max(self.by_user.values(), key=lambda event: event.t0)
        return self.by_user.keys() == {events[0].user} and last.t0 <= events[-1].t0


def sessions_in(event: Seen) -> list[str]:
    """The sessions that a list shows, as far as it tells something about them."""
    if event.got is None or not event.got.each or not done(event):
        return []
    return [str(item.session) for item in event.got.each if item.session is not None]


def judge_listed(listed: Listed, life: Lifetime, rules: Rules, judgement: Judgement, told: Told) -> None:
    """Nobody else's session stands in a list of one's own, and none that is over in any."""
    if rules.users and rules.lists == "user" and life.born is not None:
        judgement.looked["ISO-03"] += len(listed.by_user)
    for event in listed.by_user.values():
        if life.born is None or event.clock != life.born.clock:
            continue
        if rules.users and rules.lists == "user" and event.user != life.owner:
            sentence = (
                f"session {told.subject}, which {who(life.born)} was given at {when(life.born.t1)}, stands in the list "
                f"of {who(event)} at {when(event.t1)}"
            )
            told.tell("intruder", "ISO-03", (life.born, event), sentence)
        if event.sent is not None and event.sent.status is not None:
            continue  # one may ask for those that are over
        if life.ended is not None and event.t0 > life.ended.t1:
            sentence = (
                f"{who(life.ended)} was told at {when(life.ended.t1)} that session {told.subject} is deleted; it "
                f"stands in the list that {who(event)} asked for at {when(event.t0)}"
            )
            told.tell("resurrected", "CON-02" if life.raced else "LIF-05", (life.ended, event), sentence)
        elif event.t0 + event.shift > life.over:
            sentence = (
                f"session {told.subject} was over at {when(life.over)} at the latest; it stands in the list that "
                f"{who(event)} asked for at {when(event.t0 + event.shift)}"
            )
            told.tell("immortal", "EXP-09", (life.born, event), sentence)
