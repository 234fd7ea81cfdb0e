"""What a check has of the client under test: installations of it, each ended with the check."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from sessionproof.browser.client import Client
from sessionproof.browser.installation import Installation
from sessionproof.caller import Caller

if TYPE_CHECKING:
    from playwright.sync_api import Playwright

    from sessionproof.browser.chromium import Chromium

__all__ = ["Driver", "Extension"]


@dataclass
class Extension:
    """The extension under test. Installations are made by `installed_by`, and end with the check."""

    driver: Driver
    folder: Path
    installations: list[Installation] = field(default_factory=list)

    def installed_by(self, user: Caller) -> Installation:
        """The extension in a fresh browser, which works for `user`: another one at each call."""
        number = len(self.installations) + 1
        actor = replace(user.actor, name=f"{user.name}'s browser" if number == 1 else f"{user.name}'s browser {number}")
        folder = self.folder / str(number)
        driver = self.driver
        made = Installation(driver.playwright, driver.chromium, driver.client, Caller(user.run, actor), folder)
        self.installations.append(made)
        made.install()
        return made

    def close(self) -> None:
        for installation in self.installations:
            installation.close()


@dataclass(frozen=True)
class Driver:
    """What drives the client of a whole run."""

    playwright: Playwright
    chromium: Chromium
    client: Client

    @contextmanager
    def opened(self) -> Iterator[Extension]:
        """The extension, for one check."""
        with tempfile.TemporaryDirectory(prefix="sessionproof-", ignore_cleanup_errors=True) as folder:
            extension = Extension(self, Path(folder))
            try:
                yield extension
            finally:
                extension.close()
