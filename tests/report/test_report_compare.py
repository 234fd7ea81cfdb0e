"""Reports side by side: what differs comes first, what changed is said, nothing in a report can act."""

from __future__ import annotations

import io
import json
import re
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from rich.console import Console

from sessionproof.errors import UsageError
from sessionproof.report.compare import Comparison, compare
from sessionproof.report.compare_html import comparison_sections, write_comparison_html
from sessionproof.report.compare_markdown import markdown
from sessionproof.report.compare_read import read_columns
from sessionproof.report.compare_terminal import render_comparison
from sessionproof.report.json import write_json
from sessionproof.verdicts import Exit, Verdict

from .sample import broken, hostile, lacking, other, passed, report_of, sample
from .test_report_html import Tree

if TYPE_CHECKING:
    from sessionproof.report.document import Report

NOT_DECLARED = other("CAS-01", Verdict.NOT_APPLICABLE, "the contract doesn't declare cases")
OURS = replace(
    report_of(broken("RES-01"), passed("RES-02"), passed("LIF-01"), NOT_DECLARED, exit=Exit.FAILED), contract="ours"
)
THEIRS = replace(
    report_of(passed("RES-01"), passed("RES-02"), passed("LIF-01"), passed("CAS-01"), exit=Exit.PROVEN),
    contract="theirs",
    target="http://localhost:9000",
)
LATER = replace(
    report_of(passed("RES-01"), broken("RES-02"), lacking("LIF-01", "clock"), NOT_DECLARED),
    contract="ours",
    started="2026-06-05T00:30:00+02:00",
)


def written(folder: Path, *reports: Report) -> list[Path]:
    """The reports as files `1.json`, `2.json` and so on."""
    files = [folder / f"{number}.json" for number in range(1, len(reports) + 1)]
    for report, file in zip(reports, files, strict=True):
        write_json(report, file)
    return files


def compared(folder: Path, *reports: Report) -> Comparison:
    return compare(read_columns(written(folder, *reports)))


def shown(comparison: Comparison, width: int = 80, encoding: str = "utf-8", **options: Any) -> str:
    stream = io.TextIOWrapper(io.BytesIO(), encoding=encoding, newline="\n")
    render_comparison(comparison, Console(file=stream, width=width, highlight=False, **options))
    stream.flush()
    return stream.buffer.getvalue().decode(encoding)


def test_what_differs_comes_first(tmp_path: Path) -> None:
    comparison = compared(tmp_path, OURS, THEIRS)
    assert [row.id for row in comparison.different] == ["RES-01"]
    assert [row.id for row in comparison.otherwise] == ["CAS-01"]
    assert [row.id for row in comparison.same] == ["RES-02", "LIF-01"]
    text = shown(comparison)
    titles = ["JUDGED DIFFERENTLY (1)", "OTHERWISE DIFFERENT (1)", "THE SAME EVERYWHERE (2)"]
    assert sorted(titles, key=text.index) == titles
    assert re.search(r"^RES-01 +failed +passed +MUST ", text, re.MULTILINE)
    assert re.search(r"^CAS-01 +n/a +passed +MUST ", text, re.MULTILINE)
    assert "  passed (2): RES-02 LIF-01\n" in text
    assert text.split("\n")[-3].startswith("1 JUDGED DIFFERENTLY  2 reports · 1 otherwise different · 2 the same")


def test_each_head_says_what_the_run_was(tmp_path: Path) -> None:
    text = shown(compared(tmp_path, OURS, THEIRS), 200)
    assert "A  ours · http://localhost:8002 · exit 1 (failed)\n" in text
    assert "B  theirs · http://localhost:9000 · exit 0 (proven)\n" in text
    run = "effort normal · clock none · seed 4711 · 2026-06-04 09:30:11 UTC · 312 requests in 4.1 s\n"
    assert text.count(run) == 2


def test_counts_stand_under_their_verdicts(tmp_path: Path) -> None:
    lines = shown(compared(tmp_path, OURS, THEIRS)).split("\n")
    (head,) = (line for line in lines if line.startswith("   passed"))
    ours, theirs = lines[lines.index(head) + 1 :][:2]
    for line, counts in ((ours, {"passed": 2, "failed": 1, "n/a": 1}), (theirs, {"passed": 4})):
        ends = {head.index(name) + len(name): str(number) for name, number in counts.items()}
        assert {match.end(): match[0] for match in re.finditer(r"\d+", line)} == ends


def test_reports_of_one_target_come_in_the_order_of_time_with_what_changed(tmp_path: Path) -> None:
    comparison = compared(tmp_path, LATER, OURS)
    assert [column.name for column in comparison.columns] == ["ours (2)", "ours (1)"]
    text = shown(comparison)
    assert "2026-06-04 09:30:11 UTC to 2026-06-04 22:30:00 UTC\n" in text
    assert "  broken (1): RES-02\n  holds now (1): RES-01\n  otherwise changed (1): LIF-01\n" in text
    assert "CHANGED (3)\n" in text
    assert "3 CHANGED" in text


def test_a_target_that_did_not_change_is_said_to_be_unchanged(tmp_path: Path) -> None:
    text = shown(compared(tmp_path, OURS, replace(OURS, started="2026-06-05T00:00:00Z")))
    assert "no verdict changed\n" in text
    assert "NOTHING CHANGED" in text


def test_another_target_is_no_change(tmp_path: Path) -> None:
    assert compared(tmp_path, OURS, THEIRS).changes == []
    assert compared(tmp_path, OURS).changes == []


def test_runs_that_were_not_alike_are_named(tmp_path: Path) -> None:
    assert compared(tmp_path, OURS, THEIRS).notes == []
    notes = compared(tmp_path, OURS, replace(THEIRS, effort="quick", version="0.2.0")).notes
    assert notes == ["the runs differ in effort: normal, quick", "the runs differ in SessionProof: 0.1.0, 0.2.0"]


def test_a_requirement_that_one_report_does_not_know_is_left_blank(tmp_path: Path) -> None:
    comparison = compared(tmp_path, replace(THEIRS, results=(passed("LIF-01"),)), report_of(passed("NEW-01")))
    assert [(row.id, row.outcomes.index(None)) for row in comparison.otherwise] == [("LIF-01", 1), ("NEW-01", 0)]
    assert re.search(r"^NEW-01 {13}passed ", shown(comparison), re.MULTILINE)


def test_what_a_baseline_accepts_is_marked_and_no_other_verdict(tmp_path: Path) -> None:
    accepted = report_of(lacking("EXP-01", "clock", accepted="known"))
    for reports in ([OURS, replace(accepted, contract="ours")], [report_of(lacking("EXP-01", "clock")), accepted]):
        comparison = compared(tmp_path, *reports)
        assert re.search(r" unproven\*", shown(comparison))
    assert [row.id for row in comparison.otherwise] == ["EXP-01"]
    assert comparison.different == []
    assert "no verdict changed" in shown(comparison)


def test_what_a_later_report_can_judge_has_changed(tmp_path: Path) -> None:
    comparison = compared(tmp_path, report_of(NOT_DECLARED), report_of(passed("CAS-01"), passed("NEW-01")))
    assert [row.id for row in comparison.different] == ["CAS-01", "NEW-01"]
    assert comparison.changes[0].mended == ("CAS-01", "NEW-01")


def test_names_are_told_apart_by_file_then_by_path_then_by_place(tmp_path: Path) -> None:
    (tmp_path / "old").mkdir()
    files = [*written(tmp_path, OURS, THEIRS), *written(tmp_path / "old", OURS), *written(tmp_path, OURS)]
    assert [column.name for column in read_columns(files)] == [
        f"ours ({tmp_path}/1.json, number 1)",
        "theirs",
        f"ours ({tmp_path}/old/1.json)",
        f"ours ({tmp_path}/1.json, number 4)",
    ]


@pytest.mark.parametrize("width", [80, 120])
@pytest.mark.parametrize("number", [1, 4, 9, 30])
def test_no_row_is_wider_than_the_console(width: int, number: int, tmp_path: Path) -> None:
    reports = [replace(sample() if index % 2 else OURS, contract=f"api-{index}") for index in range(number)]
    text = shown(compared(tmp_path, *reports), width)
    assert max(map(len, text.split("\n"))) <= width
    assert [line for line in text.split("\n") if line != line.rstrip()] == []
    for id in ("RES-01", "LIF-01"):
        assert id in text


def test_colour_only_on_terminals_that_have_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("NO_COLOR", "FORCE_COLOR", "TTY_COMPATIBLE"):
        monkeypatch.delenv(name, raising=False)
    comparison = compared(tmp_path, OURS, THEIRS)
    assert "\x1b" not in shown(comparison)
    assert "\x1b[1;31mfailed" in shown(comparison, force_terminal=True, color_system="standard")
    monkeypatch.setenv("NO_COLOR", "1")
    assert "\x1b[1;31m" not in shown(comparison, force_terminal=True, color_system="standard")


def test_markdown_is_a_table_with_a_column_for_each_report(tmp_path: Path) -> None:
    text = markdown(compared(tmp_path, OURS, THEIRS))
    assert "from reports of 2026-06-04: **1 judged differently**" in text
    assert "| requirement | level | sentence | ours | theirs |\n|---|---|---|---|---|\n| RES-01 | MUST | " in text
    assert re.search(r"^\| RES-01 \|.*\| failed \| passed \|$", text, re.MULTILINE)
    rows = [line for line in text.split("\n") if line.startswith("|")]
    assert len([row for row in rows if "\n" not in row and row.endswith("|")]) == len(rows)


def test_the_page_is_well_formed_and_says_it_all(tmp_path: Path) -> None:
    file = tmp_path / "page.html"
    write_comparison_html(compared(tmp_path, OURS, LATER), file)
    tree = Tree(file.read_text(encoding="utf-8"))
    for piece in ("3 CHANGED", "ours (1)", "ours (2)", "holds now (1): RES-01", "RES-02", "312 requests in 4.1 s"):
        assert piece in tree.text
    ids = [each["id"] for _, each in tree.elements if "id" in each]
    assert len(ids) == len(set(ids))
    assert {each["href"][1:] for each in tree.all("a")} <= set(ids)
    assert all("scope" in each for each in tree.all("th"))
    assert [section.title for section in comparison_sections(compared(tmp_path, OURS, LATER))] == [
        "Runs",
        "Changes",
        "Changed (3)",
        "The same everywhere (1)",
    ]


@pytest.mark.parametrize("encoding", ["utf-8", "ascii"])
def test_what_a_report_says_is_only_text(encoding: str, tmp_path: Path) -> None:
    nasty = replace(hostile(), results=hostile().results[:-1])
    comparison = compared(tmp_path, nasty, OURS)
    file = tmp_path / "page.html"
    write_comparison_html(comparison, file)
    page, page_text = file.read_text(encoding="utf-8"), markdown(comparison)
    for text in (shown(comparison, encoding=encoding), page, page_text):
        assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202e]", text)
    assert "<script>alert" not in page
    assert "<script>alert" not in page_text
    assert Tree(page).all("h1")
    assert "\\`" in markdown(compared(tmp_path, replace(OURS, target="`::error::` | <b> [x](y)")))


def edited(tmp_path: Path, **changes: Any) -> Path:
    """A report's file with other values at its top."""
    (file,) = written(tmp_path, OURS)
    file.write_text(json.dumps(json.loads(file.read_text(encoding="utf-8")) | changes), encoding="utf-8")
    return file


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"format": 2}, "a report of format 2; this version reads format 1"),
        ({"format": True}, "format: 1 was expected"),
        ({"target": 7}, "target: 7 is not of type 'string'"),
        ({"started": "yesterday"}, "started is not a time with a zone"),
        ({"started": "2026-06-04T09:30:11"}, "started is not a time with a zone"),
        ({"duration_s": float("inf")}, "Infinity is not a number"),
        ({"requirements": [{"id": "LIF-01"}]}, "requirements/0: "),
        ({"exit_code": 7}, "exit_code: 7 is not one of"),
    ],
)
def test_a_report_that_is_none_is_refused_in_one_line(changes: dict[str, Any], reason: str, tmp_path: Path) -> None:
    file = edited(tmp_path, **changes)
    with pytest.raises(UsageError) as refused:
        read_columns([file])
    assert str(refused.value).startswith(f"{file}: ")
    assert reason in str(refused.value)
    assert len(str(refused.value)) < 600


def test_fields_that_other_versions_add_or_lack_do_not_matter(tmp_path: Path) -> None:
    file = edited(tmp_path, surprise=1)
    document = json.loads(file.read_text(encoding="utf-8"))
    del document["notes"], document["requirements"][0]["exercised"]
    file.write_text(json.dumps(document), encoding="utf-8")
    assert [column.name for column in read_columns([file])] == ["ours"]


def test_a_field_that_is_needed_is_missed(tmp_path: Path) -> None:
    (file,) = written(tmp_path, OURS)
    document = json.loads(file.read_text(encoding="utf-8"))
    del document["contract"]
    file.write_text(json.dumps(document), encoding="utf-8")
    with pytest.raises(UsageError, match="'contract' is a required property"):
        read_columns([file])


def test_an_id_that_is_there_twice_is_refused(tmp_path: Path) -> None:
    (file,) = written(tmp_path, report_of(passed("LIF-01"), passed("LIF-01")))
    with pytest.raises(UsageError, match="LIF-01 has more than one entry"):
        read_columns([file])


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "not a JSON report"),
        (b"\xff\xfe", "not UTF-8"),
        (b"[" * 100_000, "not a JSON report"),
        (b"[1]", "not a JSON report of SessionProof"),
        (b'{"format": 1}', "not a JSON report of SessionProof"),
        (b"<testsuites/>", "not a JSON report"),
    ],
    ids=["empty", "not text", "deep", "list", "no requirements", "JUnit"],
)
def test_other_files_are_refused_in_one_line(content: bytes, reason: str, tmp_path: Path) -> None:
    file = tmp_path / "other"
    file.write_bytes(content)
    with pytest.raises(UsageError, match=reason):
        read_columns([file])
