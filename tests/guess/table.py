"""How good a guess is, as the table of docs/contracts.md: `python -m tests.guess.table` prints it, in some minutes."""

from __future__ import annotations

import json
import tempfile
from datetime import UTC, datetime
from pathlib import Path

import httpx

from sessionproof.contract.source import read_source

from .comparing import Comparison, atoms_of, compare, guessed
from .running import sessionproof
from .served import CONTRACTS, serving, tokens
from .test_guess_against_hand import ALSO_RIGHT

SAME = ("--effort", "normal", "--seed", "7", "--quiet", "--json", "report.json")
COLUMNS = ("by hand", "guessed", "also right", "wrong", "passed with the guess", "passed by hand")
HEAD = f"| {datetime.now(UTC).date()} | {' | '.join(COLUMNS)} |\n|---|{'---|' * len(COLUMNS)}"


def row(name: str, folder: Path) -> str:
    with serving(name) as url:
        seen = compared(name, url, folder)
        command = sessionproof(folder, "init", url).stdout.splitlines()[-1].split()
        by_guess = passed(folder, *command[1:], **(tokens(url) if name == "other-server" else {}))
    with serving(name) as url:
        by_hand = passed(folder, "verify", url, "--contract", str(CONTRACTS[name]))
    numbers = (len(seen.found | seen.missed), len(seen.found), len(seen.more), len(seen.wrong))
    return f"| {name} | {' | '.join(map(str, numbers))} | {by_guess} | {by_hand} |"


def compared(name: str, url: str, folder: Path) -> Comparison:
    guess = guessed(httpx.get(f"{url}/openapi.json").json(), folder)
    by_hand = atoms_of(read_source(CONTRACTS[name]).document)
    return compare(guess, by_hand, frozenset(ALSO_RIGHT.get(name, ())))


def passed(folder: Path, *command: str, **environment: str) -> str:
    """How many requirements passed; and failed, if any did."""
    sessionproof(folder, *command, *SAME, **environment)
    rows = json.loads((folder / "report.json").read_text(encoding="utf-8"))["requirements"]
    verdicts = [row["verdict"] for row in rows]
    failed = sum(one in ("failed", "error") for one in verdicts)
    return f"{verdicts.count('passed')}" + (f", {failed} failed" if failed else "")


if __name__ == "__main__":
    print(HEAD)
    for name in CONTRACTS:
        with tempfile.TemporaryDirectory() as folder:
            print(row(name, Path(folder)), flush=True)
