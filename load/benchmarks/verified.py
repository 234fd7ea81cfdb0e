"""What judging costs: CPU time per request of a SessionUser against a bare FastHttpUser that does the same.

    python load/benchmarks/verified.py [--rounds N] [--seconds S] [--history]

The reference server runs in another process; rounds of both take turns. Prints microseconds of the load process's CPU
per request, and their ratio. Exit code 1 where the ratio of the medians is above the goal.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

from sessionproof.deployments.bundled import bundled_server

GOAL = 1.25
USERS = 10
FILE = Path(__file__).with_name("users.py")


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--rounds", type=int, default=5)
    options.add_argument("--seconds", type=int, default=6)
    options.add_argument("--history", action="store_true", help="the verified user writes every call as well")
    told = options.parse_args()
    costs: dict[str, list[float]] = {"Bare": [], "Verified": []}
    with bundled_server("fm-session-service") as url:
        for number in range(told.rounds):
            for name, found in costs.items():
                found.append(cost(name, url, told.seconds, told.history))
                print(f"round {number + 1}  {name:9} {found[-1]:6.1f} us a request", flush=True)
    for word, of in (("least", min), ("median", statistics.median)):
        bare, verified = (of(found) for found in costs.values())
        print(
            f"{word:8} bare {bare:.1f}, verified {verified:.1f} us a request: {verified / bare:.2f} times (goal {GOAL})"
        )
    return int(verified / bare > GOAL)


def cost(name: str, url: str, seconds: int, history: bool) -> float:
    """Microseconds of CPU per request in one run."""
    command = [sys.executable, "-m", "locust", "-f", str(FILE), name, "--host", url, "--headless", "--only-summary"]
    command += ["-u", str(USERS), "-r", str(USERS), "-t", f"{seconds}s", "--loglevel", "ERROR"]
    with tempfile.TemporaryDirectory() as folder:
        environment = {**os.environ, "SESSIONPROOF_CONTRACT": "fm-session-service"}
        if history:
            environment["SESSIONPROOF_HISTORY"] = str(Path(folder) / "history.jsonl")
        said = subprocess.run(command, env=environment, capture_output=True, text=True, check=False).stdout
    line = next(line for line in said.splitlines() if line.startswith('{"cpu"'))
    seen = json.loads(line)
    assert seen["requests"], said
    assert not seen["failures"], said
    return float(seen["cpu"] / seen["requests"] * 1e6)


if __name__ == "__main__":
    sys.exit(main())
