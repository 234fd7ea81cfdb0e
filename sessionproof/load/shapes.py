"""The shapes that come with SessionProof: locustfiles in the bundle's `load/`."""

from __future__ import annotations

from pathlib import Path

from sessionproof.bundle import bundle_root
from sessionproof.errors import UsageError
from sessionproof.suggest import did_you_mean

__all__ = ["SHAPES", "locustfile"]

SHAPES = ("resumption-storm", "isolation", "expiry-churn")


def locustfile(name: str) -> Path:
    """The file of a shape by its name, or a locustfile of one's own by its path. Raises UsageError for neither."""
    if name in SHAPES:
        return bundle_root() / "load" / f"{name.replace('-', '_')}.py"
    file = Path(name)
    if file.suffix == ".py" and file.is_file():
        return file.resolve()
    hint = did_you_mean(name, SHAPES) or f"it is one of {', '.join(SHAPES)}, or a locustfile's path"
    raise UsageError(f"--shape {name}: no such shape; {hint}")
