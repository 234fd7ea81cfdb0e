"""Users of a load run call the nodes in turn, and a session of one node that another doesn't know is a wrong answer."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

from tests.engine.fake_api import fake_api
from tests.load.running import load


def test_users_call_the_nodes_in_turn(tmp_path: Path) -> None:
    with fake_api() as one, fake_api() as other:
        told = ("--node", other.url, "--contract", one.write(tmp_path), "--history", str(tmp_path / "history"))
        apart = load(one.url, "isolation", tmp_path, *told)
        assert apart.code == 1
        other.shares_with(one)
        together = load(one.url, "isolation", tmp_path, *told)
    assert together.broken() == set()
    lines = [json.loads(line) for line in (tmp_path / "history").read_text(encoding="utf-8").splitlines()[1:]]
    asked = Counter(line["node"] for line in lines if line.get("check") != "clean up")
    assert set(asked) == {one.url, other.url}
    assert min(asked.values()) > 0.4 * sum(asked.values())


def test_a_node_elsewhere_has_to_be_allowed_as_the_target_has(tmp_path: Path) -> None:
    with fake_api() as one:
        ended = load(one.url, "isolation", tmp_path, "--node", "http://192.0.2.1:9")
    assert ended.code == 4
    assert "--allow-host 192.0.2.1" in ended.said
    assert one.calls == []
