"""An actor with a voice: what a check calls to speak to the API."""

from __future__ import annotations

from collections import Counter
from typing import Any

from sessionproof.actors import Actor
from sessionproof.contract import Binding
from sessionproof.run import Run
from sessionproof.wire import Raw, Reply

__all__ = ["Caller", "SetUpFailed"]


class SetUpFailed(Exception):
    """The arrangement of a check didn't succeed, so that the check couldn't begin."""

    def __init__(self, what: str, reply: Reply) -> None:
        self.reply = reply
        super().__init__(f"{what} answered {reply.status or reply.answer.failure}")


class Caller:
    """Speaks for one actor. Each method sends one request and returns its reply, whatever it says.

    Keyword values are named as in the contract's vocabulary (client, title, content, ...); `life` is in seconds. Where
    the target has several nodes, requests go to one after the other, or to `node` alone.
    """

    def __init__(self, run: Run, actor: Actor, node: str = "") -> None:
        self.run, self.actor, self.node = run, actor, node
        self._turns: Counter[str] = Counter()

    @property
    def name(self) -> str:
        return self.actor.name

    @property
    def user(self) -> str | None:
        return self.actor.user

    @property
    def client(self) -> str:
        """A client id of this actor's own."""
        return self.actor.client

    def another_client(self) -> str:
        """A client id of this actor's that nobody has sent before."""
        return f"{self.client}-{self.text()[-8:]}"

    def text(self, about: str = "text") -> str:
        """A text that nobody has sent before and that shows whose it is."""
        return self.actor.text(about)

    def call(
        self, operation: str | Binding, session: str | None = None, *, raw: Raw | None = None, **values: Any
    ) -> Reply:
        """Do one operation, by binding, or by name: then each time by the next of its bindings."""
        binding = self._next(operation) if isinstance(operation, str) else operation
        if session is not None:
            values["session"] = session
        return self.run.ask(binding, self.actor, values, raw, self.node)

    def at(self, node: str) -> Caller:
        """The same actor, who speaks to one node."""
        return Caller(self.run, self.actor, node)

    def _next(self, operation: str) -> Binding:
        bindings = self.run.contract.all(operation)
        if not bindings:
            raise KeyError(operation)
        self._turns[operation] += 1
        return bindings[(self._turns[operation] - 1) % len(bindings)]

    def create(self, *, raw: Raw | None = None, **values: Any) -> Reply:
        return self.call("create", raw=raw, **values)

    def read(self, session: str, *, raw: Raw | None = None) -> Reply:
        return self.call("read", session, raw=raw)

    def update(self, session: str, *, raw: Raw | None = None, **values: Any) -> Reply:
        return self.call("update", session, raw=raw, **values)

    def delete(self, session: str, *, raw: Raw | None = None) -> Reply:
        return self.call("delete", session, raw=raw)

    def list(self, *, raw: Raw | None = None, **values: Any) -> Reply:
        return self.call("list", raw=raw, **values)

    def heartbeat(self, session: str, *, raw: Raw | None = None) -> Reply:
        return self.call("heartbeat", session, raw=raw)

    @property
    def role(self) -> str:
        """A user's role in a conversation: the first that the contract declares."""
        return (self.run.contract.roles or ("user",))[0]

    def say(self, session: str, content: str, *, raw: Raw | None = None, **values: Any) -> Reply:
        """Add one message to the conversation, in the user's role unless `role` says otherwise."""
        return self.call("add_message", session, raw=raw, **{"role": self.role, "content": content} | values)

    def ask(self, session: str | None, question: str, *, raw: Raw | None = None, **values: Any) -> Reply:
        """Ask the assistant, within `session` unless that is None."""
        return self.call("query", session, raw=raw, question=question, **values)

    def upload(self, session: str | None, name: str, content: bytes, *, raw: Raw | None = None) -> Reply:
        """Add a file to `session`, or to none."""
        return self.call("upload", session, raw=raw, file=(name, content))

    def conversation(self, session: str, *, raw: Raw | None = None, **values: Any) -> Reply:
        """The conversation, from the message list or, without one, from the session itself."""
        operation = "messages" if self.run.contract.has("messages") else "read"
        return self.call(operation, session, raw=raw, **values)

    def try_on(self, binding: Binding, session: str, *, raw: Raw | None = None, **values: Any) -> Reply:
        """Do `binding` on `session` with plain, valid values for whatever else it takes."""
        plain: dict[str, Any] = {
            "role": self.role,
            "content": self.text("said"),
            "title": self.text("title"),
            "question": self.text("asked"),
            "file": ("notes.txt", self.text("in a file").encode()),
        }
        return self.call(
            binding,
            session,
            raw=raw,
            **{name: plain[name] for name in plain if name in binding.sends} | values,
        )

    # Arrangements: what a check needs before it begins. They raise SetUpFailed instead of returning a refusal.

    def has_session(self, **values: Any) -> str:
        """The id of a session made for this check."""
        return self.arranged(self.create(**values), "create").session

    def has_another_session(self, *others: str, **values: Any) -> str:
        """The id of a session that is none of `others`: of the same client, where that doesn't resume one of them."""
        if "resume" not in self.run.contract.capabilities:
            session = self.has_session(client=self.client, **values)
            if session not in others:
                return session
        return self.has_session(**values)

    def has_said(self, session: str, *contents: str) -> None:
        """Each of `contents` is in the conversation, as a message or, where there are none, as a question."""
        by_message = self.run.contract.has("add_message")
        for content in contents:
            reply = self.say(session, content) if by_message else self.ask(session, content)
            self.arranged(reply, "add_message" if by_message else "query")

    def has_told(self, session: str, *texts: str) -> None:
        """Each of `texts` is in the conversation in every way that there is: as a message, and as a question."""
        for text in texts:
            if self.run.contract.has("add_message"):
                self.arranged(self.say(session, text), "add_message")
            if self.run.contract.has("query"):
                self.arranged(self.ask(session, text), "query")

    def has_uploaded(self, session: str, name: str, content: bytes) -> Reply:
        return self.arranged(self.upload(session, name, content), "upload")

    def arranged(self, reply: Reply, what: str) -> Reply:
        """`reply`, if it succeeded. Raises SetUpFailed otherwise."""
        if not reply.ok or (what == "create" and not reply.session):
            raise SetUpFailed(what, reply)
        return reply
