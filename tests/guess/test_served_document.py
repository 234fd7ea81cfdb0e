"""The other server serves what its contract says, without the annotations that make it a contract."""

from __future__ import annotations

import json

import httpx

from .served import OTHER, other_document, serving


def test_the_file_is_the_contract_without_annotations() -> None:
    served = json.loads((OTHER / "openapi.json").read_text(encoding="utf-8"))
    assert served == other_document(), "python -m tests.guess.served writes it anew"


def test_it_is_served_to_anybody() -> None:
    with serving("other-server") as url:
        answer = httpx.get(f"{url}/openapi.json")
        refused = httpx.post(f"{url}/openapi.json")
    assert answer.json() == other_document()
    assert "x-session" not in answer.text
    assert refused.status_code == 405
