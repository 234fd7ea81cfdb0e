"""A guess is good enough to start from: init, then verify, and nothing fails that doesn't fail otherwise."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import IO, Any, cast

import httpx
import yaml

from sessionproof.contract.source import read_source
from sessionproof.deployments.bundled import bundled_server

from .comparing import plain
from .running import sessionproof

OTHER = Path(__file__).parents[2] / "examples" / "other_server"


def broken(report: Path) -> dict[str, str]:
    rows = json.loads(report.read_text(encoding="utf-8"))["requirements"]
    assert sum(row["verdict"] == "passed" for row in rows) >= 30
    return {row["id"]: row["reason"] for row in rows if row["verdict"] in ("failed", "error")}


def test_the_reference_server(tmp_path: Path) -> None:
    with bundled_server("fm-session-service") as url:
        made = sessionproof(tmp_path, "init", url)
        assert made.returncode == 0, made.stderr
        command = made.stdout.splitlines()[-1].split()
        assert command[:3] == ["sessionproof", "verify", url]
        run = sessionproof(tmp_path, *command[1:], "--effort", "quick", "--json", "report.json", "--quiet")
    assert broken(tmp_path / "report.json") == {}, run.stdout


def test_the_other_server(tmp_path: Path) -> None:
    document = plain(read_source(OTHER / "contract.yaml").document)
    (tmp_path / "api.yaml").write_text(yaml.safe_dump(document), encoding="utf-8")
    process = subprocess.Popen([sys.executable, str(OTHER), "--port", "0"], stdout=subprocess.PIPE, text=True)
    try:
        url = cast("re.Match[str]", re.search(r"http://\S+", cast("IO[str]", process.stdout).readline()))[0]
        made = sessionproof(tmp_path, "init", "api.yaml")
        assert made.returncode == 0, made.stderr
        command = made.stdout.splitlines()[-1].replace("http://127.0.0.1:PORT", url).split()
        tokens = {f"{name.upper()}_TOKEN": token(url, name) for name in ("alice", "bob")}
        quick = ("--effort", "quick", "--json", "report.json", "--quiet")
        run = sessionproof(tmp_path, *command[1:], *quick, **tokens)
        assert (tmp_path / "report.json").exists(), run.stderr
    finally:
        process.terminate()
        process.communicate(timeout=10)
    assert broken(tmp_path / "report.json") == {}, run.stdout


def token(url: str, name: str) -> str:
    answer: Any = httpx.post(f"{url}/v2/login", json={"username": name, "password": f"of {name}"}).json()
    return str(answer["access_token"])
