"""One interaction, replayed by pact's own verifier: the only place that imports pact."""

from __future__ import annotations

import json
import os
import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sessionproof.pacts.files import Interaction

__all__ = ["Mismatch", "Replayed", "replay"]

_LONGEST = 200  # characters


@dataclass(frozen=True)
class Mismatch:
    """Where an answer isn't what the pact says: a JSON path, `status`, or `header NAME`; and both, in words."""

    place: str
    expected: str
    seen: str


@dataclass(frozen=True)
class Replayed:
    """What the verifier found: nothing, mismatches, or why it came to no result."""

    mismatches: tuple[Mismatch, ...] = ()
    failure: str = ""


def replay(interaction: Interaction, url: str, states: str, timeout: float) -> Replayed:
    """Verify one interaction at `url`, a loopback one, with its states made by `states`; each call within `timeout`.

    After Ctrl-C the interaction ends first, then KeyboardInterrupt is raised.
    """
    # In a thread of its own: in ours the library would swallow Ctrl-C where it calls back to write its log.
    with ThreadPoolExecutor(1) as aside:
        return aside.submit(_verified, interaction, url, states, timeout).result()


def _verified(interaction: Interaction, url: str, states: str, timeout: float) -> Replayed:
    os.environ["PACT_DO_NOT_TRACK"] = "true"  # otherwise it reports its use to its makers
    os.environ["NO_PROXY"] = "127.0.0.1"  # a proxy of the environment must not come between us
    from pact import Verifier

    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "pact.json"
        file.write_text(json.dumps(interaction.document), encoding="utf-8")
        verifier = Verifier(interaction.provider, host="127.0.0.1").add_transport(url=url).add_source(file)
        verifier.state_handler(states, body=True, teardown=False).set_request_timeout(int(timeout * 1000))
        with _quiet(), suppress(RuntimeError):  # it raises for mismatches as well: they are in its results
            verifier.verify()
        return _replayed(verifier.results)


@contextmanager
def _quiet() -> Iterator[None]:
    """Nothing reaches stdout or stderr: the verifier's library writes a report of its own there, past Python."""
    sys.stdout.flush()
    sys.stderr.flush()
    kept, nowhere = [os.dup(1), os.dup(2)], os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.dup2(nowhere, 2)
    try:
        yield
    finally:
        for number, copy in enumerate(kept, start=1):
            os.dup2(copy, number)
            os.close(copy)
        os.close(nowhere)


def _replayed(results: dict[str, Any]) -> Replayed:
    """An interaction that isn't in the results was not verified: the verifier itself calls that a success."""
    done = results.get("interactionResults") or []
    if len(done) != 1:
        errors = results.get("errors") or [{}]
        return Replayed(failure=f"the verifier didn't verify it: {_words(errors[0]) or 'it found no interaction'}")
    if done[0]["result"] == "OK":
        return Replayed()
    found = done[0].get("mismatch") or {}
    mismatches = tuple(map(_mismatch, found.get("mismatches") or ()))
    return Replayed(mismatches, "" if mismatches else f"the verifier came to no result: {_words(found) or found}")


def _words(error: dict[str, Any]) -> str:
    inner = error.get("mismatch")
    return str(error.get("message") or (inner.get("message") if isinstance(inner, dict) else "") or "")


def _mismatch(row: dict[str, Any]) -> Mismatch:
    kind, expected, seen = row.get("type", ""), str(row.get("expected", "")), str(row.get("mismatch", ""))
    if kind == "StatusMismatch":
        return Mismatch("status", f"status {expected}", f"status {row.get('actual')}")
    if kind == "HeaderMismatch":
        return Mismatch(f"header {row.get('key')}", f"header {row.get('key')}: {expected}", seen)
    place = str(row.get("path") or "body")
    return Mismatch(place, f"{place} {_cut(expected)}", f"{place}: {_cut(seen)}")


def _cut(text: str) -> str:
    """The exchange shows all of it."""
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 3]}..."
