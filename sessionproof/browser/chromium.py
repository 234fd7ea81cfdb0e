"""Which browser is driven: the one that SESSIONPROOF_CHROMIUM names, else Playwright's own, else one on PATH."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from sessionproof.errors import TargetError

if TYPE_CHECKING:
    from playwright.sync_api import Playwright

__all__ = ["VARIABLE", "Chromium", "find_chromium", "playwright"]

VARIABLE = "SESSIONPROOF_CHROMIUM"
_ON_PATH = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


@dataclass(frozen=True)
class Chromium:
    """A browser's program, and why it is that one."""

    path: str
    why: str


@contextmanager
def playwright() -> Iterator[Playwright]:
    """Playwright, in this thread. Raises TargetError where it isn't installed."""
    try:
        from playwright.sync_api import sync_playwright
    except ImportError as error:
        raise TargetError("Playwright isn't installed; pip install 'sessionproof[browser]'") from error
    with sync_playwright() as started:
        yield started


def find_chromium(started: Playwright) -> Chromium:
    """The browser to drive. Raises TargetError where there is none, with what would help."""
    named = os.environ.get(VARIABLE, "")
    if named:
        if shutil.which(named) is None:
            raise TargetError(f"{VARIABLE}={named}: no program there")
        return Chromium(str(shutil.which(named)), f"named by {VARIABLE}")
    own = started.chromium.executable_path
    if Path(own).is_file():
        return Chromium(own, "Playwright's own")
    for name in _ON_PATH:
        if found := shutil.which(name):
            return Chromium(found, "on PATH")
    raise TargetError(
        f"no Chromium found; `playwright install chromium`, or install your system's, or set {VARIABLE} to its path"
    )
