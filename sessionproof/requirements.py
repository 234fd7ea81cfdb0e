"""The requirements that a session API is judged by, as `contracts/requirements.toml` states them."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from sessionproof.bundle import bundle_root
from sessionproof.errors import UsageError

__all__ = ["GROUPS", "Requirement", "load_requirements", "select"]

GROUPS = (
    "lifecycle",
    "resumption",
    "isolation",
    "expiry",
    "messages",
    "cases",
    "uploads",
    "client",
    "security",
    "load",
)


@dataclass(frozen=True)
class Requirement:
    """One sentence that holds or doesn't, why it matters, and what it takes to judge it."""

    id: str
    group: str
    level: str  # MUST | SHOULD
    tier: str  # universal | capability | declared
    sentence: str
    why: str
    sources: tuple[str, ...]
    capabilities: frozenset[str]
    means: frozenset[str]


@cache
def load_requirements(file: Path | None = None) -> dict[str, Requirement]:
    """Every requirement by id, in the file's order. Raises UsageError when the file can't be used."""
    file = file or bundle_root() / "contracts" / "requirements.toml"
    try:
        rows = tomllib.loads(file.read_text(encoding="utf-8"))["requirement"]
        return {row["id"]: _requirement(row) for row in rows}
    except (OSError, tomllib.TOMLDecodeError, KeyError, TypeError) as error:
        raise UsageError(f"{file}: not a requirements file: {error}") from error


def _requirement(row: dict[str, Any]) -> Requirement:
    values = dict(row)
    values["sources"] = tuple(values["sources"])
    values |= {name: frozenset(values[name]) for name in ("capabilities", "means")}
    return Requirement(**values)


def select(names: tuple[str, ...]) -> frozenset[str]:
    """The ids that `names` (ids, groups, or prefixes such as RES) stand for; every id when there are none.

    Raises UsageError for a name that is neither, with the names that are known.
    """
    known = load_requirements()
    chosen: set[str] = set()
    for name in names:
        matches = {
            id
            for id, requirement in known.items()
            if name.upper() in (id, id.split("-")[0]) or name.lower() == requirement.group
        }
        if not matches:
            raise UsageError(
                f"--only {name}: neither a requirement nor a group; "
                f"groups are {', '.join(GROUPS)}, `sessionproof requirements` lists the ids"
            )
        chosen |= matches
    return frozenset(chosen or known)
