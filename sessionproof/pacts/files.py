"""Pact files as values: interactions one by one, whichever version of the format they are written in."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sessionproof.bundle import bundle_root
from sessionproof.errors import UsageError

__all__ = ["Given", "Interaction", "bundled_pacts", "read_pacts"]

_HTTP = (None, "Synchronous/HTTP")  # None: before version 4 there was nothing else in these files


@dataclass(frozen=True)
class Given:
    """A provider state: its name and what it is made with."""

    state: str
    params: Mapping[str, Any]


@dataclass(frozen=True)
class Interaction:
    """One request of a consumer and the answer it expects, in the states that it is `given`."""

    file: Path
    consumer: str
    provider: str
    description: str
    given: tuple[Given, ...]
    method: str
    path: str  # an example of it
    status: int  # of the expected answer
    taken: Mapping[str, str]  # JSON path in the answer -> expression over the state's values
    needed: tuple[str, ...]  # expressions that the request is made of
    counts_for: tuple[str, ...]  # requirements that the pact itself names, by `comments.requirements`
    document: Mapping[str, Any]  # a pact of this interaction alone

    @property
    def title(self) -> str:
        """How reports name it."""
        states = " and ".join(given.state for given in self.given)
        return f"{self.consumer}: {self.description}" + (f" (given {states})" if states else "")


def bundled_pacts() -> Path:
    """The folder of the pacts that come with SessionProof."""
    return bundle_root() / "contracts" / "pacts"


def read_pacts(places: Sequence[Path], provider: str = "") -> list[Interaction]:
    """The HTTP interactions of every pact file in `places` (files and folders), with `provider` alone if one is named.

    Raises UsageError, in one line, for what can't be read, and where nothing is left to verify.
    """
    found = [interaction for place in places for file in _files(place) for interaction in _interactions(file)]
    wanted = [interaction for interaction in found if interaction.provider == (provider or interaction.provider)]
    providers = sorted({interaction.provider for interaction in found})
    where = ", ".join(str(place) for place in places)
    if not wanted:
        others = f"; they are with {', '.join(providers)}" if providers else ""
        raise UsageError(
            f"{where}: no HTTP interaction{f' with {provider}' if provider else ''} in these pacts{others}"
        )
    if len({interaction.provider for interaction in wanted}) > 1:
        raise UsageError(f"{where}: pacts with several providers; say which with --provider {providers[0]}")
    return wanted


def _files(place: Path) -> list[Path]:
    if not place.is_dir():
        return [place]
    files = sorted(place.glob("*.json"))
    if not files:
        raise UsageError(f"{place}: no pact file (*.json) in this folder")
    return files


def _interactions(file: Path) -> Iterator[Interaction]:
    try:
        content = json.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise UsageError(f"{file}: can't be read: {error.strerror}") from error
    except (ValueError, RecursionError) as error:
        raise UsageError(f"{file}: not a pact file: not JSON ({error})") from error
    if not isinstance(content, dict):
        raise UsageError(f"{file}: not a pact file: it holds no JSON object")
    try:
        consumer, provider = content["consumer"]["name"], content["provider"]["name"]
        for row in content.get("interactions", []):
            if row.get("type") in _HTTP:
                yield _interaction(file, consumer, provider, row, content)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        why = f"{error} is missing" if isinstance(error, KeyError) else str(error)
        raise UsageError(f"{file}: not a pact file: {why}") from error


def _interaction(
    file: Path, consumer: str, provider: str, row: Mapping[str, Any], content: Mapping[str, Any]
) -> Interaction:
    named = (row.get("comments") or {}).get("requirements", [])
    return Interaction(
        file=file,
        consumer=consumer,
        provider=provider,
        description=row["description"],
        given=tuple(_given(row)),
        method=row["request"]["method"].upper(),
        path=row["request"]["path"],
        status=int(row["response"].get("status", 200)),
        taken=dict(_from_state(row["response"].get("generators", {}).get("body", {}))),
        needed=tuple(expression for _, expression in _from_state(row["request"].get("generators", {}))),
        counts_for=tuple(str(id) for id in named),
        document={**content, "interactions": [row]},
    )


def _given(row: Mapping[str, Any]) -> Iterator[Given]:
    one = row.get("providerState") or row.get("provider_state")  # version 2 and before: one, without parameters
    if isinstance(one, str):
        yield Given(one, {})
    for state in row.get("providerStates") or ():
        yield Given(state["name"], state.get("params") or {})


def _from_state(generators: Mapping[str, Any], name: str = "") -> Iterator[tuple[str, str]]:
    """The name and the expression of every value that comes from a provider state, however deep it stands."""
    if generators.get("type") == "ProviderState":
        yield name, str(generators["expression"])
        return
    for key, below in generators.items():
        if isinstance(below, Mapping):
            yield from _from_state(below, key)
