"""The pact is about what the extension's worker sends: all of its calls, and no others."""

from __future__ import annotations

import json
import re

from sessionproof.bundle import bundle_root
from tests.pact.interactions import pact_path


def test_every_call_of_the_worker_is_in_the_pact_and_no_other() -> None:
    source = (bundle_root() / "fixtures" / "extension" / "backend.js").read_text(encoding="utf-8")
    source = source.replace("${encodeURIComponent(sessionId)}", "SESSION")
    paths = set(re.findall(r'["`](/[^"`]+)["`]', source))
    rows = [row["request"] for row in json.loads(pact_path().read_bytes())["interactions"]]
    assert {re.sub("/sessions/[^/]+/", "/sessions/SESSION/", row["path"]) for row in rows} == paths
    for row in rows:
        assert f'call("{row["method"]}"' in source
        for name in row.get("body", {}).get("content", {}):
            assert re.search(rf"\b{name}\b", source), name
