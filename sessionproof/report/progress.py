"""How far a run is, while it runs."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from rich.live import Live

from sessionproof.report.paper import Paper
from sessionproof.report.words import seconds
from sessionproof.verdicts import Verdict

if TYPE_CHECKING:
    from rich.console import Console
    from rich.text import Text

    from sessionproof.requirements import Requirement

__all__ = ["Progress"]

_LONGER = 5.0  # seconds by which a wait must have grown before a log is told again


class Progress:
    """One live line on a terminal, at most one line per group in a log, nothing when quiet.

    A terminal that is dumb, or NO_COLOR, counts as a log: a live line needs control sequences.
    """

    def __init__(self, console: Console, *, quiet: bool = False) -> None:
        self._console = console
        self._paper = Paper(console)
        self._quiet = quiet
        self._live: Live | None = None
        self._groups: set[str] = set()
        self._total = self._done = self._failed = 0
        self._told_until = 0.0  # the monotonic time until which a log has been told to wait

    def start(self, total: int) -> None:
        """Begins to show; `total` is how many checks will be stepped over."""
        self._total, self._done, self._failed = total, 0, 0
        if not self._quiet and self._can_be_live():
            # stdout may be a report on its way into a pipe: it is never taken over
            self._live = Live(
                console=self._console,
                auto_refresh=False,
                transient=True,
                redirect_stdout=False,
                redirect_stderr=False,
            )
            self._live.start()

    def step(self, check_name: str, verdict: Verdict, requirement: Requirement | None = None) -> None:
        """Says that a check is done. With its requirement, the group and the id are shown for its name."""
        self._done += 1
        self._failed += verdict is Verdict.FAILED
        if self._live:
            self._live.update(self._line(check_name, requirement), refresh=True)
        elif requirement and requirement.group not in self._groups and not self._quiet:
            self._groups.add(requirement.group)
            self._paper.line(f"{self._count()}  {requirement.group}")

    def waiting(self, left: float | None) -> None:
        """Says that nothing happens but waiting, for so many seconds; None where that isn't known.

        The live line counts down; a log says it once, and again when the wait turns out longer.
        """
        if left is None or left < 1:
            return
        words = f"waiting {seconds(left) if left >= 100 else f'{left:.0f} s'} for sessions to end"
        if self._live:
            line = self._paper.text(f"{words}  {self._count()}")
            line.no_wrap, line.overflow = True, "crop"
            self._live.update(line, refresh=True)
        elif not self._quiet and time.monotonic() + left > self._told_until + _LONGER:
            self._paper.line(f"{self._count()}  {words}")
            self._told_until = time.monotonic() + left

    def walking(self, requests: int, most: int | None) -> None:
        """Says how many requests random walks have made, of how many at the most; a log is told when they begin."""
        if self._live:
            some = f"{requests:,} requests" if most is None else f"{requests:,} of {most:,} requests"
            self._live.update(self._at_work(f"walks ▸ {some} …"), refresh=True)
        elif "walks" not in self._groups and not self._quiet:
            self._groups.add("walks")
            self._paper.line(f"{self._count()}  walks{'' if most is None else f': {most:,} requests at the most'}")

    def doing(self, what: str, share: float) -> None:
        """Says how much of something is done, from 0 to 1; a log isn't told."""
        if self._live:
            self._live.update(self._paper.text(f"{what} {share:.0%}"), refresh=True)

    def stop(self) -> None:
        """Takes the live line away; may be called twice, or without a start."""
        if self._live:
            self._live.stop()
            self._live = None

    def _can_be_live(self) -> bool:
        return self._console.is_terminal and not self._console.is_dumb_terminal and not self._console.no_color

    def _line(self, check_name: str, requirement: Requirement | None) -> Text:
        group, name = (f"{requirement.group}  ", requirement.id) if requirement else ("", check_name)
        return self._at_work(f"{group}▸ {name} …")

    def _at_work(self, words: str) -> Text:
        line = self._paper.text(f"{words}  {self._count()}")
        if self._failed:
            line.append_text(self._paper.text(f"  {self._failed} failed", "red"))
        line.no_wrap, line.overflow = True, "crop"
        return line

    def _count(self) -> str:
        return f"{self._done}/{max(self._total, self._done)}"
