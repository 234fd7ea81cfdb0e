"""Where what found something is kept from run to run."""

from __future__ import annotations

import os
from pathlib import Path

__all__ = ["default_folder"]


def default_folder() -> Path:
    """In the user's cache folder, which belongs to no repository."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "sessionproof" / "cases"
