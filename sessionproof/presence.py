"""Whether the target is there: calls without an answer are counted, and then it is asked, node by node."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from sessionproof.actors import Actor
from sessionproof.contract import Contract
from sessionproof.errors import TargetError
from sessionproof.sender import Sender
from sessionproof.wire import Reply, Request, build_request

__all__ = ["Presence", "TargetLost"]

_SILENT_IN_A_ROW = 3  # calls without an answer, before the target is asked whether it is there at all
_SILENT_AT_ONE_CALL = 4  # after which that operation isn't tried again


class TargetLost(TargetError):
    """The target stopped answering in the middle of a run."""


@dataclass
class Presence:
    """What is known of a target's being there. A node is named by its base URL, "" where there is one alone."""

    contract: Contract
    sender: Sender
    lost: str = ""  # why the target counts as lost
    _silent: Counter[tuple[str, str]] = field(default_factory=Counter)  # by node and operation
    _silent_in_a_row: Counter[str] = field(default_factory=Counter)  # by node

    def never_answers(self, node: str, operation: str) -> bool:
        """Whether it is of no use to try that operation again."""
        return self._silent[node, operation] >= _SILENT_AT_ONE_CALL

    async def notice(self, reply: Reply) -> None:
        """Counts a call without an answer. Raises TargetLost where that was one of several, and nothing is there."""
        node = reply.request.node
        if reply.unsent:
            return
        if reply.status is not None:
            self._silent_in_a_row[node] = 0
            return
        self._silent[node, reply.request.binding.name] += 1
        self._silent_in_a_row[node] += 1
        if self._silent_in_a_row[node] >= _SILENT_IN_A_ROW and not await self.answers(node):
            raise TargetLost(self.lost)

    async def answers(self, node: str) -> bool:
        """Whether the node still answers anything; `lost` says why not."""
        self._silent_in_a_row[node] = 0
        probe, _, _ = await self.sender.send(replace(self._probe(), node=node))
        if probe.status is None:
            self.lost = f"{f'the node {node}' if node else 'the target'} stopped answering: {probe.failure}"
        return not self.lost

    async def statuses(self) -> dict[str, int | None]:
        """What each node answers to a look at it."""
        nodes = (self.sender.base_url, *self.sender.others)
        looks = {node: await self.sender.send_once(replace(self._probe(), node=node)) for node in nodes}
        return {node: look[0].status for node, look in looks.items()}

    async def unlike(self, before: Mapping[str, int | None]) -> str:
        """The first node that doesn't answer as before, "" if all do."""
        now = await self.statuses()
        return next((node for node in before if now[node] != before[node]), "")

    def _probe(self) -> Request:
        name = "health" if self.contract.has("health") else "list" if self.contract.has("list") else "create"
        binding = replace(self.contract.first(name), method="GET", media_type="")
        return build_request(self.contract, binding, Actor("probe", None), {})
