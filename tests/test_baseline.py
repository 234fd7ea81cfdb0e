"""The baseline accepts exactly what it lists, until its date, and says what no longer fits."""

from __future__ import annotations

import tomllib
from dataclasses import FrozenInstanceError, replace
from datetime import date
from typing import TYPE_CHECKING

import pytest

from sessionproof.baseline import ACCEPTABLE, Accepted, Baseline, apply, load, write
from sessionproof.errors import UsageError
from sessionproof.requirements import Requirement
from sessionproof.verdicts import CheckResult, Evidence, RequirementResult, Verdict

if TYPE_CHECKING:
    from pathlib import Path

TODAY = date(2027, 6, 1)
UNTIL = date(2027, 6, 30)
ENTRY = Accepted("EXP-01", Verdict.UNPROVEN, "no clock on staging", "team-sessions", UNTIL)
TEXT = """
[[accepted]]
requirement = "EXP-01"
verdict = "unproven"
reason = "no clock on staging"
owner = "team-sessions"
until = 2027-06-30
"""


def result(name: str, verdict: Verdict, reason: str = "", **more: object) -> RequirementResult:
    """A requirement with this verdict."""
    requirement = Requirement(
        name, "expiry", "MUST", "universal", "It holds.", "", (), frozenset[str](), frozenset[str]()
    )
    return replace(RequirementResult(requirement, verdict, reason), **more)  # type: ignore[arg-type]


def saved(text: str, folder: Path) -> Path:
    """A baseline file with this text."""
    file = folder / "baseline.toml"
    file.write_text(text, encoding="utf-8")
    return file


def test_a_file_is_read(tmp_path: Path) -> None:
    file = saved(TEXT, tmp_path)
    assert load(file) == Baseline(str(file), (ENTRY,))


def test_an_empty_file_accepts_nothing(tmp_path: Path) -> None:
    assert load(saved("# nothing yet\n", tmp_path)).entries == ()


def test_entries_are_frozen() -> None:
    with pytest.raises(FrozenInstanceError):
        ENTRY.reason = "another"  # type: ignore[misc]


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        ("owner =", "ower =", "entry 1: unknown key 'ower'"),
        ("owner =", "# owner =", "entry 1: 'owner' is missing"),
        ('"unproven"', '"skipped"', "entry 1: verdict 'skipped' can't be accepted"),
        ('"unproven"', '"passed"', "entry 1: verdict 'passed' can't be accepted"),
        ('"unproven"', '"not applicable"', "entry 1: verdict 'not applicable' can't be accepted"),
        ('"unproven"', "[]", "can't be accepted"),
        ("2027-06-30", '"2027-06-30"', "'until' must be an unquoted date"),
        ("2027-06-30", "2027-06-30T00:00:00Z", "'until' must be an unquoted date"),
        ("2027-06-30", "2027-06-31", "isn't TOML"),
        ('"team-sessions"', '" "', "'owner' must be a text"),
        ('"team-sessions"', "7", "'owner' must be a text"),
        ("[[accepted]]", "[accepted]", "isn't a list of tables"),
        ("[[accepted]]", "[[acepted]]", "unknown key 'acepted'"),
        ("\n[[accepted]]", "\nformat = 1\n[[accepted]]", "unknown key 'format'"),
        ("[[accepted]]", "[[accepted]", "isn't TOML"),
        (TEXT, "accepted = [1]", "entry 1 isn't a table"),
        (TEXT, TEXT + TEXT, "entry 2: EXP-01 is accepted twice"),
        ("owner =", '"\\u001b[31m" =', "unknown key '\\x1b[31m'"),
    ],
)
def test_whatever_is_malformed_is_named_in_one_line(old: str, new: str, complaint: str, tmp_path: Path) -> None:
    assert old in TEXT
    file = saved(TEXT.replace(old, new), tmp_path)
    with pytest.raises(UsageError) as caught:
        load(file)
    assert str(caught.value).startswith(f"{file}: ")
    assert complaint in str(caught.value)
    assert "\n" not in str(caught.value)
    assert "\x1b" not in str(caught.value)


def test_a_file_that_is_missing_or_no_text_is_named(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"none\.toml: can't be read: No such file"):
        load(tmp_path / "none.toml")
    binary = tmp_path / "binary.toml"
    binary.write_bytes(b"\xff\xfe")
    with pytest.raises(UsageError, match="isn't UTF-8 text"):
        load(binary)


def applied(now: RequirementResult | None, today: date = TODAY) -> tuple[str, str]:
    """What EXP-01 is accepted for, and what is stale, when `now` is what the run found."""
    others = [result("LIF-01", Verdict.PASSED), *([now] if now else []), result("RES-01", Verdict.FAILED)]
    results, stale = apply(Baseline("b.toml", (ENTRY,)), others, today)
    assert [each.requirement for each in results] == [each.requirement for each in others]
    assert all(not each.accepted for each in results if each.requirement.id != "EXP-01")
    accepted = "".join(each.accepted for each in results)
    return accepted, "\n".join(stale)


@pytest.mark.parametrize("today", [TODAY, UNTIL])
def test_an_outcome_as_listed_is_accepted_through_the_last_day(today: date) -> None:
    assert applied(result("EXP-01", Verdict.UNPROVEN), today) == ("no clock on staging", "")


def test_an_overdue_entry_accepts_nothing() -> None:
    accepted, stale = applied(result("EXP-01", Verdict.UNPROVEN), date(2027, 7, 1))
    assert accepted == ""
    assert stale == (
        "b.toml: EXP-01 was accepted until 2027-06-30: mend it, or agree with team-sessions on a later date"
    )


@pytest.mark.parametrize("verdict", [Verdict.PASSED, Verdict.NOT_APPLICABLE])
def test_an_entry_that_no_longer_happens_is_to_be_removed(verdict: Verdict) -> None:
    assert applied(result("EXP-01", verdict)) == (
        "",
        f"b.toml: EXP-01 is {verdict} now, no longer unproven: remove the entry",
    )


@pytest.mark.parametrize("verdict", [Verdict.FAILED, Verdict.WARNED, Verdict.ERROR])
def test_accepting_one_outcome_accepts_no_other(verdict: Verdict) -> None:
    accepted, stale = applied(result("EXP-01", verdict))
    assert accepted == ""
    assert stale.startswith(f"b.toml: EXP-01 is {verdict} now, but accepted as unproven")


def test_an_entry_that_matches_nothing_is_stale() -> None:
    assert applied(None) == (
        "",
        "b.toml: EXP-01 matches no requirement: correct the id, or remove the entry",
    )


@pytest.mark.parametrize("today", [TODAY, date(2030, 1, 1)])
def test_what_was_not_selected_says_nothing_about_its_entry(today: date) -> None:
    assert applied(result("EXP-01", Verdict.NOT_SELECTED), today) == ("", "")


def test_what_is_written_accepts_the_run_that_it_was_written_from(tmp_path: Path) -> None:
    file = tmp_path / "new" / "baseline.toml"
    results = [result(f"EXP-{number:02}", verdict, "why") for number, verdict in enumerate(Verdict, 1)]
    baseline = write(file, results, "team", UNTIL)
    assert load(file) == baseline
    assert [entry.verdict for entry in baseline.entries] == sorted(ACCEPTABLE, key=list(Verdict).index)
    judged, stale = apply(baseline, results, TODAY)
    assert stale == ()
    assert all(bool(each.accepted) is (each.verdict in ACCEPTABLE) for each in judged)


def test_what_is_written_is_sorted_and_stable(tmp_path: Path) -> None:
    results = [result(name, Verdict.FAILED, "why") for name in ("RES-02", "EXP-01", "RES-01")]
    file, again = tmp_path / "1.toml", tmp_path / "2.toml"
    write(file, results, "team", UNTIL)
    write(again, reversed(results), "team", UNTIL, load(file))
    assert file.read_bytes() == again.read_bytes()
    assert [entry.requirement for entry in load(file).entries] == ["EXP-01", "RES-01", "RES-02"]


def test_the_file_reads_well(tmp_path: Path) -> None:
    file = tmp_path / "baseline.toml"
    write(file, [result("EXP-01", Verdict.UNPROVEN, "no clock on staging")], "team-sessions", UNTIL)
    head, entry = file.read_text(encoding="utf-8").split("\n\n")
    assert all(line.startswith("# ") for line in head.split("\n"))
    assert f"\n{entry}" == TEXT


def test_entries_that_still_happen_keep_their_words_and_dates(tmp_path: Path) -> None:
    overdue = replace(ENTRY, until=date(2020, 1, 1))
    gone, changed, unseen = (replace(ENTRY, requirement=name) for name in ("EXP-02", "EXP-03", "EXP-04"))
    unknown = replace(ENTRY, requirement="EXP-99")
    now = [
        result("EXP-01", Verdict.UNPROVEN, "another reason"),
        result("EXP-02", Verdict.PASSED),
        result("EXP-03", Verdict.FAILED, "it broke"),
        result("EXP-04", Verdict.NOT_SELECTED),
        result("EXP-05", Verdict.NOT_SELECTED),
    ]
    existing = Baseline("b.toml", (overdue, gone, changed, unseen, unknown))
    baseline = write(tmp_path / "b.toml", now, "new-team", UNTIL, existing)
    assert baseline.entries == (
        overdue,
        Accepted("EXP-03", Verdict.FAILED, "it broke", "new-team", UNTIL),
        unseen,
    )


@pytest.mark.parametrize(
    "text",
    [
        '"quoted"',
        "back\\slash \\u0041",
        "line\nfeed\r\n\ttab",
        "\x00\x1b[31m\x7f\x85",
        "grüße 🦊",
        "'''",
        "# [[accepted]]",
    ],
)
def test_any_text_survives_the_file(text: str, tmp_path: Path) -> None:
    existing = Baseline("b.toml", (replace(ENTRY, reason=text, owner=text),))
    write(tmp_path / "b.toml", [result("EXP-01", Verdict.UNPROVEN)], "x", UNTIL, existing)
    assert load(tmp_path / "b.toml").entries == existing.entries


def test_a_lone_surrogate_becomes_visible(tmp_path: Path) -> None:
    write(tmp_path / "b.toml", [result("EXP-01", Verdict.FAILED, "id \ud83d")], "team \udc80", UNTIL)
    (table,) = tomllib.loads((tmp_path / "b.toml").read_text(encoding="utf-8"))["accepted"]
    assert (table["reason"], table["owner"]) == ("id \\ud83d", "team \\udc80")


@pytest.mark.parametrize(
    ("now", "reason"),
    [
        (result("EXP-01", Verdict.FAILED, " it\n  broke\x1b[2J "), "it broke\\x1b[2J"),
        (result("EXP-01", Verdict.UNPROVEN, missing=("clock", "nodes")), "needs clock, nodes"),
        (
            result(
                "EXP-01",
                Verdict.FAILED,
                checks=(CheckResult("c", "EXP-01", Verdict.FAILED, evidence=(Evidence("404", "200"),)),),
            ),
            "200 instead of 404",
        ),
        (result("EXP-01", Verdict.ERROR), "error when this entry was written"),
    ],
)
def test_a_new_entry_always_has_a_reason(now: RequirementResult, reason: str, tmp_path: Path) -> None:
    write(tmp_path / "b.toml", [now], "team", UNTIL)
    assert load(tmp_path / "b.toml").entries[0].reason == reason
