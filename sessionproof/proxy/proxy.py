"""One client's way to the deployment: every request is passed on as the run's own, and recorded as that."""

from __future__ import annotations

import asyncio
import contextlib
import threading
import time
from collections.abc import Iterator
from urllib.parse import urlsplit

from sessionproof.actors import Actor
from sessionproof.proxy.actions import Action, Answers, Cuts, Holds, Rule
from sessionproof.proxy.http import Incoming, read_request, write_answer
from sessionproof.run import CURRENT, Run
from sessionproof.wire import Answer, Reply, Request, recognise_request

__all__ = ["Proxy"]


class Proxy:
    """A back end on a free port of this machine, in front of the run's target.

    It serves one client, which speaks for `actor`. Requests are passed on by the run's sender and recorded by its
    recorder, under the name of the check that made the proxy. Call it from any thread but the sender's.
    """

    def __init__(self, run: Run, actor: Actor) -> None:
        self.run, self.actor = run, actor
        self.replies: list[Reply] = []  # in the order of the answers
        self._base = urlsplit(run.sender.base_url).path.rstrip("/")
        self._talk = CURRENT.get()
        self._rules: list[Rule] = []
        self._changed = threading.Condition()
        self._under_way = 0
        self._held: list[str] = []  # operations
        self._connections: set[asyncio.StreamWriter] = set()
        self._released = asyncio.Event()
        self._server = run.sender.wait_for(self._listen())
        self.port: int = self._server.sockets[0].getsockname()[1]

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}{self._base}"

    def done(self, operation: str) -> list[Reply]:
        """The replies to this operation until now."""
        return [reply for reply in self.replies if reply.request.binding.operation == operation]

    @contextlib.contextmanager
    def meeting(self, operation: str, action: Action, times: int | None = None) -> Iterator[None]:
        """Within the block, `action` is what becomes of requests that do `operation` ("" for all of them)."""
        rule = Rule(operation, action, times)
        self._rules.insert(0, rule)
        try:
            yield
        finally:
            self._rules.remove(rule)
            if isinstance(action, Holds):
                self.run.sender.wait_for(self._release())

    def is_holding(self, operation: str, within: float, times: int = 1) -> bool:
        """Waits until `times` answers to `operation` are held; False when they aren't, after so many seconds."""
        with self._changed:
            return self._changed.wait_for(lambda: self._held.count(operation) >= times, within)

    @property
    def is_idle(self) -> bool:
        """Whether the client waits for nothing but answers that are held."""
        return self._under_way == len(self._held)

    def close(self) -> None:
        """Nobody listens any more, and no connection is left. May be called twice."""
        self.run.sender.wait_for(self._close())

    async def _listen(self) -> asyncio.Server:
        return await asyncio.start_server(self._serve, "127.0.0.1", 0)

    async def _release(self) -> None:
        self._released.set()
        self._released = asyncio.Event()

    async def _close(self) -> None:
        self._server.close()
        self._released.set()
        for writer in list(self._connections):
            writer.transport.abort()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        CURRENT.set(self._talk)
        self._connections.add(writer)
        try:
            incoming = await read_request(reader, writer)
            if incoming is not None:
                await self._answer(incoming, writer)
        except OSError:
            pass  # the client went away, as it may
        finally:
            self._connections.discard(writer)
            writer.close()

    async def _answer(self, incoming: Incoming, writer: asyncio.StreamWriter) -> None:
        inside = incoming.target.startswith(self._base)
        target = incoming.target.removeprefix(self._base)
        request = recognise_request(
            self.run.contract, self.actor, incoming.method, target, incoming.headers, incoming.content
        )
        with self._counted():
            action = self._action(request) if inside else Answers(404)
            answer = await self._carried_out(request, action)
            if isinstance(action, Holds):
                await self._hold(request.binding.operation)
            if answer.status is None:
                writer.transport.abort()
            else:
                await write_answer(writer, incoming.method, answer.status, answer.headers, answer.content)

    def _action(self, request: Request) -> Action | None:
        return next((rule.action for rule in self._rules if rule.takes(request.binding.operation)), None)

    async def _carried_out(self, request: Request, action: Action | None) -> Answer:
        began = time.monotonic()
        if isinstance(action, Answers):
            answer, t0, t1 = Answer(action.status, action.headers, action.content, injected=True), began, began
        elif isinstance(action, Cuts):
            answer, t0, t1 = Answer(None, failure="cut off by the harness", injected=True), began, began
        else:
            request = self.run.in_turn(request)
            answer, t0, t1 = await self.run.sender.send_once(request)
        self.replies.append(self.run.heard(request, answer, t0, t1))
        return answer

    async def _hold(self, operation: str) -> None:
        released = self._released
        with self._changed:
            self._held.append(operation)
            self._changed.notify_all()
        try:
            await released.wait()
        finally:
            with self._changed:
                self._held.remove(operation)

    @contextlib.contextmanager
    def _counted(self) -> Iterator[None]:
        self._under_way += 1
        try:
            yield
        finally:
            self._under_way -= 1
