"""Walks are kept as steps, and come back as they were."""

from __future__ import annotations

from pathlib import Path

import pytest

from sessionproof.contract import find_contract, load_contract
from sessionproof.errors import UsageError
from sessionproof.explore.kept import WALKS, Kept
from sessionproof.explore.steps import Step

FM = load_contract(find_contract("fm-session-service"))
WALK = Kept("RES-05", (Step("begin", way=3), Step("create", user=1, way=2), Step("delete", session=0)))


def test_what_is_kept_is_read_again_once(tmp_path: Path) -> None:
    assert WALKS.read(tmp_path / "new", FM) == []
    WALKS.keep(tmp_path / "new", FM, [WALK, WALK])
    assert WALKS.read(tmp_path / "new", FM) == [WALK]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        '{"format": 2, "walks": []}',
        '{"format": 1, "walks": [{"requirement": "RES-01", "steps": [{"act": 1}]}]}',
    ],
)
def test_a_file_that_holds_none_is_a_usage_error(tmp_path: Path, text: str) -> None:
    (tmp_path / "fm-session-service.walks.json").write_text(text)
    with pytest.raises(UsageError, match="holds no kept walks"):
        WALKS.read(tmp_path, FM)


def test_a_folder_that_can_t_be_written_is_a_usage_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(UsageError, match="--cases"):
        WALKS.keep(tmp_path / "file", FM, [WALK])
