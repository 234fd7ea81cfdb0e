"""The page is one file, complete, well-formed, and safe to open whatever a target sent."""

from __future__ import annotations

import base64
import hashlib
import re
from dataclasses import replace
from html.parser import HTMLParser
from typing import TYPE_CHECKING

import pytest

from sessionproof.report.html import Page, Section, page, report_sections, write_html
from sessionproof.verdicts import Evidence, Verdict

from .sample import (
    EXCHANGE,
    HOSTILE,
    REPEAT,
    broken,
    hostile,
    lacking,
    passed,
    report_of,
    requirement,
    sample,
)

if TYPE_CHECKING:
    from pathlib import Path

    from sessionproof.report.document import Report

VOID = {"meta", "br", "link", "img", "input", "hr"}


class Tree(HTMLParser):
    """Elements with their attributes, the text, and the ids; fails on tags that don't match."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str]]] = []
        self.words: list[str] = []
        self._open: list[str] = []
        self.feed(text)
        self.close()
        assert not self._open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, {name: value or "" for name, value in attrs}))
        if tag not in VOID:
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.words.append(data)

    @property
    def text(self) -> str:
        return "".join(self.words)

    def all(self, tag: str) -> list[dict[str, str]]:
        return [attributes for name, attributes in self.elements if name == tag]


def written(report: Report, folder: Path, *more: Section) -> str:
    """The page's text, as it is in the file."""
    file = folder / "report.html"
    write_html(report, file, more)
    return file.read_text(encoding="utf-8")


def opened(text: str) -> dict[str, bool]:
    """Requirement ids, and whether their details are open without a click."""
    return {each["id"]: "open" in each for each in Tree(text).all("details")}


@pytest.mark.parametrize("report", [sample(), hostile(), report_of()], ids=["sample", "hostile", "empty"])
def test_it_is_well_formed_and_loads_nothing(report: Report, tmp_path: Path) -> None:
    tree = Tree(written(report, tmp_path))
    assert {name for name, _ in tree.elements}.isdisjoint({"link", "img", "iframe", "object", "base", "form"})
    assert not [each for _, each in tree.elements if "src" in each or "style" in each]
    assert not [name for _, each in tree.elements for name in each if name.startswith("on")]
    assert len(tree.all("script")) == 1
    assert "url(" not in tree.text
    assert "@import" not in tree.text


def test_only_its_own_script_may_run(tmp_path: Path) -> None:
    text = written(hostile(), tmp_path)
    script = text[text.index("<script>") + len("<script>") : text.rindex("</script>")]
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    (policy,) = (each["content"] for each in Tree(text).all("meta") if "http-equiv" in each)
    assert f"script-src 'sha256-{digest}'" in policy
    assert "default-src 'none'" in policy


def test_what_a_target_sent_is_text(tmp_path: Path) -> None:
    text = written(hostile(), tmp_path)
    assert "<script>alert" not in text
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202e]", text)
    assert "\\x1b[31m[red]bold[/red]\\x1b]0;title\\x07 <script>alert(1)</script> &" in Tree(text).text


def test_only_web_addresses_become_links(tmp_path: Path) -> None:
    sources = ("javascript:alert(1)", "https://example.org/a?b=1&c=\"'<", "seed")
    result = replace(passed("LIF-01"), requirement=replace(requirement("LIF-01"), sources=sources))
    links = [each["href"] for each in Tree(written(report_of(result), tmp_path)).all("a")]
    assert [link for link in links if not link.startswith("#")] == ["https://example.org/a?b=1&c=\"'<"]


def test_every_requirement_is_there_with_all_that_is_known(tmp_path: Path) -> None:
    text = Tree(written(sample(), tmp_path)).text
    for result in sample().results:
        for piece in (result.requirement.sentence, result.requirement.why, result.reason, *result.observed):
            assert piece in text
    for piece in (EXCHANGE, REPEAT, "the_fiftieth_create_resumes", "--stop-store COMMAND", "canary-bob-77aa"):
        assert piece in text


def test_failures_are_open_unless_accepted(tmp_path: Path) -> None:
    accepted = replace(broken("ISO-02"), accepted="known")
    text = written(report_of(broken("RES-01"), accepted, passed("LIF-01")), tmp_path)
    assert opened(text) == {"RES-01": True, "ISO-02": False, "LIF-01": False}


def test_tiles_count_every_verdict(tmp_path: Path) -> None:
    text = written(sample(), tmp_path)
    counts = dict(re.findall(r'class="tile (\w+)".*?class="count">(\d+)<', text, re.DOTALL))
    assert {name: int(number) for name, number in counts.items()} == {
        verdict.name.lower(): sample().summary[verdict] for verdict in Verdict
    }


def test_links_lead_somewhere_and_ids_are_unique(tmp_path: Path) -> None:
    tree = Tree(written(sample(), tmp_path))
    ids = [each["id"] for _, each in tree.elements if "id" in each]
    assert len(ids) == len(set(ids))
    assert {each["href"][1:] for each in tree.all("a") if each["href"].startswith("#")} <= set(ids)
    labels = {each["aria-labelledby"] for _, each in tree.elements if "aria-labelledby" in each}
    assert labels <= set(ids)


def test_it_can_be_used_without_sight_and_without_script(tmp_path: Path) -> None:
    tree = Tree(written(sample(), tmp_path))
    assert tree.all("html")[0]["lang"] == "en"
    assert all("scope" in each for each in tree.all("th"))
    assert all("aria-label" in each for each in tree.all("pre"))
    idle = [each for each in tree.all("button") if "hidden" in each or "disabled" in each or "data-open" in each]
    assert idle == tree.all("button")  # the script brings them to life; without it none looks alive


def test_what_needs_attention_has_a_section_only_if_there_is_something() -> None:
    assert [each.anchor for each in report_sections(sample())] == ["requirements", "attention"]
    assert [each.anchor for each in report_sections(report_of(passed("LIF-01")))] == ["requirements"]


def test_other_sections_share_the_page(tmp_path: Path) -> None:
    more = Section("timeline", "Timeline", "attention.html.j2", {"lists": {"Births <1>": ["a & b"]}})
    text = written(sample(), tmp_path, more)
    assert '<section id="timeline"' in text
    assert "<h3>Births &lt;1&gt; (1)</h3>" in text
    assert '<a href="#timeline">Timeline</a>' in text


def test_a_page_needs_no_requirements() -> None:
    head = Page("Load", "PROVEN", "passed", ["1,000 answers"], {"Target": HOSTILE})
    assert "1,000 answers" in Tree(page(head, [])).text


def test_enormous_evidence_is_cut_with_a_mark(tmp_path: Path) -> None:
    evidence = [Evidence("e" * 100_000, "s", "x" * 3_000_000) for _ in range(50)]
    text = written(report_of(broken("RES-01", *evidence), lacking("EXP-01", "clock")), tmp_path)
    assert len(text) < 300_000
    assert "2,996,000 characters not shown" in text
    assert "and 30 more, in the JSON report" in text


def test_a_wait_is_told_and_none_isn_t(tmp_path: Path) -> None:
    waited = replace(sample(), clock="scaled:0.2", waited_s=60.75)
    assert "scaled:0.2" in written(waited, tmp_path)
    assert "60.8 s" in written(waited, tmp_path)
    assert "Waited" not in written(sample(), tmp_path)
