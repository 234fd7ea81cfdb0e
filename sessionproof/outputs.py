"""The files that a run was asked to leave."""

from __future__ import annotations

from pathlib import Path

from sessionproof.errors import UsageError
from sessionproof.report.document import Report
from sessionproof.settings import Settings

__all__ = ["check_files", "check_outputs", "write_reports"]


def check_outputs(settings: Settings) -> None:
    """Make sure, before anything is judged, that the reports can be written. Raises UsageError."""
    check_files(settings.json, settings.junit, settings.html)


def check_files(*files: Path | None) -> None:
    """Make sure that these files can be written; none is there afterwards that wasn't before. Raises UsageError."""
    for file in files:
        if file is None:
            continue
        there = file.exists()
        try:
            file.parent.mkdir(parents=True, exist_ok=True)
            file.open("ab").close()
            if not there:
                file.unlink()
        except OSError as error:
            raise UsageError(f"{file}: can't be written: {error.strerror}; give another path") from error


def write_reports(report: Report, settings: Settings) -> None:
    """Write JSON, JUnit and HTML where they were asked for. Raises UsageError when a file can't be written."""
    if settings.json:
        from sessionproof.report.json import write_json

        write_json(report, settings.json)
    if settings.junit:
        from sessionproof.report.junit import write_junit

        write_junit(report, settings.junit)
    if settings.html:
        from sessionproof.report.html import write_html

        write_html(report, settings.html)
