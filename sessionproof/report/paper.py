"""A console to write on: nothing that is written acts, and nothing is lost."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.segment import Segment, Segments
from rich.text import Text

from sessionproof.report.text import inert, visible

if TYPE_CHECKING:
    from collections.abc import Iterable

    from rich.console import Console

__all__ = ["Paper"]

_GLYPHS = "·…✗▸→≤≥"
_PLAIN = str.maketrans({"·": "-", "…": "...", "✗": "x", "▸": ">", "→": "->", "≤": "<=", "≥": ">="})
_NARROWEST = 24


class Paper:
    """Writes lines on a rich console: no markup, no control characters, no glyph that its encoding lacks.

    Colour only where the console has it and NO_COLOR isn't set.
    """

    def __init__(self, console: Console) -> None:
        self.console = console

    def text(self, text: str, style: str = "") -> Text:
        """The text as the console can show it; `[red]` stays `[red]`."""
        if self._encodable(_GLYPHS) != _GLYPHS:
            text = text.translate(_PLAIN)
        return Text(self._encodable(visible(text)), "" if self.console.no_color else style)

    def line(self, *parts: str | tuple[str, str], indent: int = 0, hang: int = 0) -> None:
        """One paragraph of texts and (text, style) pairs; lines after the first begin at `hang`.

        Long words are folded, never cut off.
        """
        self._rows(Text(" " * indent), self._joined(parts), max(hang, indent))

    def field(self, name: str, value: str, indent: int = 4, hang: int = 14) -> None:
        """A dim name, and beside it a value that stays in a column of its own."""
        self._rows(self.text(f"{'':{indent}}{name:<{hang - indent}}", "dim"), self.text(value), hang)

    def unwrapped(self, *parts: str | tuple[str, str]) -> None:
        """One physical line, however long."""
        text = self._joined(parts)
        text.plain = inert(text.plain.replace("\n", " "))
        self.console.print(text, soft_wrap=True)

    def raw(self, text: str) -> None:
        """The text as it is, line for line from the first column, so that it can be copied and run."""
        shown = "\n".join(inert(line) for line in self._encodable(visible(text)).split("\n"))
        self.console.print(Segments([Segment(shown + "\n")]), soft_wrap=True, end="")

    def blank(self) -> None:
        """An empty line."""
        self.console.print()

    def _rows(self, first: Text, text: Text, hang: int) -> None:
        start = first
        for row in text.wrap(self.console, max(_NARROWEST, self.console.width - hang), overflow="fold"):
            line = Text().append_text(start).append_text(row)
            line.rstrip()
            line.plain = inert(line.plain)
            self.console.print(line, soft_wrap=True)
            start = Text(" " * hang)

    def _joined(self, parts: Iterable[str | tuple[str, str]]) -> Text:
        return Text().join(self.text(*((part, "") if isinstance(part, str) else part)) for part in parts)

    def _encodable(self, text: str) -> str:
        return text.encode(self.console.encoding, "backslashreplace").decode(self.console.encoding)
