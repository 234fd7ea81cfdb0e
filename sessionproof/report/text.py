"""Text from elsewhere, made harmless and short enough to show."""

from __future__ import annotations

import re

__all__ = ["cut", "inert", "visible"]

# Controls, the characters that reorder or hide text, lone surrogates, and what XML 1.0 can't hold.
_HIDDEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff\ud800-\udfff\ufffe\uffff]"
)

# Obeyed: `::name` at a line's start (GitHub), `##[name]`, `##vso[name]`, `##teamcity[name]` anywhere.
_COLONS = re.compile(r"^(\s*):(?=:)")
_HASHES = re.compile(r"##(?=\w*\[)")


def visible(text: str) -> str:
    r"""The same text with every character that acts instead of showing as an escape: `\x1b`, `\u202e`.

    Tabs and line feeds stay; a CR LF pair becomes one line feed. What comes out is safe on a terminal,
    in XML 1.0 and in UTF-8.
    """
    return _HIDDEN.sub(_escape, text.replace("\r\n", "\n"))


def _escape(match: re.Match[str]) -> str:
    code = ord(match.group())
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"


def inert(line: str) -> str:
    r"""The same line of a log, unless a CI system would obey it: `::error::` becomes `\x3a:error::`.

    A target decides what stands in an exchange; it must not give orders to the job that judges it.
    """
    return _HASHES.sub(r"#\\x23", _COLONS.sub(r"\1\\x3a", line))


def cut(text: str, *, lines: int, columns: int) -> str:
    """At most `lines` lines of about `columns` characters; what was left out is said where it was.

    The middle goes first: an exchange begins with the request and ends with the answer.
    """
    rows = text.strip("\r\n").split("\n")
    if len(rows) > lines:
        tail = lines // 3
        head = lines - tail - 1
        rows = [*rows[:head], f"[… {len(rows) - head - tail:,} lines not shown …]", *rows[-tail:]]
    return "\n".join(_cut_row(row, columns) for row in rows)


def _cut_row(row: str, columns: int) -> str:
    if len(row) <= columns:
        return row
    return f"{row[:columns]} [… {len(row) - columns:,} characters not shown]"
