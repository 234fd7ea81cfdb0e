"""Judges four implementations and puts them side by side: `python examples/matrix.py PAGE.md [verify's options]`.

The bundled server follows three contracts, one after the other; the fourth is the other server in this folder.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

HERE = Path(__file__).resolve().parent
BUNDLED = ("fm-session-service", "faultmaven", "agentic-multi-client")
JUDGED = (0, 1, 2)  # proven, failed, unproven: there is a report


@contextmanager
def other_server() -> Iterator[str]:
    """The URL of the other server, which runs for as long as the block does."""
    command = [sys.executable, str(HERE / "other_server"), "--port", "0"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        yield process.stdout.readline().split()[-1]  # listening on http://127.0.0.1:PORT
    finally:
        process.terminate()
        process.wait(timeout=10)


def sessionproof(*arguments: str, accepted: tuple[int, ...] = (0,)) -> None:
    """Run the command; what it says goes where ours goes. Exits with its code where that isn't accepted."""
    code = subprocess.run([sys.executable, "-m", "sessionproof", *arguments], check=False).returncode
    if code not in accepted:
        sys.exit(code)


def main(page: str, *options: str) -> None:
    """Write PAGE from reports that are made now."""
    with tempfile.TemporaryDirectory() as folder:
        reports = [str(Path(folder) / f"{name}.json") for name in (*BUNDLED, "other-server")]
        for name, report in zip(BUNDLED, reports, strict=False):
            sessionproof("verify", "--contract", name, "--json", report, "-q", *options, accepted=JUDGED)
        contract = str(HERE / "other_server" / "contract.yaml")
        with other_server() as url:
            sessionproof("verify", url, "--contract", contract, "--json", reports[-1], "-q", *options, accepted=JUDGED)
        sessionproof("report", *reports, "--markdown", page)


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    main(*sys.argv[1:])
