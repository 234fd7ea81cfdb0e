"""Text from elsewhere is shown, not obeyed, and cut where one can see it."""

from __future__ import annotations

import re
import sys
import unicodedata

import pytest

from sessionproof.report.text import cut, inert, visible

EVERYTHING = "".join(map(chr, range(sys.maxunicode + 1)))
NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def test_what_comes_out_fits_in_xml_utf8_and_a_terminal() -> None:
    shown = visible(EVERYTHING)
    assert not NOT_XML.search(shown)
    shown.encode()
    assert {char for char in shown if unicodedata.category(char) == "Cc"} == {"\t", "\n"}
    assert not [char for char in shown if unicodedata.bidirectional(char) in ("LRO", "RLO", "LRI", "RLI", "PDF")]


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\x1b[31mred", "\\x1b[31mred"),
        ("a\r\nb", "a\nb"),
        ("a\rb", "a\\x0db"),
        ("\u202etxt.exe", "\\u202etxt.exe"),
        ("\ud83d", "\\ud83d"),
        ("\tgrüße 🦊 [b] <i> & '", "\tgrüße 🦊 [b] <i> & '"),
    ],
)
def test_only_what_acts_is_escaped(text: str, shown: str) -> None:
    assert visible(text) == shown


def test_a_short_text_is_not_cut() -> None:
    text = "\n".join("x" * 80 for _ in range(25))
    assert cut(text, lines=25, columns=80) == text


def test_the_middle_is_cut_and_counted() -> None:
    rows = cut("\n".join(map(str, range(100))), lines=25, columns=80).split("\n")
    assert len(rows) == 25
    assert rows[0] == "0"
    assert rows[-1] == "99"
    (mark,) = (row for row in rows if "not shown" in row)
    hidden = int(re.sub(r"\D", "", mark))
    assert hidden == 100 - 24


def test_a_long_line_is_cut_and_counted() -> None:
    assert cut("x" * 1_234_567, lines=1, columns=10) == "xxxxxxxxxx [… 1,234,557 characters not shown]"


@pytest.mark.parametrize(
    "order",
    [
        "::error file=a::b",
        "  ::stop-commands::x",
        "seen ##[error]broken",
        "##vso[task.setvariable variable=a]b",
        "##teamcity[testFailed]",
    ],
)
def test_no_ci_system_obeys_a_line(order: str) -> None:
    shown = inert(order)
    assert not shown.lstrip().startswith("::")
    assert not re.search(r"##\w*\[", shown)


@pytest.mark.parametrize("line", ["## heading", "std::vector", "see ::1", "a[1] # [x]", "#[x]"])
def test_a_harmless_line_stays(line: str) -> None:
    assert inert(line) == line
