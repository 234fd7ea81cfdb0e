"""Is expiry on real timers without alarms? Many clean runs on requested lives, several at a time.

    nice python load/benchmarks/requested_lives.py [--runs N] [--jobs J] [--busy CORES] [--contract NAME]... [...]

Each run is `sessionproof verify` of a bundled server of its own, with all requirements that need a clock; contracts
take turns. Prints a line for each run, then a table: verdicts, the time of a run against its longest wait, and the
share of looks that came too close to an end to tell anything. Exit code 1 where a run fails, or leaves something
unproven.
"""

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sessionproof.contract import bundled_contracts
from sessionproof.requirements import load_requirements

LONGEST = 900  # seconds that a run may take


@dataclass(frozen=True)
class Ran:
    """What one run came to."""

    contract: str
    seed: int
    exit: int
    passed: int
    others: dict[str, str]  # requirement -> its verdict, where that is one that should not be
    seconds: float
    waited: float
    looks: int
    undecided: int

    @property
    def share(self) -> float:
        """Of the looks, in percent."""
        return 100 * self.undecided / max(1, self.looks)


def main() -> int:
    told = options()
    contracts = told.contract or list(bundled_contracts())
    plan = [(contracts[number % len(contracts)], told.seed + number) for number in range(told.runs)]
    with busy(told.busy), ThreadPoolExecutor(told.jobs) as pool:
        runs = [pool.submit(run, contract, seed, told.clock, told.patience) for contract, seed in plan]
        done = []
        for number, future in enumerate(as_completed(runs), 1):
            done.append(future.result())
            print(f"{number:4} of {told.runs}  {line(done[-1])}", flush=True)
    print()
    print("\n".join(table(done, contracts)))
    return int(any(ran.exit for ran in done))


def options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--jobs", type=int, default=4, help="runs at a time; they mostly wait")
    parser.add_argument("--busy", type=int, default=0, metavar="CORES", help="cores to keep busy meanwhile")
    parser.add_argument("--contract", action="append", help="a bundled one; all of them unless told")
    parser.add_argument("--clock", default="scaled:0.2")
    parser.add_argument("--patience", type=float, default=180, help="seconds")
    parser.add_argument("--seed", type=int, default=1, help="of the first run; each run has the next one")
    return parser.parse_args()


@contextmanager
def busy(cores: int) -> Iterator[None]:
    """So many processes that do nothing but count."""
    loops = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(cores)]
    try:
        yield
    finally:
        for loop in loops:
            loop.kill()
            loop.wait()


def run(contract: str, seed: int, clock: str, patience: float) -> Ran:
    only = ["expiry", *(row.id for row in load_requirements().values() if "clock" in row.means)]
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "report.json"
        command = [sys.executable, "-m", "sessionproof", "verify", "--quiet", "--contract", contract, "--clock", clock]
        command += ["--patience", str(patience), "--seed", str(seed), "--json", str(file)]
        command += [word for name in only for word in ("--only", name)]
        said = subprocess.run(command, capture_output=True, text=True, timeout=LONGEST, check=False, cwd=folder)
        assert file.exists(), said.stderr
        return read(json.loads(file.read_text(encoding="utf-8")))


def read(report: dict[str, Any]) -> Ran:
    rows = report["requirements"]
    wrong = ("failed", "warned", "unproven", "error")
    timed = [row for row in rows if row["verdict"] in ("passed", *wrong)]
    return Ran(
        report["contract"], report["seed"], report["exit_code"], report["summary"]["passed"],
        {row["id"]: f"{row['verdict']}: {row['reason']}" for row in rows if row["verdict"] in wrong},
        report["duration_s"], report["waited_s"],
        sum(row["exercised"] + row["undecided"] for row in timed), sum(row["undecided"] for row in timed),
    )  # fmt: skip


def line(ran: Ran) -> str:
    parts = [f"{ran.contract:20} seed {ran.seed:4}  exit {ran.exit}  {ran.passed} passed"]
    parts += [f"{ran.seconds:.1f} s for {ran.waited:.1f} s of waiting", f"{ran.undecided} of {ran.looks} undecided"]
    return "  ".join([*parts, *(f"{name} {verdict}" for name, verdict in ran.others.items())])


def table(runs: Sequence[Ran], contracts: Sequence[str]) -> Iterator[str]:
    """In Markdown; least, median and most where there are three numbers."""
    yield "| contract | runs | proven | requirements | longest wait, s | time / wait | looks | undecided, % |"
    yield "|---|---|---|---|---|---|---|---|"
    for contract in contracts:
        those = [ran for ran in runs if ran.contract == contract]
        if those:
            proven, passed = sum(not ran.exit for ran in those), sorted({ran.passed for ran in those})
            cells = [
                *(contract, str(len(those)), str(proven), "-".join(map(str, passed))),
                three([ran.waited for ran in those], 1),
                three([ran.seconds / ran.waited for ran in those if ran.waited], 2),
                three([ran.looks for ran in those], 0),
                three([ran.share for ran in those], 1),
            ]
            yield f"| {' | '.join(cells)} |"


def three(numbers: Sequence[float], decimals: int) -> str:
    found = (min(numbers), statistics.median(numbers), max(numbers)) if numbers else ()
    return " / ".join(f"{number:.{decimals}f}" for number in found)


if __name__ == "__main__":
    sys.exit(main())
