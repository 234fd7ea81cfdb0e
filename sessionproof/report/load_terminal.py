"""The tables of a load run on a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.table import Table

if TYPE_CHECKING:
    from sessionproof.report.load import Load
    from sessionproof.report.paper import Paper

__all__ = ["render_load"]


def render_load(load: Load, paper: Paper) -> None:
    """Writes two tables: how often each requirement was looked at, and how long each call took."""
    workers = f", {load.workers} workers" if load.workers else ""
    paper.blank()
    paper.line((f"LOAD: {load.shape}", "bold"), f"  {load.users} users{workers}, {load.per_second:,.0f} requests/s")
    paper.blank()
    looks = _table(paper, "requirement", "looked at", "violations")
    for id, looked in load.looked.items():
        broken = load.violations.get(id, 0)
        style = "bold red" if broken else "green"
        looks.add_row(paper.text(id, style), paper.text(f"{looked:,}"), paper.text(f"{broken:,}" if broken else "0"))
    paper.console.print(looks)
    paper.blank()
    calls = _table(paper, "call", "requests", "failures", "/s", "p50 ms", "p95 ms", "p99 ms")
    operations = [call.operation for call in load.calls]
    for call in load.calls:
        times = (f"{value:,.0f}" for value in (call.p50, call.p95, call.p99))
        cells = (f"{call.requests:,}", f"{call.failures:,}", f"{call.per_second:,.1f}", *times)
        alone = operations.count(call.operation) == 1
        calls.add_row(paper.text(call.operation if alone else call.call), *map(paper.text, cells))
    paper.console.print(calls)


def _table(paper: Paper, first: str, *others: str) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False, header_style="")
    table.add_column(paper.text(first, "dim"), overflow="fold")
    for head in others:
        table.add_column(paper.text(head, "dim"), justify="right")
    return table
