"""Views as windows of one list of entries."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sessionproof.model.findings import Findings
from sessionproof.model.views import View

__all__ = ["Placed", "Windows", "segments"]

# A view with the least and the most entries that the log had when it was read; -1 for no upper limit.
Placed = tuple[View, int, int]


def segments(views: list[View]) -> Iterator[list[View]]:
    """Views of one list of entries, by the parts of it that they cover without a gap.

    What lies between the parts was shown to somebody who isn't here, perhaps before a clear.
    """
    end = max(view.start + view.length for view in views)
    if any(view.start == 0 and view.length == end for view in views):
        yield views
        return
    found: list[View] = []
    reach = 0
    for view in sorted(views, key=lambda view: view.start):
        if found and view.start > reach:
            yield found
            found = []
        found.append(view)
        reach = max(reach, view.start + view.length) if len(found) > 1 else view.start + view.length
    yield found


class Windows:
    """Views that cover a part of one list of entries without a gap, and what of it was sent."""

    def __init__(self, findings: Findings, views: list[View]) -> None:
        self.views, self._low = views, min(view.start for view in views)
        self.entries = views[0].entries[self._low : max(view.start + view.length for view in views)]
        self.anchored = not self._low and any(view.anchored for view in views)
        self._before: list[int] | None = None
        self.own = self.entries
        if not all(entry in findings.sent for entry in self.entries):
            self.own = [entry for entry in self.entries if entry in findings.sent]
            self._before = [0]
            for at, entry in enumerate(self.entries, self._low):
                self._before.append(self._before[-1] + (entry in findings.sent))
                if entry not in findings.sent:
                    findings.strange(entry, next(v for v in views if v.start <= at < v.start + v.length))

    def before(self, at: int) -> int:
        """How many entries of this part, before this place of the list, were sent."""
        return at - self._low if self._before is None else self._before[at - self._low]

    def placed(self, ahead: int) -> Iterator[Placed]:
        """The views as windows of the order, in which this part stands after so many entries."""
        for view in self.views:
            end = self.before(view.start + view.length) + ahead
            yield view, end, end if view.ends else -1

    def shown(self, view: View) -> list[Any]:
        return self.own[self.before(view.start) : self.before(view.start + view.length)]
