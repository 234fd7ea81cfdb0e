"""Reads JSON reports from files, whoever wrote them: what isn't one is said in one line."""

from __future__ import annotations

import json
import math
from collections import Counter
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from sessionproof.bundle import bundle_root
from sessionproof.errors import UsageError
from sessionproof.report.compare import Column, Outcome
from sessionproof.report.document import FORMAT
from sessionproof.report.text import cut
from sessionproof.verdicts import Exit, Verdict

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

__all__ = ["read_columns"]

_WRITES_ONE = "`sessionproof verify --json FILE` writes one"
_RUN = [
    *("format", "sessionproof", "target", "contract", "clock", "seed", "effort", "started"),
    *("duration_s", "requests", "exit_code", "requirements"),
]
_ROW = ["id", "level", "sentence", "verdict", "reason", "accepted"]
_LONGEST = 300  # characters of what a file is refused for


def read_columns(files: Sequence[Path]) -> list[Column]:
    """A column for each file, named so that no two have one name. Raises UsageError for what isn't a report."""
    documents = [_document(file) for file in files]
    names = _names([document["contract"] for document in documents], files)
    started = [_started(file, document["started"]) for file, document in zip(files, documents, strict=True)]
    return [_column(*each) for each in zip(names, started, documents, strict=True)]


def _document(file: Path) -> dict[str, Any]:
    try:
        text = file.read_text(encoding="utf-8")
    except OSError as error:
        raise UsageError(f"{file}: can't be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise UsageError(f"{file}: not a JSON report: not UTF-8; {_WRITES_ONE}") from error
    try:
        document = json.loads(text, parse_float=_number, parse_constant=_number)
    except (ValueError, RecursionError) as error:
        raise UsageError(f"{file}: not a JSON report: {error}; {_WRITES_ONE}") from error
    if not isinstance(document, dict) or not {"format", "requirements"} <= document.keys():
        raise UsageError(f"{file}: not a JSON report of SessionProof; {_WRITES_ONE}")
    if document["format"] != FORMAT:
        format = cut(str(document["format"]), lines=1, columns=40)
        raise UsageError(f"{file}: a report of format {format}; this version reads format {FORMAT}")
    _check(file, document)
    return document


def _number(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(f"{text} is not a number")
    return number


def _check(file: Path, document: dict[str, Any]) -> None:
    from jsonschema import Draft202012Validator

    for error in Draft202012Validator(_schema()).iter_errors(document):
        where = "/".join(map(str, error.absolute_path)) or "the document"
        message = cut(error.message, lines=1, columns=_LONGEST)
        raise UsageError(f"{file}: not a report of format {FORMAT}: {where}: {message}; {_WRITES_ONE}")
    twice = [id for id, number in Counter(row["id"] for row in document["requirements"]).items() if number > 1]
    if twice:
        raise UsageError(f"{file}: not a report of format {FORMAT}: {twice[0]} has more than one entry; {_WRITES_ONE}")


def _schema() -> dict[str, Any]:
    """The report's schema for what is read here: fields that other versions add or lack are no reason to refuse."""
    schema: dict[str, Any] = json.loads(
        (bundle_root() / "contracts" / "schemas" / "report.schema.json").read_text(encoding="utf-8")
    )
    for part, names in ((schema, _RUN), (schema["$defs"]["requirement"], _ROW)):
        part["required"], part["additionalProperties"] = names, True
        part["properties"] = {name: part["properties"][name] for name in names}
    return schema


def _started(file: Path, text: str) -> datetime:
    """The instant, in UTC."""
    try:
        started = datetime.fromisoformat(text)
        if started.tzinfo is not None:
            return started.astimezone(UTC)
    except (ValueError, OverflowError):
        pass  # said below, with the one that has no zone
    raise UsageError(f"{file}: not a report of format {FORMAT}: started is not a time with a zone; {_WRITES_ONE}")


def _names(contracts: Sequence[str], files: Sequence[Path]) -> list[str]:
    """The contracts' names; where several have one, with the file's name, its path, or the place in the call."""
    names = list(contracts)
    for way in ("{file.stem}", "{file}", "{file}, number {place}"):
        counted = Counter(names)
        for index, (contract, file) in enumerate(zip(contracts, files, strict=True)):
            if counted[names[index]] > 1:
                names[index] = f"{contract} ({way.format(file=file, place=index + 1)})"
    return names


def _column(name: str, started: datetime, document: dict[str, Any]) -> Column:
    rows = document["requirements"]
    return Column(
        name=name,
        target=document["target"],
        contract=document["contract"],
        version=document["sessionproof"],
        clock=document["clock"],
        effort=document["effort"],
        seed=document["seed"],
        started=started,
        duration_s=document["duration_s"],
        requests=document["requests"],
        exit=Exit(document["exit_code"]),
        outcomes={row["id"]: Outcome(Verdict(row["verdict"]), row["reason"], bool(row["accepted"])) for row in rows},
        sentences={row["id"]: (row["level"], row["sentence"]) for row in rows},
    )
