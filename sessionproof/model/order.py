"""The order of a conversation's entries: the longest that anybody was shown, for a log only grows."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from sessionproof.model.findings import Findings
from sessionproof.model.views import View
from sessionproof.model.windows import Placed, Windows, segments

__all__ = ["Order"]


class Order:
    """`entries` were sent, and shown to somebody; `anchored` says that the log begins with them."""

    def __init__(self, findings: Findings) -> None:
        self.findings = findings
        self.entries: list[Any] = []
        self.anchored = False
        self.longest: View | None = None

    def place(self, views: Sequence[View]) -> list[Placed]:
        """Find the order, and each view's place in it."""
        lists: dict[int, list[View]] = defaultdict(list)
        beyond: list[Placed] = []  # pages after the end
        for view in views:
            if view.moved:
                self.findings.undecided()
            if view.length or view.whole:
                lists[id(view.entries)].append(view)
            elif view.anchored and self.findings.talk.closed:
                beyond.append((view, 0, view.start))
        if not lists:
            self.anchored = True
            return beyond
        windows = [Windows(self.findings, part) for same in lists.values() for part in segments(same)]
        for one in windows:
            if not one.anchored and one.views[0].anchored:
                self.findings.undecided()  # its place is known, but not what comes before it
        self.anchored = any(one.anchored for one in windows)
        best = max((one for one in windows if one.anchored or not self.anchored), key=lambda one: len(one.own))
        self.entries, self.longest = best.own, max(best.views, key=lambda view: view.start + view.length)
        ahead = self._assemble([one for one in windows if one is not best])
        self.findings.count(self.entries, self.longest)
        placed = beyond if self.anchored else []
        for one in windows:
            if one is best and self.findings.repeated.isdisjoint(one.own):
                placed += one.placed(ahead)
                continue
            for view in one.views:
                keys = one.shown(view)
                start = one.before(view.start) + (ahead if one is best else 0)
                known = not view.moved and (one is best or (one.anchored and view.anchored))
                at = self._position(view, keys, start if known else None)
                if at is not None:
                    placed.append((view, at + len(keys), at + len(keys) if view.ends else -1))
        return placed

    def _assemble(self, windows: list[Windows]) -> int:
        """Lengthen the order by pages that overlap an end of it; how many entries have come before it thereby."""
        before = 0
        joined = True
        while joined and windows:
            joined = False
            for one in windows:
                keys, order = one.own, self.entries
                if not keys or not order or any(view.whole for view in one.views):
                    continue
                if not self.findings.repeated.isdisjoint(keys):
                    continue
                if keys[-1] not in order and keys[0] in order:
                    at = order.index(keys[0])
                    if order[at:] == keys[: len(order) - at]:
                        self.entries, joined = order + keys[len(order) - at :], True
                elif not self.anchored and keys[0] not in order and order[0] in keys:
                    at = keys.index(order[0])
                    if order[: len(keys) - at] == keys[at:]:
                        self.entries, joined = keys[:at] + order, True
                        before += at
        return before

    def _position(self, view: View, keys: list[Any], start: int | None) -> int | None:
        """Where the view begins in the order, which should be at `start`; None where it has no place in it."""
        self.findings.count(keys, view)
        order = self.entries
        if not keys:
            return 0 if view.whole else None
        if start is not None and order[start : start + len(keys)] == keys:
            return start
        if not view.whole:
            if start is not None or not self.findings.repeated.isdisjoint(keys):
                self.findings.undecided()
            if not self.findings.repeated.isdisjoint(keys):
                return None
            at = order.index(keys[0]) if keys[0] in order else len(order)
            if order[at : at + len(keys)] == keys:
                return at
        self._disagree(view, keys)
        return None

    def _disagree(self, view: View, keys: list[Any]) -> None:
        """Say what is wrong with a view that is no window of the order."""
        find, order, longest = self.findings, self.entries, self.longest
        if longest is None or len(set(keys)) < len(keys) or len(set(order)) < len(order):
            find.undecided()  # told as duplicates, or texts that have no place of their own
            return
        if not view.whole and not set(keys) & set(order):
            find.undecided()  # a page from where nobody has read the pages before it
            return
        here, places = set(keys), {key: at for at, key in enumerate(order)}
        at = [places[key] for key in keys if key in places]
        if len(at) == len(keys) and at == sorted(at):
            if view.whole and at[-1] - at[0] == len(at) - 1 and find.is_a_page(view):
                find.undecided()
                return
            find.lacks(next(key for key in order[0 if view.whole else at[0] :] if key not in here), view)
            return
        lacking = (key for key in order if key not in here and find.was_there(key, view))
        text = next(lacking, None) if view.whole else None
        if text is not None:
            find.lacks(text, view)
            return
        find.fork(order, longest, keys, view)
