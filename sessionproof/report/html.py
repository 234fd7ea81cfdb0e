"""One HTML page that needs nothing else: no network, no font, no script from elsewhere."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from sessionproof.report.files import save
from sessionproof.report.text import cut, visible
from sessionproof.report.timeline import WIDTH, draw
from sessionproof.report.words import headline, help_for, seconds
from sessionproof.verdicts import Verdict

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from sessionproof.report.document import Report

__all__ = ["Page", "Section", "page", "report_sections", "write_html"]

GLYPHS = {
    Verdict.PASSED: "✓",
    Verdict.FAILED: "✗",
    Verdict.WARNED: "!",
    Verdict.UNPROVEN: "?",
    Verdict.ERROR: "⚠",
    Verdict.NOT_APPLICABLE: "–",  # noqa: RUF001
    Verdict.NOT_SELECTED: "○",
}
_TONES = {
    "PROVEN": "passed",
    "UNPROVEN": "unproven",
    "STALE BASELINE": "unproven",
    "NOTHING JUDGED": "unproven",
}
_EVIDENCE = 20  # of one requirement; the JSON report has it all
_PICTURES = 3  # of one requirement
_EXCHANGE = {"lines": 400, "columns": 4_000}


@dataclass(frozen=True)
class Section:
    """A part of a page: a heading, and the partial template that shows the data."""

    anchor: str
    title: str
    partial: str  # a file in templates/
    data: Mapping[str, Any]
    style: str = ""  # a file in templates/, where page.css isn't enough


@dataclass(frozen=True)
class Page:
    """What stands above the sections: a word, its tone (a verdict), the counts, and what the run was."""

    title: str
    word: str
    tone: str
    parts: Sequence[str]
    facts: Mapping[str, str]


def write_html(report: Report, file: Path, more: Iterable[Section] = ()) -> None:
    """Writes the report as one page; `more` sections, such as a kill matrix, follow the report's own."""
    save(file, page(_head(report), [*report_sections(report), *more]).encode())


def page(head: Page, sections: Iterable[Section]) -> str:
    """The page as HTML. Whatever the data hold is shown as text; nothing in them can run or load."""
    script = _environment().get_template("page.js").render()
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    template = _environment().get_template("page.html.j2")
    return template.render(head=head, sections=list(sections), script_hash=f"sha256-{digest}")


def report_sections(report: Report) -> list[Section]:
    """The sections that a verification fills: requirements, and whatever needs attention besides."""
    attention = {
        "Stale baseline entries": report.stale,
        "Sessions left behind on the target": report.left_behind,
        "Notes": report.notes,
    }
    shown = {title: lines for title, lines in attention.items() if lines}
    groups = dict.fromkeys(result.requirement.group for result in report.results)
    requirements = {
        "summary": report.summary,
        "groups": {
            group: [result for result in report.results if result.requirement.group == group] for group in groups
        },
        "evidence_limit": _EVIDENCE,
    }
    figures = list(_figures(report))
    timelines = {"figures": figures, "width": WIDTH}
    return [
        *([Section("timelines", "What happened", "timelines.html.j2", timelines, "timeline.css")] if figures else []),
        Section("requirements", "Requirements", "requirements.html.j2", requirements),
        *([Section("load", "Load", "load.html.j2", {"load": report.load})] if report.load is not None else []),
        *([Section("attention", "Also look at", "attention.html.j2", {"lists": shown})] if shown else []),
    ]


def _figures(report: Report) -> Iterable[dict[str, Any]]:
    """The pictures of what failed; each requirement's begin with its first."""
    for result in report.results:
        shown = [(one, one.timeline) for one in result.evidence if one.timeline is not None]
        for number, (evidence, timeline) in enumerate(shown[:_PICTURES], 1):
            yield {
                "anchor": f"timeline-{result.requirement.id}-{number}",
                "requirement": result.requirement,
                "evidence": evidence,
                "drawing": draw(timeline),
            }


def _head(report: Report) -> Page:
    line = headline(report)
    facts = {
        "Target": report.target,
        "Contract": report.contract,
        "Recognised": report.recognised,
        "Clock": report.clock,
        "Waited": seconds(report.waited_s) if report.waited_s else "",
        "Effort": report.effort,
        "Seed": str(report.seed),
        "Started": report.started,
        "Made by": f"SessionProof {report.version}".strip(),
    }
    return Page(
        title=f"{line.word}: {report.target}",
        word=line.word,
        tone=_TONES.get(line.word, "failed"),
        parts=line.parts,
        facts={name: value for name, value in facts.items() if value},
    )


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("sessionproof.report"),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_shown,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals.update(glyphs=GLYPHS, help_for=help_for)
    environment.filters["cut"] = lambda text: cut(text, **_EXCHANGE)
    return environment


def _shown(value: object) -> object:
    return visible(value) if isinstance(value, str) and not isinstance(value, Markup) else value
