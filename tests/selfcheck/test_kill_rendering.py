"""Terminal, JSON, page and Markdown say the same of one matrix, and each is readable where it is read."""

from __future__ import annotations

import io
import json
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from rich.console import Console

from sessionproof.bundle import bundle_root
from sessionproof.errors import UsageError
from sessionproof.selfcheck import Judged
from sessionproof.selfcheck.document import as_dict, write_json
from sessionproof.selfcheck.markdown import text, write_markdown
from sessionproof.selfcheck.page import write_page
from sessionproof.selfcheck.terminal import render

from .sample import clean, fault, judged, kill, rich

CAUGHT = [fault("F-RES-01", "RES-01"), fault("F-RES-02", "RES-01", conditional=True)]
VOID = {"meta", "br", "link", "img", "input", "hr"}


def whole() -> Judged:
    """A matrix without a hole."""
    here = clean("RES-01")
    return judged([here], [kill(each, here, "RES-01") for each in CAUGHT])


def printed(one: Judged, width: int, encoding: str = "utf-8") -> str:
    paper = io.TextIOWrapper(io.BytesIO(), encoding=encoding)
    render(one, Console(file=paper, width=width, highlight=False))
    paper.flush()
    return paper.buffer.getvalue().decode(encoding)


# Terminal


@pytest.mark.parametrize("width", [80, 120])
def test_no_line_is_longer_than_the_terminal(width: int) -> None:
    assert max(map(len, printed(rich(), width).splitlines())) <= width


def test_a_row_says_what_each_lens_made_of_the_fault() -> None:
    rows = [" ".join(line.split()) for line in printed(rich(), 120).splitlines()]
    assert "F-RES-01 caught caught RES-01 also RES-03" in rows
    assert "F-RES-03 missed not tried ✗RES-03" in rows
    assert "F-RES-04 caught elsewhere not tried ✗RES-03 also RES-01" in rows
    assert "the run lacks clock (1): F-EXP-01" in rows


def test_holes_come_before_the_verdict_which_is_last() -> None:
    lines = printed(rich(), 120).strip().splitlines()
    last = next(place for place, line in enumerate(lines) if line.startswith("HOLES  "))
    assert lines.index("HOLES (4)") < last
    assert " ".join(" ".join(lines[last:]).split()).endswith("in 2 min 10 s · exit 1")
    assert "HOLES" not in printed(whole(), 120).replace("NO HOLES", "")


def test_a_terminal_without_the_glyphs_gets_plain_ones() -> None:
    assert "xRES-03" in printed(rich(), 100, "ascii")


def test_what_was_stopped_says_so() -> None:
    here = clean("RES-01")
    assert "STOPPED  0 faults" in printed(judged([here], [], complete=False), 100)


# JSON


@pytest.mark.parametrize("make", [whole, rich])
def test_the_json_is_as_the_schema_says(make: Any, tmp_path: Path) -> None:
    schema = json.loads((bundle_root() / "contracts" / "schemas" / "kill-matrix.schema.json").read_text())
    jsonschema.Draft202012Validator.check_schema(schema)
    file = tmp_path / "new" / "kills.json"
    write_json(make(), file)
    jsonschema.validate(json.loads(file.read_text()), schema, format_checker=jsonschema.FormatChecker())


def test_the_json_has_it_all() -> None:
    data = as_dict(rich())
    assert (data["format"], data["exit_code"], data["complete"], data["narrowed"]) == (1, 1, True, False)
    assert len(data["kills"]) == 10
    assert [one["id"] for one in data["faults"]] == sorted({one["fault"] for one in data["kills"]})
    assert [one["outcome"] for one in data["kills"] if one["fault"] == "F-RES-04"] == ["caught elsewhere"]
    assert {one["id"]: one["faults"] for one in data["requirements"]} == {
        "RES-01": ["F-RES-01", "F-RES-02"],
        "RES-03": [],
    }
    assert data["without_faults"][0]["checks"][0] == {
        "name": "a_check",
        "requirement": "RES-01",
        "requests": 40,
        "seconds": 0.25,
    }


# The page


class Page(HTMLParser):
    """The texts of a page and the classes of its cells; fails on tags that don't match."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.words, self.links, self.ids, self.cells, self.open = "", [], [], [], []  # type: ignore[var-annotated]
        self.feed(html)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.ids += [given["id"]] if "id" in given else []
        self.links += [given["href"]] if "href" in given else []
        self.cells += [given.get("aria-label")] if given.get("role") == "img" else []
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.words += data


def page_of(one: Judged, folder: Path) -> Page:
    write_page(one, folder / "kills.html")
    return Page((folder / "kills.html").read_text(encoding="utf-8"))


def test_the_page_is_well_formed_and_its_links_lead_somewhere(tmp_path: Path) -> None:
    page = page_of(rich(), tmp_path)
    assert len(set(page.ids)) == len(page.ids)
    assert {link.removeprefix("#") for link in page.links} <= set(page.ids)
    assert {"holes", "kill-matrix", "tripped", "costs"} <= set(page.ids)
    assert "told" not in page.ids


def test_the_page_shows_each_fault_and_requirement(tmp_path: Path) -> None:
    page = page_of(rich(), tmp_path)
    assert sorted(set(page.cells)) == ["broken as well", "declared to break, not noticed", "declared to break, noticed"]
    assert page.cells.count("declared to break, not noticed") == 2
    assert "What F-RES-03 does, <b>|[wrong](x)." in page.words
    assert "schemathesis reported ST500 GET /y" in page.words
    assert "it was still running after 300 s" in page.words


def test_a_page_without_holes_has_no_section_of_them(tmp_path: Path) -> None:
    page = page_of(whole(), tmp_path)
    assert "holes" not in page.ids
    assert "NO HOLES" in page.words


# Markdown


def test_the_markdown_is_dated_and_says_how_it_was_made() -> None:
    lines = text(rich()).splitlines()
    assert lines[0] == "# Kill matrix of 2030-01-31"
    assert "`sessionproof selfcheck --lens suites --markdown docs/kill-matrix.md`" in lines[2]
    assert "SessionProof 1.2.3" in lines[2]


def test_all_rows_of_a_markdown_table_have_as_many_cells() -> None:
    tables = re.findall(r"(?:^\|.*\n)+", text(rich()), re.MULTILINE)
    assert len(tables) == 5
    for table in tables:
        assert len({len(re.findall(r"(?<!\\)\|", row)) for row in table.splitlines()}) == 1, table


def test_texts_are_neither_links_nor_html_in_markdown() -> None:
    assert r"What F-RES-03 does, \<b>\|\[wrong](x)." in text(rich())


def test_the_markdown_has_the_matrix_the_requirements_and_the_costs() -> None:
    rows = [[cell.strip() for cell in line.strip("|").split(" | ")] for line in text(whole()).splitlines()]
    assert ["F-RES-02", r"*At times:* What F-RES-02 does, \<b>\|\[wrong](x).", "RES-01", "caught", "RES-01", ""] in [
        row[:6] for row in rows
    ]
    assert ["RES-01", "fm-session-service", "F-RES-01, F-RES-02 (at times)", ""] in rows
    assert ["fm-session-service", "suites", "`a_check`", "RES-01", "40", "0.25"] in rows


def test_the_markdown_has_holes_and_says_when_some_are_not_looked_for() -> None:
    here = clean("RES-01")
    assert "## Hole: fault that nothing it breaks notices (2)" in text(rich())
    assert "**missed**" in text(rich())
    narrowed = text(judged([here], [kill(CAUGHT[0], here, "RES-01")], narrowed=True))
    assert "Not every fault was tried" in narrowed
    assert "## Hole" not in narrowed


@pytest.mark.parametrize("write", [write_json, write_page, write_markdown])
def test_a_file_that_cant_be_written_is_one_line(write: Any, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(UsageError, match="can't be written"):
        write(whole(), tmp_path / "file" / "kills")
