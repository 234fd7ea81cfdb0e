"""What the plain Schemathesis command finds of one fault, and the frame of the benchmarks that stand beside it."""

import argparse
import json
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import Any

from sessionproof.deployments.bundled import bundled_server
from sessionproof.errors import SessionProofError
from sessionproof.selfcheck.plain_schemathesis import PlainSchemathesis
from sessionproof.selfcheck.programs import Programs

LONGEST = 300  # seconds a look


def options_of(description: str) -> argparse.ArgumentParser:
    """The options that all of these benchmarks have."""
    options = argparse.ArgumentParser(description=description.splitlines()[0])
    options.add_argument("--only", action="append", default=[])
    options.add_argument("--contract", action="append", default=[])
    options.add_argument("--plain", action="store_true")
    options.add_argument("--seed", type=int, default=1)
    options.add_argument("--json", type=Path)
    return options


def told_of(rows: Iterable[Any], line: Callable[[Any], str], file: Path | None) -> list[Any]:
    """All rows; each is told as soon as it is there, and stands in the file."""
    done: list[Any] = []
    for row in rows:
        done.append(row)
        print(line(row), flush=True)
        if file:
            file.write_text(json.dumps([asdict(one) for one in done], indent=1), encoding="utf-8")
    return done


@dataclass(frozen=True)
class Plain:
    """`plain` is what it reports; None where it wasn't looked at."""

    plain: tuple[str, ...] | None = None
    plain_requests: int = 0
    plain_seconds: float = 0.0


def plain_of(fault: str, contract: str, effort: str) -> Plain:
    """What the command reports of the reference server with this fault, and not of one without."""
    noise = noise_of(contract, effort)
    with bundled_server(contract, "--fault", fault) as url:
        try:
            seen = PlainSchemathesis(effort).look(url, contract, 0, Programs(LONGEST))
        except SessionProofError as error:
            return Plain((f"no result: {error}",))
    return Plain(tuple(sorted(set(seen.findings) - noise)), seen.requests, seen.seconds)


@cache
def noise_of(contract: str, effort: str) -> frozenset[str]:
    """What the command reports of a server without faults, in any of three runs."""
    plain, programs = PlainSchemathesis(effort), Programs(LONGEST)
    with bundled_server(contract) as url:
        return frozenset(one for turn in range(3) for one in plain.look(url, contract, turn, programs).findings)
