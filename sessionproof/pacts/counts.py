"""Which requirements an interaction counts for, and which mismatch belongs to which of them."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from sessionproof.actors import Actor
from sessionproof.contract import Contract
from sessionproof.errors import UsageError
from sessionproof.pacts.files import Interaction, bundled_pacts
from sessionproof.pacts.places import is_within
from sessionproof.pacts.replay import Mismatch
from sessionproof.requirements import load_requirements
from sessionproof.wire import recognise_request

__all__ = ["Share", "shares"]


@dataclass(frozen=True)
class Share:
    """A requirement and its part of an interaction: some places of the answer, or all that is no other's."""

    requirement: str
    places: tuple[str, ...]
    others: tuple[str, ...]

    def has(self, mismatch: Mismatch) -> bool:
        if self.places:
            return any(is_within(mismatch.place, place) for place in self.places)
        return not any(is_within(mismatch.place, place) for place in self.others)

    def was_seen(self, mismatches: Sequence[Mismatch]) -> bool:
        """Whether the answer had these places at all: another status or a body without them shows nothing of them."""
        always = not self.places or "status" in self.places
        return always or all(mismatch.place.startswith("$.") for mismatch in mismatches)


def shares(interaction: Interaction, contract: Contract) -> tuple[Share, ...]:
    """What the interaction counts for: what it says itself, or what `contracts/pacts/requirements.toml` says.

    Raises UsageError where neither says anything, and for a requirement that there isn't.
    """
    found: Mapping[str, Sequence[str]] = dict.fromkeys(interaction.counts_for, ()) or _in_table(interaction, contract)
    for id in found:
        if id not in load_requirements():
            raise UsageError(
                f"{interaction.file}: {interaction.description!r} names {id}, which is no requirement; "
                "`sessionproof requirements` lists them"
            )
    everywhere = tuple(place for places in found.values() for place in places)
    return tuple(Share(id, tuple(places), everywhere) for id, places in found.items())


def _in_table(interaction: Interaction, contract: Contract) -> Mapping[str, Sequence[str]]:
    does = recognise_request(
        contract, Actor("probe", None), interaction.method, interaction.path, (), b""
    ).binding.operation
    states = [given.state for given in interaction.given]
    for row in _table():
        if row["does"] == does and row.get("given") in (None, *states):
            counts: Mapping[str, Sequence[str]] = row["for"]
            return counts
    raise UsageError(
        f"{interaction.file}: {interaction.description!r} ({interaction.method} {interaction.path}) counts for no "
        "requirement; name some in its comments.requirements (docs/pacts.md)"
    )


@cache
def _table() -> list[dict[str, Any]]:
    return list(tomllib.loads((bundled_pacts() / "requirements.toml").read_text(encoding="utf-8"))["counts"])
