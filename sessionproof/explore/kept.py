"""Walks that broke a requirement, kept from run to run and replayed first: steps alone, no id, no text, no secret."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

from sessionproof.contract import Contract
from sessionproof.errors import UsageError
from sessionproof.explore.steps import Step, as_row, from_row

__all__ = ["Kept", "keep", "read_kept"]

_FORMAT = 1
_MOST = 20  # of a contract; the oldest make room


@dataclass(frozen=True)
class Kept:
    requirement: str
    steps: tuple[Step, ...]


def read_kept(folder: Path, contract: Contract) -> list[Kept]:
    """The walks of a contract; none where none were kept. Raises UsageError for a file that can't be read."""
    file = _file(folder, contract)
    if not file.is_file():
        return []
    try:
        content = json.loads(file.read_text(encoding="utf-8"))
        if content["format"] != _FORMAT:
            raise ValueError(f"format {content['format']}")
        return [Kept(str(row["requirement"]), tuple(map(from_row, row["steps"]))) for row in content["walks"]]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise UsageError(f"{file}: holds no kept walks ({error}); remove it, or give another --cases") from error


def keep(folder: Path, contract: Contract, walks: Iterable[Kept]) -> None:
    """Write these walks, each once, the newest last. Raises UsageError when the folder can't be written."""
    rows: list[dict[str, Any]] = [
        {"requirement": walk.requirement, "steps": [as_row(step) for step in walk.steps]}
        for walk in list(dict.fromkeys(walks))[-_MOST:]
    ]
    file = _file(folder, contract)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps({"format": _FORMAT, "walks": rows}, indent=1) + "\n", encoding="utf-8")
    except OSError as error:
        raise UsageError(f"--cases {folder}: can't be written: {error.strerror}; give another folder") from error


def _file(folder: Path, contract: Contract) -> Path:
    return folder / f"{quote(contract.name, safe='')}.walks.json"
