"""Conversations: what was acknowledged is there once, in the order in which it was acknowledged."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from math import inf
from typing import Any

from sessionproof.load.looking import World, column, is_clear, is_whole
from sessionproof.load.memory import Known, Said
from sessionproof.load.on_session import OnSession
from sessionproof.load.tally import Looks
from sessionproof.wire import Reply

__all__ = ["Asking", "Hearing", "Saying"]


class Saying(OnSession):
    """A message: from its answer on its text is to be found, if it was acknowledged."""

    def __init__(self, world: World, known: Known, text: str) -> None:
        super().__init__(world, known, "add_message")
        others = [said for said in known.said if said.state == "sent"]
        for said in others:
            said.beside = True
        self._said = Said(text, beside=bool(others))
        known.said.append(self._said)

    def at(self, reply: Reply, looks: Looks) -> None:
        super().at(reply, looks)
        self._said.began, self._said.ended = reply.began, reply.ended
        clear = "kept" if reply.ok else "refused"
        self._said.state = clear if is_clear(reply) else "open"


class Asking(OnSession):
    """A question to an assistant that repeats it: the answer is this question's, and nobody else's."""

    def __init__(self, world: World, known: Known, question: str) -> None:
        super().__init__(world, known, "query")
        self._question = question

    def at(self, reply: Reply, looks: Looks) -> None:
        super().at(reply, looks)
        if reply.ok and self.world.contract.assistant == "echo" and reply.shows("answer"):
            answer = str(reply["answer"])
            looks.that("CON-01", self._question in answer, f"an answer to {self._question!r}", answer[:120])


class Hearing(OnSession):
    """A look at the whole conversation, in the list of messages or in the session itself."""

    def __init__(self, world: World, known: Known, operation: str) -> None:
        super().__init__(world, known, operation)
        self._items = "each" if operation == "messages" else "messages"
        self._kept = [said for said in known.said if said.state == "kept"]

    def at(self, reply: Reply, looks: Looks) -> None:
        super().at(reply, looks)
        contents = column(reply, self._items, "content") if reply.ok else None
        if contents is None or not self.known.said or not is_whole(reply, len(contents)):
            return
        self._once(contents, looks)
        newest_first = reply.request.binding.lists[self._items].newest_first
        self._in_order(contents[::-1] if newest_first else contents, looks)

    def _once(self, contents: Sequence[Any], looks: Looks) -> None:
        times = Counter(content for content in contents if isinstance(content, str))
        for requirement, beside in (("MSG-01", False), ("MSG-03", True)):
            those = [said.text for said in self._kept if said.beside is beside]
            wrong = next((text for text in those if times[text] != 1), None)
            if wrong is not None:
                looks.that(requirement, False, f"{wrong!r} once", f"{times[wrong]} times")
            elif those:
                looks.that(requirement, True)
        for said in self.known.said:
            if said.state == "kept":
                continue
            most = 0 if said.state == "refused" else 1
            looks.that("MSG-01", times[said.text] <= most, f"{said.text!r} at most {most} times", f"{times[said.text]}")

    def _in_order(self, contents: Sequence[Any], looks: Looks) -> None:
        """An entry that was acknowledged before another was sent stands before it."""
        known = {said.text: said for said in self._kept}
        latest, latest_text = -inf, ""
        wrong = ""
        for content in contents:
            said = known.get(content) if isinstance(content, str) else None
            if said is None:
                continue
            if said.ended < latest:
                wrong = f"{latest_text!r} before {said.text!r}, which was acknowledged before the other was sent"
            if said.began > latest:
                latest, latest_text = said.began, said.text
        if len(known) > 1:
            looks.that("MSG-02", not wrong, "the order of the acknowledgements", wrong)
