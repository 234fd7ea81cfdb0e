"""The servers whose contracts were written by hand, started for a test, and what they serve.

`python -m tests.guess.served` writes examples/other_server/openapi.json anew from its contract.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, cast

import httpx

from sessionproof.contract.source import read_source
from sessionproof.deployments.bundled import bundled_server

from .comparing import plain

__all__ = ["CONTRACTS", "OTHER", "other_document", "serving", "tokens"]

ROOT = Path(__file__).parents[2]
OTHER = ROOT / "examples" / "other_server"
BUNDLED = ("fm-session-service", "faultmaven", "agentic-multi-client")
CONTRACTS = {
    **{name: ROOT / "contracts" / "openapi" / f"{name}.yaml" for name in BUNDLED},
    "other-server": OTHER / "contract.yaml",
}


@contextmanager
def serving(name: str) -> Iterator[str]:
    """The URL of a fresh server that keeps the contract of this name."""
    if name in BUNDLED:
        with bundled_server(name) as url:
            yield url
        return
    process = subprocess.Popen([sys.executable, str(OTHER), "--port", "0"], stdout=subprocess.PIPE, text=True)
    try:
        yield cast("re.Match[str]", re.search(r"http://\S+", cast("IO[str]", process.stdout).readline()))[0]
    finally:
        process.terminate()
        process.communicate(timeout=10)


def tokens(url: str) -> dict[str, str]:
    """Tokens of the other server's users as `init` names their variables."""

    def token(name: str) -> str:
        answer: Any = httpx.post(f"{url}/v2/login", json={"username": name, "password": f"of {name}"}).json()
        return str(answer["access_token"])

    return {f"{name.upper()}_TOKEN": token(name) for name in ("alice", "bob")}


def other_document() -> dict[str, Any]:
    """What the other server has to serve: its contract without annotations."""
    whole = plain(read_source(CONTRACTS["other-server"]).document)
    return {key: value for key, value in whole.items() if not key.startswith("x-")}


if __name__ == "__main__":
    text = json.dumps(other_document(), indent=1, ensure_ascii=False)
    (OTHER / "openapi.json").write_text(text + "\n", encoding="utf-8")
