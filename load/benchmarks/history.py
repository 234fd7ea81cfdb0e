"""What checking costs: events a second on one core, how that grows, and how much memory it takes.

    python load/benchmarks/history.py [--largest N] [--folder DIR]

Makes histories of many short sessions, of long ones with eight clients at once, and one of 20,000 events; measures CPU
time, each time in a process of its own: decoding alone, and `sessionproof check` as a whole by one process. Prints a
table; sizes of one kind are compared in the same run.
"""

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from histories import write

from sessionproof.check.judging import judge_sources, without_collector
from sessionproof.check.reading import events_in
from sessionproof.check.sharing import Piece, lines_of
from sessionproof.check.source import Source, read_source
from sessionproof.contract import bundled_contracts, load_contract
from sessionproof.model import Rules

SIZES = {"short": (10_000, 100_000, 1_000_000), "long": (10_000, 100_000, 1_000_000), "one": (20_000,)}
NAMES = {"short": "short sessions, 10 events each", "long": "long sessions, 8 clients", "one": "one session, 8 clients"}
HEAD = ("history", "events", "MB", "decode", "check", "per event", "memory", "undecided")


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--largest", type=int, default=1_000_000, help="leave larger histories out")
    options.add_argument("--folder", type=Path, help="where the histories are made (default: a temporary folder)")
    options.add_argument("--measure", nargs=2, metavar=("HOW", "FILE"), help=argparse.SUPPRESS)
    told = options.parse_args()
    if told.measure:
        how, file = told.measure
        print(json.dumps(HOW[how](read_source(Path(file), file))))
        return 0
    print("| " + " | ".join(HEAD) + " |")
    print("|---" * len(HEAD) + "|")
    with tempfile.TemporaryDirectory(dir=told.folder) as folder:
        for kind, sizes in SIZES.items():
            first = 0.0
            for size in (size for size in sizes if size <= told.largest):
                file = Path(folder) / f"{kind}-{size}.jsonl"
                write(kind, size, file)
                row = measured(file)
                first = first or row["check"]
                print(shown(kind, size, file.stat().st_size, row, first), flush=True)
                file.unlink()
    return 0


def measured(file: Path) -> dict[str, float]:
    """All measurements of one file, each by a process of its own."""
    found: dict[str, float] = {}
    for how in HOW:
        command = [sys.executable, __file__, "--measure", how, str(file)]
        said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
        found |= json.loads(said)
    return found


def shown(kind: str, events: int, size: int, row: dict[str, float], first: float) -> str:
    """One row; `per event` is the time of one event against that in the smallest history of the kind."""
    paces = [f"{events / row[name]:,.0f}/s" for name in ("decode", "check")]
    growth = (row["check"] / events) / (first / SIZES[kind][0])
    cells = [NAMES[kind], f"{events:,}", f"{size / 1e6:,.1f}", *paces, f"{growth:.2f}"]
    return "| " + " | ".join([*cells, f"{row['memory']:.0f} MB", f"{row['undecided']:.1%}"]) + " |"


def decoding(source: Source) -> dict[str, float]:
    """CPU seconds of decoding, without reading."""
    seconds = 0.0
    with without_collector():
        for block in lines_of(Piece(source, source.begins, None)):
            began = time.process_time()
            events_in(block, source.name)
            seconds += time.process_time() - began
    return {"decode": seconds}


def whole(source: Source) -> dict[str, float]:
    """CPU seconds and the most memory (MB more than before) of one process, and the undecided share of its looks."""
    rules = _rules()
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    began = time.process_time()
    judged = judge_sources((source,), rules, 1)
    seconds = time.process_time() - began
    assert not judged.judgement.anomalies, judged.judgement.anomalies[0]
    looked, undecided = judged.judgement.looked.total(), judged.judgement.undecided.total()
    memory = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    return {"check": seconds, "memory": memory, "undecided": undecided / max(1, looked + undecided)}


HOW = {"decoding": decoding, "whole": whole}


def _rules() -> Rules:
    return Rules.of(load_contract(bundled_contracts()["fm-session-service"]))


if __name__ == "__main__":
    sys.exit(main())
