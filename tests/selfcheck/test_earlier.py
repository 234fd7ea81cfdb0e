"""Rows and columns of an earlier kill matrix: what was written is read as it was, and what doesn't fit is refused."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from sessionproof import __version__
from sessionproof.errors import UsageError
from sessionproof.requirements import load_requirements
from sessionproof.selfcheck import How, Plan, judge
from sessionproof.selfcheck.document import as_dict, write_json
from sessionproof.selfcheck.earlier import read_earlier, together
from sessionproof.selfcheck.matrix import Matrix

from .sample import CONTRACT, clean, fault, kill, matrix, rich


def plan(**differs: Any) -> Plan:
    return replace(Plan((), (CONTRACT,), (), How().effort, jobs=2, longest=60.0), **differs)


def written(folder: Path, **differs: Any) -> Path:
    judged = rich()
    file = folder / "kills.json"
    write_json(replace(judged, matrix=replace(judged.matrix, version=__version__, **differs)), file)
    return file


def document(of: Matrix) -> dict[str, Any]:
    return as_dict(judge(of, load_requirements()))


def test_what_was_written_is_read_as_it_was(tmp_path: Path) -> None:
    read = document(read_earlier(written(tmp_path), plan()))
    assert read == {**document(rich().matrix), "sessionproof": __version__}


def test_columns_that_are_lacking_are_added_and_others_stay(tmp_path: Path) -> None:
    here = clean("RES-01")
    now = matrix([here], [kill(fault("F-RES-01", "RES-01"), here)])
    both = together(now, [read_earlier(written(tmp_path), plan())])
    assert both.lenses == ("suites", "schemathesis")
    assert [one for one in both.kills if one.lens == "suites"] == list(now.kills)
    added = sorted(one.fault.id for one in both.kills if one.lens == "schemathesis")
    assert added == ["F-EXP-01", "F-RES-01", "F-RES-01"]
    assert both.judges == {"suites"}
    assert both.duration_s == 260.0


def test_rows_that_are_lacking_are_added_and_others_stay(tmp_path: Path) -> None:
    here = clean("CON-08")
    now = replace(matrix([here], [kill(fault("F-RES-01", "RES-01"), here)]), narrowed=True)
    before = read_earlier(written(tmp_path), plan())
    both = together(now, [before])
    assert [one for one in both.kills if one.fault.id == "F-RES-01" and one.lens == "suites"][:1] == list(now.kills)
    assert {one.fault.id for one in both.kills} == {one.fault.id for one in before.kills}
    assert len({(one.fault.id, one.contract, one.lens) for one in both.kills}) == len(both.kills)
    [judged] = [one for one in both.cleans if (one.lens, one.contract) == ("suites", CONTRACT)]
    assert set(judged.passed) > {"CON-08", "RES-01"}
    assert not both.narrowed, "all faults were tried, in one run or the other"


@pytest.mark.parametrize(("lenses", "narrowed"), [(("suites",), False), (("fuzz",), True)])
def test_a_lens_that_was_tried_on_some_faults_alone_leaves_the_matrix_narrowed(
    lenses: tuple[str, ...], narrowed: bool, tmp_path: Path
) -> None:
    now = replace(matrix([], []), lenses=lenses, narrowed=True)
    assert together(now, [read_earlier(written(tmp_path), plan())]).narrowed is narrowed


def test_what_can_t_be_compared_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="of another effort"):
        read_earlier(written(tmp_path), plan(effort="quick"))


@pytest.mark.parametrize("content", ["", "[]", '{"format": 1}', "\xff"])
def test_what_is_no_matrix_is_one_line(content: str, tmp_path: Path) -> None:
    file = tmp_path / "other.json"
    file.write_text(content, encoding="latin-1")
    with pytest.raises(UsageError, match="is no kill matrix") as caught:
        read_earlier(file, plan())
    assert "\n" not in str(caught.value)


def test_a_file_that_isn_t_there_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="can't be read"):
        read_earlier(tmp_path / "none.json", plan())
