"""Histories judged in shares, by as many processes as wanted: the result is that of one process that judges it all."""

from __future__ import annotations

import gc
import os
import signal
import sys
import tempfile
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import dataclass, field
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from sessionproof.check.keeping import Kept
from sessionproof.check.reading import events_in
from sessionproof.check.sharing import Dealt, deal, pieces
from sessionproof.check.source import Source, blocks
from sessionproof.check.stopping import Stop
from sessionproof.check.streaming import stream
from sessionproof.errors import SessionProofError, UsageError
from sessionproof.model import Anomaly, Judgement, Part, Rules, Shard, join

__all__ = ["Judged", "judge_sources", "without_collector"]

Told = Callable[[str, float], None]  # what is done at the moment, and how much of it is done, from 0 to 1

_SHARE = 24 << 20  # bytes of lines that a process holds at a time
_TURNS = 4  # a session that isn't named in such a part of a share is taken to be over
_GROWS = 8  # times the size of a packed history that it has unpacked, about


@dataclass
class Judged:
    """What the sources show, and how far they were judged."""

    judgement: Judgement = field(default_factory=Judgement)
    events: int = 0
    jobs: int = 1
    cut: tuple[str, ...] = ()  # files whose last line broke off
    stopped: bool = False  # before the end


@dataclass(frozen=True)
class _Work:
    sources: tuple[Source, ...]
    rules: Rules
    stop: Stop
    tell: Told


@dataclass(frozen=True)
class _Shares:
    """How lines are dealt out by session where memory can't hold all that is open."""

    number: int
    size: int  # bytes of lines, about
    jobs: int
    folder: Path


def judge_sources(
    sources: tuple[Source, ...],
    rules: Rules,
    jobs: int = 0,
    *,
    share: int = _SHARE,
    stop: Stop | None = None,
    tell: Told = lambda what, done: None,
) -> Judged:
    """Judges the sources together: one process as it reads them, several in shares of about `share` bytes.

    `jobs` are processes; 0: as many as there are cores, where that is worth it. Raises Unreadable for a line that is
    no event, and UsageError where there is no room for the shares.
    """
    size = sum(source.size * (_GROWS if source.packed else 1) for source in sources)
    jobs = jobs or (len(os.sched_getaffinity(0)) if size > 2 * share else 1)
    work = _Work(sources, rules, stop or Stop(), tell)
    try:
        with without_collector(), tempfile.TemporaryDirectory(prefix="sessionproof-") as folder:
            shares = _Shares(max(jobs, -(-size // share)), share, jobs, Path(folder))
            judged = _streamed(work, size, shares) if jobs == 1 else _in_shares(work, shares)
    except OSError as error:
        raise UsageError(
            f"{tempfile.gettempdir()}: {error.strerror}: what is kept of a long history is put there; "
            "TMPDIR names another folder"
        ) from error
    except BrokenProcessPool as error:
        raise SessionProofError("one of the processes that judge was ended from outside; try --jobs 1") from error
    judged.judgement.anomalies.sort(key=_order)
    return judged


def _order(anomaly: Anomaly) -> tuple[Any, ...]:
    """The same whoever found it."""
    last = [(event.clock, event.n) for event in anomaly.events[-1:]]
    return last, anomaly.name, anomaly.requirement, anomaly.subject


def _streamed(work: _Work, size: int, shares: _Shares) -> Judged:
    """Read once; then the sessions once more that weren't over when they seemed to be."""
    with Kept() as kept:
        turn = shares.size // _TURNS
        read = stream(
            work.sources, work.rules, kept, turn, work.stop, lambda seen: work.tell("judging", min(1.0, seen / size))
        )
        if not read.crowded:
            judged = Judged(events=read.events, cut=read.cut, stopped=read.stopped)
            if kept.again and not read.stopped:
                judged.stopped = _judge_shares(work, shares, kept, frozenset(kept.again)).stopped
            judged.judgement = _joined(kept, work.rules)
            return judged
    return _in_shares(work, shares)


def _in_shares(work: _Work, shares: _Shares) -> Judged:
    with Kept() as kept:
        judged = _judge_shares(work, shares, kept)
        judged.judgement = _joined(kept, work.rules)
    return judged


def _joined(kept: Kept, rules: Rules) -> Judgement:
    judgement = Judgement()
    for part in kept.parts():
        judgement.merge(join([part], rules))
    return judgement


def _judge_shares(work: _Work, shares: _Shares, kept: Kept, only: frozenset[str] | None = None) -> Judged:
    """Puts what the sessions show, all or `only` some, into `kept`."""
    parts_of = pieces(work.sources, shares.size)
    judged = Judged(jobs=shares.jobs)
    with _processes(shares.jobs) as carry_out:
        dealt: list[Dealt] = []
        tasks = [(part, shares.number, shares.folder, str(number), only) for number, part in enumerate(parts_of)]
        for one in carry_out(deal, tasks):
            dealt.append(one)
            work.tell("reading", len(dealt) / len(parts_of))
            if work.stop:
                break
        judged.events = sum(one.events for one in dealt)
        judged.cut = tuple(part.source.name for part, one in zip(parts_of, dealt, strict=False) if one.cut)
        done = 0
        files = [] if work.stop else [tuple(one.files[share] for one in dealt) for share in range(shares.number)]
        for part in carry_out(_judge_share, [(share, of, work.rules) for share, of in enumerate(files)]):
            if only is not None:  # leaks were told when it was read first
                part.judgement.anomalies = [one for one in part.judgement.anomalies if one.name != "leak"]
            kept.add_part(part)
            done += 1
            work.tell("judging", done / shares.number)
            if work.stop:
                break
        judged.stopped = len(dealt) < len(parts_of) or done < shares.number
    return judged


def _judge_share(share: int, files: tuple[Path, ...], rules: Rules) -> Part:
    """What one share shows. The lines without a session belong to the first; the others only overhear the lists."""
    shard = Shard(rules)
    with without_collector():
        for file in files:
            with file.open("rb") as lines:
                for block in blocks(lines):
                    events = events_in(block, "")
                    for event in events if share else ():
                        if not event.session:
                            shard.overhear(event)
                    shard.add(event for event in events if event.session or not share)
                    shard.settle()
        return shard.end()


@contextmanager
def _processes(jobs: int) -> Iterator[Callable[..., Iterator[Any]]]:
    """A way to carry out a function for each of several arguments, with the results in their order."""
    if jobs == 1:
        yield lambda function, arguments: (function(*each) for each in arguments)
        return
    # A copy of this process begins at once; elsewhere than on Linux copies aren't safe.
    context = get_context("fork" if sys.platform == "linux" else "spawn")
    pool = ProcessPoolExecutor(jobs, context, _leave_signals)
    try:
        yield lambda function, arguments: pool.map(function, *zip(*arguments, strict=True))
    finally:
        pool.shutdown(cancel_futures=True)


def _leave_signals() -> None:
    """Ctrl-C is for the process that we work for."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)


@contextmanager
def without_collector() -> Iterator[None]:
    """Events hold no cycles, and looking for some among millions of them costs as much as judging them."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()
