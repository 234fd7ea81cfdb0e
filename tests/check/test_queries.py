"""Where entries come by queries alone, the requirement of queries speaks of them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import msgspec

from sessionproof.history import Event
from tests.engine.running import said

from .histories import header, read, write


def query(text: str, at: float) -> Event:
    values: dict[str, Any] = {"status": 200, "sent": {"session": "s1", "question": text}, "got": {"session": "s1"}}
    return msgspec.structs.replace(read("s1", (), at), op="query", call="POST /query", user="", **values)


def shown(texts: str, at: float) -> Event:
    pairs = [({"role": "user", "content": text}, {"role": "assistant", "content": f"to {text}"}) for text in texts]
    got = {"session": "s1", "messages": [entry for pair in pairs for entry in pair]}
    return msgspec.structs.replace(read("s1", (), at), op="read", user="", got=got)


def verdicts(tmp_path: Path, *events: Event) -> dict[str, str]:
    file = write(tmp_path / "h.jsonl", events, header(contract="agentic-multi-client"))
    said("check", file, "--json", tmp_path / "report.json")
    rows = json.loads((tmp_path / "report.json").read_text())["requirements"]
    return {row["id"]: row["verdict"] for row in rows if row["verdict"] != "not selected"}


def test_queries_are_judged_as_queries(tmp_path: Path) -> None:
    asked = [query(text, at) for at, text in enumerate("abc", 1)]
    assert verdicts(tmp_path, *asked, shown("abc", 5), shown("abc", 6)) == {"MSG-09": "passed"}
    assert verdicts(tmp_path, *asked, shown("abc", 5), shown("ac", 6))["MSG-09"] == "failed"
