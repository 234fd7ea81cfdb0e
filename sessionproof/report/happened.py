"""What led to a failure, a line a call: who asked what, what came back, where time passed, and where calls met."""

from __future__ import annotations

from sessionproof.report.words import count, seconds
from sessionproof.timeline import Timeline, TimelineCall

__all__ = ["happened"]

_LONG = 1.0  # seconds between two calls that are worth a line


def happened(timeline: Timeline, most: int) -> list[str]:
    """The last `most` calls of a timeline; `meanwhile` begins one that came before one above it had ended."""
    shown = timeline.calls[-most:]
    hidden = timeline.left_out + len(timeline.calls) - len(shown)
    lines = [f"… after {count(hidden, 'call', 'calls')} before these"] if hidden else []
    clock, now = "", 0.0
    for call in shown:
        if call.clock != clock:
            lines += ["by a clock of its own:"] if clock else []
            clock, now = call.clock, call.began
        if call.began - now > _LONG:
            lines.append(f"… {seconds(call.began - now)} later")
        lines.append(_line(call, meanwhile=call.began < now, mark=timeline.mark))
        now = max(now, call.ended)
    return lines


def _line(call: TimelineCall, *, meanwhile: bool, mark: str) -> str:
    wrong = f"  <- {mark}" if call.wrong and mark else ""
    return f"{'meanwhile ' if meanwhile else ''}{call.who}: {call.asked} -> {call.answered}{wrong}"
