"""One page in which a user talks: what is typed, and what is on display afterwards."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sessionproof.browser.client import Client
from sessionproof.errors import TargetError
from sessionproof.proxy import Proxy

if TYPE_CHECKING:
    from playwright.sync_api import Page

__all__ = ["NotDriven", "Panel", "Shown"]

# Seconds without a change, after which nothing more comes of a question: the less there is to see, the longer.
_ANSWER_SHOWS, _NOTICE_SHOWS, _NOTHING_SHOWS = 0.3, 1.0, 2.0
_LOOK = 50  # milliseconds between two looks

_READ = """client => {
    const visible = element => element.checkVisibility() && element.innerText.trim();
    const texts = selector => [...document.querySelectorAll(selector)].filter(visible).map(e => e.innerText.trim());
    const input = document.querySelector(client.input);
    const named = selector => [...document.querySelectorAll(selector)].map(e => `${e.innerText} ${e.title}`).join(" ");
    return {
        answers: texts(client.answers), notice: texts(client.notice).join("\\n"),
        draft: input ? input.value ?? input.innerText : "", text: document.body.innerText,
        ids: Object.fromEntries(Object.entries(client.shows).map(([name, selector]) => [name, named(selector)])),
    };
}"""


class NotDriven(TargetError):
    """The client can't be driven as its file says."""


@dataclass(frozen=True)
class Shown:
    """What a user sees in a panel at one moment."""

    answers: tuple[str, ...]
    notice: str
    draft: str  # what stands in the input, unsent or not yet done
    text: str  # everything
    ids: Mapping[str, str] = field(default_factory=dict)  # session, case -> what is to show its id

    @property
    def outcome(self) -> tuple[tuple[str, ...], str]:
        return self.answers, self.notice


class Panel:
    """A panel that is open. Every method returns within `patience` seconds, or a few times that."""

    def __init__(self, page: Page, client: Client, backend: Proxy, patience: float) -> None:
        self.page, self.client, self.backend, self.patience = page, client, backend, patience
        self._settings: dict[str, Any] = {
            name: getattr(client, name) for name in ("answers", "notice", "input", "shows")
        }

    def shown(self) -> Shown:
        read = self.page.evaluate(_READ, self._settings)
        return Shown(tuple(read["answers"]), read["notice"], read["draft"], read["text"], read["ids"])

    def ask(self, question: str) -> Shown:
        """Type a question, send it, and wait for what comes of it: an answer, a notice, or nothing."""
        before, answered = self.shown(), len(self.backend.replies)
        if not self.begin(question):
            return self.shown()
        return self.settled(before, answered)

    def begin(self, question: str) -> bool:
        """Type a question and send it. Where the client locks its input, what a user does: open the panel anew.

        False when it is still locked then; nothing was sent.
        """
        if not self._is_usable() and not self._is_usable(again=True):
            return False
        self.page.bring_to_front()
        self.page.locator(self.client.input).first.fill(question)
        self.page.locator(self.client.send).first.click(timeout=self.patience * 1000)
        return True

    def new_chat(self) -> Shown:
        """Start a new chat, as the client's file says, and wait for what comes of it."""
        before, answered = self.shown(), len(self.backend.replies)
        self.page.bring_to_front()
        self.page.locator(self.client.new_chat).first.click(timeout=self.patience * 1000)
        return self.settled(before, answered)

    def reloaded(self) -> Shown:
        """What is on display after a reload of the page."""
        self.page.reload(wait_until="domcontentloaded")
        return self.settled()

    def showing(self, text: str) -> Shown:
        """What is on display once `text` is there, or when it doesn't come in time."""
        began = time.monotonic()
        while text not in (now := self.shown()).text and time.monotonic() - began < self.patience:
            self.page.wait_for_timeout(_LOOK)
        return now

    def settled(self, before: Shown | None = None, answered: int | None = None) -> Shown:
        """What is on display once nothing changes any more; something else than `before`, if that comes in time."""
        began = since = time.monotonic()
        now = self.shown()
        while time.monotonic() - began < self.patience:
            self.page.wait_for_timeout(_LOOK)
            last, now = now, self.shown()
            if now != last or not self.backend.is_idle:
                since = time.monotonic()
                continue
            replied = answered is None or len(self.backend.replies) > answered
            if time.monotonic() - since > self._enough(before, now, replied):
                break
        return now

    def _enough(self, before: Shown | None, now: Shown, replied: bool) -> float:
        """How long to see no change, before it is believed that there will be none."""
        if before is None or (now.answers and now.answers != before.answers):
            return _ANSWER_SHOWS
        if not replied:  # what there is to see is of something earlier
            return self.patience
        return _NOTICE_SHOWS if now.outcome != before.outcome else _NOTHING_SHOWS

    def close(self) -> None:
        self.page.close()

    def _is_usable(self, *, again: bool = False) -> bool:
        if again:
            self.page.reload(wait_until="domcontentloaded")
        began = time.monotonic()
        place = self.page.locator(self.client.input).first
        while time.monotonic() - began < (self.patience if again else self.patience / 5):
            if place.count() and place.is_editable() and place.is_visible():
                return True
            self.page.wait_for_timeout(_LOOK)
        return False
