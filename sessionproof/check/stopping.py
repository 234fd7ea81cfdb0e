"""Ctrl-C and SIGTERM as a wish that is looked at between two steps, so that what was judged until then is whole."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager

__all__ = ["Stop", "stoppable"]


class Stop:
    """Whether somebody wants us to stop."""

    def __init__(self) -> None:
        self.wanted = False

    def __bool__(self) -> bool:
        return self.wanted


@contextmanager
def stoppable() -> Iterator[Stop]:
    """Within the block the first signal is a wish; a second one ends the program as usual."""
    stop, before = Stop(), {name: signal.getsignal(name) for name in (signal.SIGINT, signal.SIGTERM)}

    def wish(number: int, frame: object) -> None:
        stop.wanted = True
        for name, handler in before.items():
            signal.signal(name, handler)

    for name in before:
        signal.signal(name, wish)
    try:
        yield stop
    finally:
        for name, handler in before.items():
            signal.signal(name, handler)
