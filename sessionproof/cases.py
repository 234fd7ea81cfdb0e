"""What found something is kept from run to run: a folder, in it a file for each contract and kind of case."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, TypeVar
from urllib.parse import quote

from sessionproof.contract import Contract
from sessionproof.errors import UsageError

__all__ = ["Cases", "default_folder"]

_FORMAT = 1

Case = TypeVar("Case")


@dataclass(frozen=True)
class Cases(Generic[Case]):
    """Cases of one kind, which can be compared and hashed. Of a contract `most` are kept; the oldest make room."""

    name: str  # of the kind, in the plural
    ending: str  # of the files' names
    most: int
    as_row: Callable[[Case], dict[str, Any]]
    from_row: Callable[[dict[str, Any]], Case]  # raises ValueError, KeyError or TypeError for a row that is none

    def read(self, folder: Path, contract: Contract) -> list[Case]:
        """The cases of a contract; none where none were kept. Raises UsageError for a file that can't be read."""
        file = self._file(folder, contract)
        if not file.is_file():
            return []
        try:
            content = json.loads(file.read_text(encoding="utf-8"))
            if content["format"] != _FORMAT:
                raise ValueError(f"format {content['format']}")
            return [self.from_row(row) for row in content[self.name]]
        except (OSError, ValueError, KeyError, TypeError) as error:
            said = f"holds no kept {self.name} ({error}); remove it, or give another --cases"
            raise UsageError(f"{file}: {said}") from error

    def keep(self, folder: Path, contract: Contract, cases: Iterable[Case]) -> None:
        """Write these cases, each once, the newest last. Raises UsageError when the folder can't be written."""
        rows = [self.as_row(case) for case in list(dict.fromkeys(cases))[-self.most :]]
        try:
            folder.mkdir(parents=True, exist_ok=True)
            text = json.dumps({"format": _FORMAT, self.name: rows}, indent=1)
            self._file(folder, contract).write_text(text + "\n", encoding="utf-8")
        except OSError as error:
            raise UsageError(f"--cases {folder}: can't be written: {error.strerror}; give another folder") from error

    def _file(self, folder: Path, contract: Contract) -> Path:
        return folder / f"{quote(contract.name, safe='')}{self.ending}"


def default_folder() -> Path:
    """In the user's cache folder, which belongs to no repository."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "sessionproof" / "cases"
