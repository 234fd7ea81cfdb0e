"""The JSON report keeps to its schema, whatever a run found."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from sessionproof.errors import UsageError
from sessionproof.report.document import Report, as_dict
from sessionproof.report.json import write_json
from sessionproof.verdicts import Verdict

from .sample import HOSTILE, hostile, report_of, sample

SCHEMA = Path(__file__).resolve().parents[2] / "contracts" / "schemas" / "report.schema.json"


def schema() -> dict[str, Any]:
    """The schema, itself checked."""
    document: dict[str, Any] = json.loads(SCHEMA.read_text(encoding="utf-8"))
    Draft202012Validator.check_schema(document)
    return document


def objects(tree: Any) -> list[dict[str, Any]]:
    """Every subschema of an object, at any depth."""
    if isinstance(tree, list):
        return [found for each in tree for found in objects(each)]
    if not isinstance(tree, dict):
        return []
    own = [tree] if tree.get("type") == "object" else []
    return own + [found for each in tree.values() for found in objects(each)]


@pytest.mark.parametrize("report", [sample(), hostile(), report_of()], ids=["sample", "hostile", "empty"])
def test_what_is_written_keeps_to_the_schema(report: Report, tmp_path: Path) -> None:
    file = tmp_path / "deep" / "report.json"
    write_json(report, file)
    document = json.loads(file.read_text(encoding="utf-8"))
    Draft202012Validator(schema()).validate(document)
    assert len(document["requirements"]) == len(report.results)


def test_what_is_written_is_what_the_report_says(tmp_path: Path) -> None:
    file = tmp_path / "report.json"
    write_json(sample(), file)
    assert json.loads(file.read_text(encoding="utf-8")) == json.loads(json.dumps(as_dict(sample())))


def test_the_schema_knows_every_verdict_and_no_other() -> None:
    assert schema()["$defs"]["verdict"]["enum"] == [verdict.value for verdict in Verdict]


@pytest.mark.parametrize(
    "path",
    [
        (),
        ("requirements", 0),
        ("baseline",),
        ("requirements", 5, "checks", 0),
        ("requirements", 5, "evidence", 0),
    ],
)
def test_the_schema_refuses_what_it_does_not_name(path: tuple[str | int, ...]) -> None:
    document = as_dict(sample())
    place: Any = document
    for step in path:
        place = place[step]
    place["surplus"] = 1
    assert not Draft202012Validator(schema()).is_valid(document)


@pytest.mark.parametrize(
    ("key", "value"),
    [("verdict", "skipped"), ("level", "MAY"), ("exercised", -1), ("repeat", ""), ("missing", None)],
)
def test_the_schema_refuses_values_out_of_range(key: str, value: object) -> None:
    document = as_dict(sample())
    document["requirements"][0][key] = value
    assert not Draft202012Validator(schema()).is_valid(document)


def test_the_schema_demands_everything_that_is_written() -> None:
    fixed = [each for each in objects(schema()) if "properties" in each]
    assert len(fixed) == 10
    for each in fixed:
        assert each["additionalProperties"] is False
        assert set(each["required"]) == set(each["properties"])


def test_a_lone_surrogate_is_written_visibly_and_everything_else_as_it_is(tmp_path: Path) -> None:
    file = tmp_path / "report.json"
    write_json(hostile(), file)
    document = json.loads(file.read_text(encoding="utf-8"))
    assert document["target"] == HOSTILE.replace("\ud800", "\\ud800")


def test_the_same_report_gives_the_same_bytes(tmp_path: Path) -> None:
    first, second = tmp_path / "1.json", tmp_path / "2.json"
    write_json(sample(), first)
    write_json(replace(sample()), second)
    assert first.read_bytes() == second.read_bytes()


def test_a_path_that_cannot_be_written_is_a_usage_error_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(UsageError, match="can't be written") as caught:
        write_json(sample(), tmp_path / "file" / "report.json")
    assert "\n" not in str(caught.value)
