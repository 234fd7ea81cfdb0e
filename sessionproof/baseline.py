"""The baseline: outcomes that are accepted for now, each with a reason, an owner and an end date."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import TYPE_CHECKING

from sessionproof.errors import UsageError
from sessionproof.report.files import save
from sessionproof.report.text import visible
from sessionproof.verdicts import RequirementResult, Verdict

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

__all__ = ["ACCEPTABLE", "Accepted", "Baseline", "apply", "load", "write"]

ACCEPTABLE = (Verdict.FAILED, Verdict.WARNED, Verdict.UNPROVEN, Verdict.ERROR)

_HEADER = """\
# Outcomes of `sessionproof verify --baseline` that are accepted for now.
# Each one says which, why, who looks after it, and until when. A run tells you about an entry that no longer
# happens, matches nothing or is overdue, and ends with exit code 2 until it is mended here.
# `sessionproof baseline write` adds and removes entries, and keeps reasons, owners and dates.
"""


@dataclass(frozen=True)
class Accepted:
    """One outcome that is accepted, through the whole day `until`."""

    requirement: str
    verdict: Verdict
    reason: str
    owner: str
    until: date


@dataclass(frozen=True)
class Baseline:
    """All accepted outcomes, at most one for a requirement, and the file that says so."""

    file: str
    entries: tuple[Accepted, ...] = ()


def load(file: Path) -> Baseline:
    """The baseline in the file. Raises UsageError, with file, entry and reason, for anything malformed."""
    try:
        document = tomllib.loads(file.read_text(encoding="utf-8"))
        return Baseline(str(file), tuple(_entries(document)))
    except OSError as error:
        raise UsageError(f"{file}: can't be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise UsageError(f"{file}: isn't UTF-8 text: {error.reason} at byte {error.start}") from error
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise UsageError(f"{file}: isn't TOML: {error}") from error
    except _MalformedError as error:
        raise UsageError(f"{file}: {visible(str(error))}") from error


class _MalformedError(Exception):
    pass


def _entries(document: Mapping[str, object]) -> Iterable[Accepted]:
    for key in document:
        if key != "accepted":
            raise _MalformedError(f"unknown key {key!r}; a baseline has [[accepted]] tables only")
    tables = document.get("accepted", [])
    if not isinstance(tables, list):
        raise _MalformedError("'accepted' isn't a list of tables; begin each entry with [[accepted]]")
    seen: set[str] = set()
    for number, table in enumerate(tables, start=1):
        entry = _entry(table, f"entry {number}")
        if entry.requirement in seen:
            raise _MalformedError(f"entry {number}: {entry.requirement} is accepted twice; keep one")
        seen.add(entry.requirement)
        yield entry


def _entry(table: object, where: str) -> Accepted:
    if not isinstance(table, dict):
        raise _MalformedError(f"{where} isn't a table; begin each entry with [[accepted]]")
    keys = tuple(Accepted.__dataclass_fields__)
    if unknown := [key for key in table if key not in keys]:
        raise _MalformedError(f"{where}: unknown key {unknown[0]!r}; the keys are {', '.join(keys)}")
    if missing := [key for key in keys if key not in table]:
        raise _MalformedError(f"{where}: {missing[0]!r} is missing; every entry has {', '.join(keys)}")
    return Accepted(
        _text(table, "requirement", where),
        _verdict(table["verdict"], where),
        _text(table, "reason", where),
        _text(table, "owner", where),
        _until(table["until"], where),
    )


def _text(table: Mapping[str, object], key: str, where: str) -> str:
    value = table[key]
    if not isinstance(value, str) or not value.strip():
        raise _MalformedError(f"{where}: {key!r} must be a text, not {value!r}")
    return value


def _verdict(value: object, where: str) -> Verdict:
    if value not in [verdict.value for verdict in ACCEPTABLE]:
        accepted = ", ".join(ACCEPTABLE)
        raise _MalformedError(f"{where}: verdict {value!r} can't be accepted; it is one of {accepted}")
    return Verdict(str(value))


def _until(value: object, where: str) -> date:
    if not isinstance(value, date) or isinstance(value, datetime):
        raise _MalformedError(f"{where}: 'until' must be an unquoted date such as 2027-06-30, not {value!r}")
    return value


def apply(
    baseline: Baseline, results: Iterable[RequirementResult], today: date
) -> tuple[tuple[RequirementResult, ...], tuple[str, ...]]:
    """The results, with `accepted` set where an entry accepts them, and a line for each entry that is stale.

    An entry is stale, and accepts nothing, when its requirement isn't known or has another verdict now, or
    when its date has passed. What wasn't selected in this run says nothing about its entry.
    """
    by_id = {result.requirement.id: result for result in results}
    stale = []
    for entry in baseline.entries:
        result = by_id.get(entry.requirement)
        if problem := _stale(entry, result, today):
            stale.append(f"{baseline.file}: {entry.requirement} {problem}")
        elif result and result.verdict is entry.verdict:
            by_id[entry.requirement] = replace(result, accepted=entry.reason)
    return tuple(by_id.values()), tuple(stale)


def _stale(entry: Accepted, result: RequirementResult | None, today: date) -> str:
    if result is None:
        return "matches no requirement: correct the id, or remove the entry"
    if result.verdict is Verdict.NOT_SELECTED:
        return ""
    if result.verdict is not entry.verdict and result.verdict not in ACCEPTABLE:
        return f"is {result.verdict} now, no longer {entry.verdict}: remove the entry"
    if result.verdict is not entry.verdict:
        return f"is {result.verdict} now, but accepted as {entry.verdict}: mend it, or accept that as well"
    if entry.until < today:
        return f"was accepted until {entry.until}: mend it, or agree with {entry.owner} on a later date"
    return ""


def write(
    file: Path,
    results: Iterable[RequirementResult],
    owner: str,
    until: date,
    existing: Baseline | None = None,
) -> Baseline:
    """Writes, and returns, a baseline that accepts what these results say; same results, same bytes.

    Entries of `existing` that still happen, or that this run didn't look at, stay as they are; even an
    overdue one, because a later date is for its owner to give. New ones take their reason from the result.
    """
    known = {entry.requirement: entry for entry in existing.entries} if existing else {}
    entries = []
    for result in results:
        old = known.get(result.requirement.id)
        if old and result.verdict in (old.verdict, Verdict.NOT_SELECTED):
            entries.append(old)
        elif result.verdict in ACCEPTABLE:
            entries.append(Accepted(result.requirement.id, result.verdict, _reason(result), owner, until))
    entries.sort(key=lambda entry: entry.requirement)
    save(file, "\n".join([_HEADER, *map(_table, entries)]).encode())
    return Baseline(str(file), tuple(entries))


def _reason(result: RequirementResult) -> str:
    seen = f"{result.evidence[0].seen} instead of {result.evidence[0].expected}" if result.evidence else ""
    missing = f"needs {', '.join(result.missing)}" if result.missing else ""
    reason = result.reason or missing or seen or f"{result.verdict} when this entry was written"
    return visible(" ".join(reason.split()))


def _table(entry: Accepted) -> str:
    return (
        "[[accepted]]\n"
        f"requirement = {_string(entry.requirement)}\n"
        f"verdict = {_string(entry.verdict)}\n"
        f"reason = {_string(entry.reason)}\n"
        f"owner = {_string(entry.owner)}\n"
        f"until = {entry.until.isoformat()}\n"
    )


def _string(text: str) -> str:
    r"""A TOML basic string: quotes, backslashes and controls escaped, lone surrogates made visible."""
    return '"' + "".join(_character(char) for char in text) + '"'


def _character(char: str) -> str:
    if char in '\\"':
        return f"\\{char}"
    if char < " " or char == "\x7f":
        return f"\\u{ord(char):04x}"
    return f"\\{visible(char)}" if "\ud800" <= char <= "\udfff" else char
