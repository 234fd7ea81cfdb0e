"""What a person sees after a guess: what was found, what wasn't, what that costs, and how to go on."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from urllib.parse import urlsplit

from sessionproof.contract import Contract
from sessionproof.guess.costs import HINTS, costs
from sessionproof.guess.document import Origin
from sessionproof.guess.model import Draft
from sessionproof.requirements import load_requirements

__all__ = ["summary"]

_SHOWN_IDS = 4


def summary(draft: Draft, contract: Contract, origin: Origin, file: str) -> Iterator[str]:
    """The summary's lines; `contract` is what the written sidecar makes of the document."""
    reach = sum(row.capabilities <= contract.capabilities for row in load_requirements().values())
    yield f"{origin.label}: {len(draft.trusted)} operations about sessions found; {reach} requirements apply"
    for operation in draft.trusted:
        yield f"  {operation.does:12} {operation.name:44} {operation.confidence.word}"
    yield f"  {'identity':12} {_identity(draft)}"
    yield ""
    yield "Not guessed, and what that leaves unjudged:"
    for name, ids in costs(contract.capabilities).items():
        more = f" and {len(ids) - _SHOWN_IDS} more" if len(ids) > _SHOWN_IDS else ""
        yield f"  {name:12} {len(ids):2}  {', '.join(ids[:_SHOWN_IDS])}{more}"
        yield f"  {'':16} declare {HINTS[name]}"
    yield from _doubts(draft, origin)
    yield ""
    yield from _next(draft, contract, origin, file)


def _identity(draft: Draft) -> str:
    value = draft.top["identity"].value
    words = value if isinstance(value, str) else ", ".join(f"{kind} {name}" for kind, name in value.items())
    return f"{'a bearer token' if 'bearer' in value else words:44} {draft.top['identity'].confidence.word}"


def _doubts(draft: Draft, origin: Origin) -> Iterator[str]:
    doubts = [f"{name}: {guess.reason}" for name, guess in draft.top.items() if not guess.holds]
    doubts += [f"{one.name} ({one.does}?): {one.reason}" for one in draft.operations if not one.holds]
    doubts += [
        f"{one.name}: {word}? {place.reason}"
        for one in draft.trusted
        for word, places in one.words.items()
        for place in places
        if not place.holds
    ]
    doubts += draft.questions
    if origin.url and urlsplit(origin.url).path.rstrip("/") != origin.base_path:
        doubts.append(f"the document says that its paths start at {origin.base_path or '/'}; is the base URL right?")
    if doubts:
        yield ""
        yield "Unsure, and in the file as comments:"
        yield from (f"  {' '.join(doubt.split())}" for doubt in doubts)


def _next(draft: Draft, contract: Contract, origin: Origin, file: str) -> Iterator[str]:
    """What to type now; where users log in, for a log-in that is open to all names first."""
    words = ["sessionproof", "verify", origin.url or f"http://127.0.0.1:PORT{origin.base_path}", "--sidecar", file]
    if not contract.identity.by_token:
        yield f"Next: look at {file}, then"
        yield f"  {shlex.join(words)}"
        return
    tokens = "with the tokens of two users in the variables ALICE_TOKEN and BOB_TOKEN:"
    login = next((one.name for one in draft.trusted if one.does == "login"), "")
    if login:
        yield f"Next: look at {file}. If {login} gives a token to any new name, write login: anyone in it, then"
        yield f"  {shlex.join(words)}"
        yield f"Otherwise, {tokens}"
    else:
        yield f"Next: look at {file}, then, {tokens}"
    for name in ("alice", "bob"):
        words += ["--user", f"{name}={contract.identity.name}:env:{name.upper()}_TOKEN"]
    yield f"  {shlex.join(words)}"
