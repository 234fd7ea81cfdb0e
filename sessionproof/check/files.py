"""From what a call names to histories: files, standard input, and HAR files, which are converted first."""

from __future__ import annotations

import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from sessionproof.check.har import convert
from sessionproof.check.source import Source, is_har, read_source
from sessionproof.contract import Contract
from sessionproof.errors import UsageError

__all__ = ["STANDARD_INPUT", "GivenFiles", "given_files"]

STANDARD_INPUT = "standard input"


@dataclass
class GivenFiles:
    """`notes` says what became of HAR files, `part` whether there were any: they have the calls of one client."""

    folder: Path  # for copies
    notes: list[str] = field(default_factory=list)
    part: bool = False

    def source(self, given: str, contract: Contract | None) -> Source:
        """The history that `given` names, "-" for standard input. Raises UsageError when it can't be judged."""
        path, name = (self._copied(), STANDARD_INPUT) if given == "-" else (Path(given), given)
        if not is_har(path, name):
            return read_source(path, name)
        if contract is None:
            raise UsageError(f"{name}: a HAR file doesn't say what it is of; give the contract by --contract NAME|FILE")
        converted = self.folder / f"{len(self.notes)}.jsonl"
        self.part = True
        self.notes += convert(path, name, contract, converted)
        return read_source(converted, name)

    def _copied(self) -> Path:
        """Standard input as a file, for a history is read more than once."""
        copy = self.folder / "standard-input"
        with copy.open("wb") as out:
            shutil.copyfileobj(sys.stdin.buffer, out)
        return copy


@contextmanager
def given_files() -> Iterator[GivenFiles]:
    """Copies are gone with the block."""
    with tempfile.TemporaryDirectory(prefix="sessionproof-") as folder:
        yield GivenFiles(Path(folder))
