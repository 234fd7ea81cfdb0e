"""The extension, installed in a browser profile of its own, with a proxy of its own as its back end."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import json
import os
import shutil
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from sessionproof.browser.client import Client
from sessionproof.browser.panel import NotDriven, Panel
from sessionproof.caller import Caller
from sessionproof.contract.expressions import at_pointer
from sessionproof.proxy import Proxy

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext, Page, Playwright

    from sessionproof.browser.chromium import Chromium

__all__ = ["Installation"]

_SEND = """([message, patience]) => Promise.race([
    chrome.runtime.sendMessage(message),
    new Promise(resolve => setTimeout(() => resolve(null), patience)),
]).catch(() => null)"""


class Installation:
    """One browser user with the extension. `user` calls the deployment directly; the client goes through `backend`."""

    def __init__(self, playwright: Playwright, chromium: Chromium, client: Client, user: Caller, folder: Path) -> None:
        self.client, self.user = client, user
        self.backend = Proxy(user.run, user.actor)
        self.patience = user.run.sender.timeout
        self._playwright, self._chromium = playwright, chromium
        self._profile, self._extension = folder / "profile", folder / "extension"
        self._context: BrowserContext | None = None

    def install(self) -> None:
        """The browser runs, and the extension in it knows its back end and its user."""
        shutil.copytree(self.client.folder, self._extension)
        self._start()
        self._set_up(self.user)

    def open(self) -> Panel:
        """A panel, as a user opens one: at once, whatever it does then."""
        from playwright.sync_api import TimeoutError as Late

        page = self._page(self.client.panel)
        try:
            page.locator(self.client.input).first.wait_for(state="attached")
        except Late as error:
            raise NotDriven(
                f"{self.client.panel} has no {self.client.input}; see `input` in the client's file"
            ) from error
        return Panel(page, self.client, self.backend, self.patience)

    def session(self) -> str:
        """The session's id as the extension hands it out to its pages; "" when it hands out none."""
        with self._tool() as page:
            if self.client.stored:
                value = page.evaluate("async key => (await chrome.storage.local.get(key))[key]", self.client.stored)
            else:
                value = page.evaluate(_SEND, [self.client.message, self.patience * 1000])
        found = at_pointer(value, self.client.id)
        return str(found) if isinstance(found, str | int) else ""

    def clients(self) -> list[str]:
        """The client id of each of its creates, in their order."""
        return [str(reply.request.values.get("client", "")) for reply in self.backend.done("create")]

    def kill_worker(self) -> None:
        """The background worker is stopped at once, as the browser does when it has been idle."""
        with self._tool() as page:
            devtools = self._running.new_cdp_session(page)
            devtools.send("ServiceWorker.enable")
            devtools.send("ServiceWorker.stopAllWorkers")
            devtools.detach()

    def restart(self) -> None:
        """The browser ends and starts again, with nothing open."""
        self._stop()
        self._start()

    def update(self) -> None:
        """The browser replaces the extension by a newer version while it runs."""
        file = self._extension / "manifest.json"
        manifest = json.loads(file.read_text(encoding="utf-8-sig"))
        *first, last = manifest["version"].split(".")
        manifest["version"] = ".".join([*first, str(int(last) + 1)])
        file.write_text(json.dumps(manifest), encoding="utf-8")
        browser = self._running.browser
        assert browser is not None
        devtools = browser.new_browser_cdp_session()
        devtools.send("Extensions.loadUnpacked", {"path": str(self._extension)})
        devtools.detach()

    def sign_in(self, user: Caller) -> None:
        """Another user works with the same browser from now on; panels are closed before."""
        for page in self._running.pages[1:]:
            page.close()
        self.user = user
        self.backend.actor = replace(user.actor, name=f"{user.name}'s browser")
        self._set_up(user)

    def close(self) -> None:
        """The browser has ended, and nobody listens for it. May be called twice."""
        self._stop()
        self.backend.close()

    @property
    def _running(self) -> BrowserContext:
        assert self._context is not None
        return self._context

    def _start(self) -> None:
        self._context = self._playwright.chromium.launch_persistent_context(
            self._profile,
            executable_path=self._chromium.path,
            channel="chromium",  # its new headless mode has extensions
            headless=True,
            chromium_sandbox=os.geteuid() != 0,  # root has none
            args=[
                f"--disable-extensions-except={self._extension}",
                f"--load-extension={self._extension}",
                "--enable-unsafe-extension-debugging",  # lets it be updated
                "--no-proxy-server",
                *self._led_here(),
            ],
        )
        self._context.set_default_timeout(self.patience * 1000)

    def _led_here(self) -> list[str]:
        if not self.client.address:
            return []
        parts = urlsplit(self.client.address)
        return [f"--host-resolver-rules=MAP {parts.hostname}:{parts.port or 80} 127.0.0.1:{self.backend.port}"]

    def _stop(self) -> None:
        if self._context is not None:
            self._context.close()
            self._context = None

    def _set_up(self, user: Caller) -> None:
        values = {"backend": self.backend.url, "user": user.user or "", "token": user.actor.secret}
        if stored := {key: values[name] for name, key in self.client.storage.items()}:
            with self._tool() as page:
                page.evaluate("values => chrome.storage.local.set(values)", stored)
        if (options := self.client.options) is not None:
            page = self._page(options.at)
            for name, selector in options.fill.items():
                page.locator(selector).first.fill(values[name])
            page.locator(options.save).first.click()
            page.wait_for_timeout(200)  # what it saves, it saves by then
            page.close()

    @contextlib.contextmanager
    def _tool(self) -> Any:
        """A page of the extension that runs nothing of its own."""
        page = self._page("manifest.json")
        try:
            yield page
        finally:
            page.close()

    def _page(self, path: str) -> Page:
        from playwright.sync_api import Error

        page = self._running.new_page()
        try:
            page.goto(f"chrome-extension://{self._id()}/{path}", wait_until="domcontentloaded")
        except Error as error:
            why = str(error).splitlines()[0]
            raise NotDriven(
                f"{self._chromium.path} doesn't show {path} of the extension ({why}); if it is Google Chrome, "
                "which loads no unpacked extensions, take a Chromium"
            ) from error
        return page

    def _id(self) -> str:
        """As Chromium makes it: from the manifest's key, or from the folder's path."""
        key = json.loads((self._extension / "manifest.json").read_text(encoding="utf-8-sig")).get("key")
        source = base64.b64decode(key) if key else str(self._extension.resolve()).encode()
        return "".join(chr(ord("a") + int(digit, 16)) for digit in hashlib.sha256(source).hexdigest()[:32])
