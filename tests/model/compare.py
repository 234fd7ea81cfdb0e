"""How often the checkers and the search through all orders say the same: python -m tests.model.compare logs 500000."""

from __future__ import annotations

import random
import sys
import time
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from typing import Any

from sessionproof.model import Outcome, judge

from . import lives, logs, resumptions

__all__ = ["KINDS", "Disagreement", "compare"]

_PORTION = 2000  # histories that one process takes at a time

# By name: a module with RULES, history, changed, events_of and explains.
KINDS: dict[str, Any] = {"lives": lives, "logs": logs, "resumptions": resumptions}


class Disagreement(AssertionError):
    """The checker is sure, and the search says otherwise."""


def compare(kind: str, seed: int, number: int) -> Counter[str]:
    """Compare on so many random histories. Raises Disagreement at the first one that differs."""
    world, counts = KINDS[kind], Counter[str]()
    for one in range(seed, seed + number):
        chance = random.Random(one)
        calls = world.history(chance)
        for _ in range(chance.choice((0, 1, 1, 2))):
            calls = world.changed(calls, chance)
        explained = world.explains(calls)
        found = judge(world.events_of(calls), world.RULES)
        if found.outcome is not Outcome.UNKNOWN and explained != (found.outcome is Outcome.LEGAL):
            raise Disagreement(
                f"{kind} {one}: {found.outcome}, but {explained=}\n" + "\n".join(map(str, [*calls, *found.anomalies]))
            )
        counts[f"{found.outcome}, {'legal' if explained else 'illegal'}"] += 1
        counts.update({f"  {anomaly.name}" for anomaly in found.anomalies})
    return counts


def main(kind: str, number: int, processes: int) -> None:
    began, total = time.monotonic(), Counter[str]()
    seeds = range(0, number, _PORTION)
    with ProcessPoolExecutor(processes) as pool:
        for done, counts in enumerate(pool.map(compare, [kind] * len(seeds), seeds, [_PORTION] * len(seeds)), 1):
            total += counts
            print(f"\r{done * _PORTION:,} of {number:,}, {time.monotonic() - began:.0f} s", end="", file=sys.stderr)
    print(file=sys.stderr)
    for name, times in sorted(total.items()):
        print(f"{name:24} {times:>10,}")


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]) if len(sys.argv) > 3 else 2)
