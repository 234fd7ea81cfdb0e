"""Where everything in the picture of a timeline stands: lanes, bars, words; in units of the drawing.

Time runs from left to right, but unevenly: each stretch between two beginnings or ends is as wide as it needs to be
seen. Before, after and at the same time are as they were.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import log10

from sessionproof.report.words import count
from sessionproof.timeline import Timeline, TimelineCall

__all__ = ["WIDTH", "Bar", "Drawing", "Lane", "draw"]

WIDTH = 980
_LEFT, _RIGHT = 130, 14  # of the bars' part
_BAR, _LABEL, _PAD = 14, 33, 9  # heights: a bar, two lines of words, the space around them
_CHARACTER, _BOLD = 6.7, 7.8  # width of one, about
_LONGEST = 46  # characters in a line of words
_NAME = 17  # characters of a lane's name
_MARK = 15  # height of the word over a bar
_AXIS = 30
_APART = 64  # between two times on the axis


@dataclass(frozen=True)
class Bar:
    """One call: its bar, and beside it two lines of words that begin at `at`."""

    x: float
    y: float
    width: float
    mark_x: float
    mark_y: float
    outcome: str
    wrong: bool
    asked: str
    answered: str
    at: float
    below: float  # where the first line of words stands
    told: str  # all of it, for a tooltip and for those who can't see


@dataclass(frozen=True)
class Lane:
    name: str
    y: float
    height: float
    bars: tuple[Bar, ...]


@dataclass(frozen=True)
class Tick:
    x: float
    text: str


@dataclass(frozen=True)
class Panel:
    """The lanes of one clock, and its axis."""

    lanes: tuple[Lane, ...]
    ticks: tuple[Tick, ...]
    top: float
    axis: float


@dataclass(frozen=True)
class Drawing:
    panels: tuple[Panel, ...]
    height: float
    mark: str
    note: str
    told: str


def draw(timeline: Timeline) -> Drawing:
    """The picture of a timeline: a panel for each clock, in it a lane for each caller."""
    panels: list[Panel] = []
    top = 4.0
    for clock in dict.fromkeys(call.clock for call in timeline.calls):
        panel = _panel([call for call in timeline.calls if call.clock == clock], timeline.mark, top)
        panels.append(panel)
        top = panel.axis + _AXIS
    notes = ["time runs unevenly here, so that every call can be seen; before, after and meanwhile are as they were"]
    if len(panels) > 1:
        notes.append("the parts have clocks of their own: nothing is known about which of their calls came first")
    if timeline.left_out:
        notes.append(f"{count(timeline.left_out, 'call', 'calls')} before these are not shown")
    callers = ", ".join(lane.name for panel in panels for lane in panel.lanes)
    told = f"{count(len(timeline.calls), 'call', 'calls')} by {callers}"
    return Drawing(tuple(panels), top, timeline.mark, "; ".join(notes), told)


def _panel(calls: Sequence[TimelineCall], mark: str, top: float) -> Panel:
    places = _places(calls)
    lanes: list[Lane] = []
    y = top
    for who in dict.fromkeys(call.who for call in calls):
        lane = _lane(who, [call for call in calls if call.who == who], mark, places, y)
        lanes.append(lane)
        y += lane.height
    return Panel(tuple(lanes), tuple(_ticks(calls, places)), top, y)


def _places(calls: Iterable[TimelineCall]) -> dict[float, float]:
    """Where each beginning and end stands: a stretch ten times as long is wider by the shortest's width."""
    moments = sorted({moment for call in calls for moment in (call.began, call.ended)})
    gaps = [later - earlier for earlier, later in pairwise(moments)]
    shortest = min(gaps, default=1.0)
    wide = [1 + log10(gap / shortest) for gap in gaps]
    unit = (WIDTH - _LEFT - _RIGHT) / max(sum(wide), 1.0)
    places, x = {}, float(_LEFT)
    for moment, width in zip(moments, [*wide, 0.0], strict=True):
        places[moment] = x
        x += width * unit
    return places


def _lane(who: str, calls: Sequence[TimelineCall], mark: str, places: dict[float, float], top: float) -> Lane:
    over = _MARK if mark and any(call.wrong for call in calls) else 0
    tracks = _tracks(calls)
    words_top = top + _PAD + over + (max(tracks) + 1) * (_BAR + 3)
    rows = _rows(calls, places)
    bars = []
    for call, track, row in zip(calls, tracks, rows, strict=True):
        x, end = places[call.began], places[call.ended]
        bars.append(
            Bar(
                x=round(x, 1),
                y=round(top + _PAD + over + track * (_BAR + 3), 1),
                width=round(max(end - x, 3.0), 1),
                mark_x=round(min(x, WIDTH - _RIGHT - (len(mark) + 2) * _BOLD), 1),
                mark_y=round(top + _PAD + over - 5, 1),
                outcome=call.outcome,
                wrong=call.wrong,
                asked=_cut(call.asked),
                answered=_cut(call.answered),
                at=round(_starts(call, places), 1),
                below=round(words_top + row * _LABEL + 12, 1),
                told=f"{call.who}: {call.asked}, {call.answered} ({_moment(call.began)} to {_moment(call.ended)})",
            )
        )
    height = words_top - top + (max(rows) + 1) * _LABEL + _PAD
    return Lane(who if len(who) <= _NAME else who[: _NAME - 1] + "…", round(top, 1), round(height, 1), tuple(bars))


def _tracks(calls: Sequence[TimelineCall]) -> list[int]:
    """The first track on which nothing of the same caller is under way, for each call."""
    ends: list[float] = []
    found = []
    for call in calls:
        track = next((number for number, end in enumerate(ends) if end <= call.began), len(ends))
        ends[track : track + 1] = [call.ended]
        found.append(track)
    return found


def _rows(calls: Sequence[TimelineCall], places: dict[float, float]) -> list[int]:
    """The first row in which a call's words don't run into others', for each call."""
    ends: list[float] = []
    found = []
    for call in calls:
        start = _starts(call, places)
        row = next((number for number, end in enumerate(ends) if end + 10 <= start), len(ends))
        ends[row : row + 1] = [start + _wide(call)]
        found.append(row)
    return found


def _starts(call: TimelineCall, places: dict[float, float]) -> float:
    """Where a call's words begin: under its bar, unless the edge is too near."""
    return max(_LEFT, min(places[call.began], WIDTH - _RIGHT - _wide(call)))


def _wide(call: TimelineCall) -> float:
    return max(len(_cut(call.asked)), len(_cut(call.answered))) * (_BOLD if call.wrong else _CHARACTER)


def _cut(text: str) -> str:
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"


def _ticks(calls: Iterable[TimelineCall], places: dict[float, float]) -> Iterable[Tick]:
    """The times at which calls begin, as far as there is room, and the end of the last one."""
    last = max(places)
    free = -1.0
    for moment in sorted({call.began for call in calls}):
        if moment == 0 or free <= places[moment] <= places[last] - 2 * _APART:
            yield Tick(round(places[moment], 1), _moment(moment))
            free = places[moment] + _APART
    yield Tick(round(places[last], 1), _moment(last))


def _moment(seconds: float) -> str:
    if seconds < 1:
        return f"{seconds * 1000:.3g} ms" if seconds else "0"
    return f"{seconds:.3f} s" if seconds < 100 else f"{seconds:.0f} s"
