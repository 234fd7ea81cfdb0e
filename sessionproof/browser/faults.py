"""Faults of the reference extension: small changes to a copy of it, each with what it breaks."""

from __future__ import annotations

import shutil
import tempfile
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from sessionproof.bundle import bundle_root
from sessionproof.errors import UsageError
from sessionproof.suggest import did_you_mean

__all__ = ["Change", "Fault", "faulty", "known_faults"]


@dataclass(frozen=True)
class Change:
    """In one file of the extension, `old`, which is there once, becomes `new`."""

    file: str
    old: str
    new: str


@dataclass(frozen=True)
class Fault:
    """A mistake that an extension can have, and the requirements that it was declared to break."""

    id: str
    breaks: tuple[str, ...]  # the most direct one first
    behaviour: str
    conditional: bool  # it breaks them only at times
    changes: tuple[Change, ...]

    def apply(self, folder: Path) -> None:
        """Make the mistake in the extension in `folder`. Raises ValueError where it doesn't fit there."""
        for change in self.changes:
            file = folder / change.file
            text = file.read_text(encoding="utf-8")
            if text.count(change.old) != 1:
                raise ValueError(f"{self.id}: {change.file} has {text.count(change.old)} times {change.old!r}")
            file.write_text(text.replace(change.old, change.new), encoding="utf-8")


def known_faults() -> tuple[Fault, ...]:
    """Every fault of the reference extension, in the order of their ids."""
    folder = bundle_root() / "fixtures" / "extension_faults"
    return tuple(_read(file) for file in sorted(folder.glob("*.toml")))


@contextmanager
def faulty(folder: Path, fault: str | None) -> Iterator[Path]:
    """The extension in `folder`; with a `fault`, a copy that has it. Raises UsageError for a fault that isn't known."""
    if fault is None:
        yield folder
        return
    known = {one.id: one for one in known_faults()}
    if fault not in known:
        hint = did_you_mean(fault, known) or f"there are {', '.join(known)}"
        raise UsageError(f"--fault {fault}: not known; {hint}")
    with tempfile.TemporaryDirectory(prefix="sessionproof-") as name:
        copy = shutil.copytree(folder, Path(name) / "extension")
        known[fault].apply(copy)
        yield copy


def _read(file: Path) -> Fault:
    row = tomllib.loads(file.read_text(encoding="utf-8"))
    changes = tuple(Change(**change) for change in row["change"])
    return Fault(file.stem, tuple(row["breaks"]), row["behaviour"], row["conditional"], changes)
