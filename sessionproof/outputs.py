"""The files that a run was asked to leave."""

from __future__ import annotations

from sessionproof.report.document import Report
from sessionproof.settings import Settings

__all__ = ["write_reports"]


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
