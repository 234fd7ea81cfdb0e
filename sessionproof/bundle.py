"""Where the bundled folders (contracts, suites, reference_server, ...) are: a checkout's root or the wheel."""

from __future__ import annotations

from pathlib import Path

__all__ = ["bundle_root"]


def bundle_root() -> Path:
    """The folder that holds `contracts/`, `suites/`, `reference_server/`, `pytest.ini` side by side."""
    package = Path(__file__).resolve().parent
    in_wheel = package / "bundle"
    return in_wheel if in_wheel.is_dir() else package.parent
