"""`sessionproof selfcheck`: every fault of the reference server and client against the checks, as a kill matrix."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

from sessionproof.errors import UsageError
from sessionproof.suggest import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sessionproof.selfcheck import How, Judged, Plan

EPILOG = """\b
Examples:
  sessionproof selfcheck
  sessionproof selfcheck --only F-RES-0 --effort quick
  sessionproof selfcheck --only F-EXP --clock scaled:0.2 --jobs 8
  sessionproof selfcheck --lens browser
  sessionproof selfcheck --contract fm-session-service --lens suites --lens schemathesis --html kills.html
  sessionproof selfcheck --json kills.json --markdown docs/kill-matrix.md
  sessionproof selfcheck --lens fuzz --beside kills.json --html kills.html

Exit codes: 0 no hole, 1 a hole, 2 stopped early, 3 a server without faults fails or a run has no result, 4 usage."""

_FILE = click.Path(path_type=Path, dir_okay=False)


@click.command("selfcheck", epilog=EPILOG)
@click.option("--only", multiple=True, metavar="ID|PREFIX", help="Only these faults. Repeatable.")
@click.option("--contract", "contracts", multiple=True, metavar="NAME", help="Only this bundled contract. Repeatable.")
@click.option(
    "--lens", "lenses", multiple=True, metavar="NAME", default=("suites",), show_default=True,
    help="What looks: suites, browser (at the client's faults), explore, fuzz, load, pact, schemathesis (plain, to "
    "compare with). Repeatable.",
)  # fmt: skip
@click.option(
    "--clock", default="control", show_default=True, metavar="NAME",
    help="By which lives end, for the suites: control, or scaled:SECONDS_PER_MINUTE, which takes minutes a fault.",
)  # fmt: skip
@click.option("--effort", default="normal", show_default=True, type=click.Choice(["quick", "normal", "thorough"]))
@click.option("--jobs", type=click.IntRange(1, 64), help="Servers at a time (default: as many as there are cores).")
@click.option(
    "--timeout", "longest", default=300.0, show_default=True, metavar="SECONDS", type=click.FloatRange(1, 86400),
    help="Give a lens up that has been looking at one server for so long.",
)  # fmt: skip
@click.option(
    "--beside", multiple=True, metavar="FILE", type=_FILE,
    help="Add the rows and columns of a kill matrix that was written as JSON before. Repeatable.",
)  # fmt: skip
@click.option("--json", "json_file", type=_FILE, help="Write the kill matrix as JSON.")
@click.option("--html", "html_file", type=_FILE, help="Write it as one HTML page.")
@click.option("--markdown", "markdown_file", type=_FILE, help="Write it as a Markdown page.")
@click.option("-q", "--quiet", is_flag=True, help="No progress, only the result.")
def command(
    only: tuple[str, ...],
    contracts: tuple[str, ...],
    lenses: tuple[str, ...],
    clock: str,
    effort: str,
    jobs: int | None,
    longest: float,
    beside: tuple[Path, ...],
    json_file: Path | None,
    html_file: Path | None,
    markdown_file: Path | None,
    quiet: bool,
) -> int:
    """Switch on each fault of the reference server, or client, and see whether the checks notice.

    It fails when nothing that a fault breaks notices it, when no fault trips a requirement that passes, and when a
    MUST has fewer than two faults of which one is conditional; with --only or --contract the last two are only told.
    """
    from rich.console import Console

    from sessionproof.outputs import check_files
    from sessionproof.requirements import load_requirements
    from sessionproof.selfcheck import How, judge
    from sessionproof.selfcheck.earlier import read_earlier, together
    from sessionproof.selfcheck.show import watched
    from sessionproof.selfcheck.terminal import render

    plan = _plan(only, contracts, lenses, How(effort, clock), jobs or _cores(), longest, beside)
    check_files(json_file, html_file, markdown_file)
    earlier = [read_earlier(file, plan) for file in beside]
    seen = watched(plan, Console(stderr=True, highlight=False), quiet=quiet)
    judged = judge(together(seen, earlier), load_requirements())
    render(judged, Console(soft_wrap=False, highlight=False))
    _write(judged, json_file, html_file, markdown_file)
    return int(judged.exit)


def _write(judged: Judged, json_file: Path | None, html_file: Path | None, markdown_file: Path | None) -> None:
    from sessionproof.selfcheck.document import write_json
    from sessionproof.selfcheck.markdown import write_markdown
    from sessionproof.selfcheck.page import write_page

    for file, write in ((json_file, write_json), (html_file, write_page), (markdown_file, write_markdown)):
        if file is not None:
            write(judged, file)


def _plan(
    only: tuple[str, ...],
    contracts: tuple[str, ...],
    lenses: tuple[str, ...],
    how: How,
    jobs: int,
    longest: float,
    beside: tuple[Path, ...],
) -> Plan:
    from sessionproof.clocks.choice import clock_named
    from sessionproof.contract import bundled_contracts
    from sessionproof.selfcheck import LENSES, Plan, known_faults
    from sessionproof.selfcheck.faults import chosen

    _must_know("--contract", contracts, bundled_contracts())
    _must_know("--lens", lenses, LENSES)
    if how.clock != "control":
        if not how.clock.startswith("scaled"):
            raise UsageError(f"--clock {how.clock}: the faults' servers have control, or scaled:SECONDS_PER_MINUTE")
        clock_named(how.clock, "", 0.0).close()
    faults = known_faults()
    with_faults = {contract for fault in faults for contract in fault.contracts}
    wanted = tuple(dict.fromkeys(contracts)) or tuple(name for name in bundled_contracts() if name in with_faults)
    those = chosen(faults, wanted, only)
    tried = {contract for fault in those for contract in fault.contracts}
    plan = Plan(
        faults=tuple(those),
        contracts=tuple(name for name in wanted if name in tried),
        lenses=tuple(LENSES[name](how) for name in dict.fromkeys(lenses)),
        effort=how.effort,
        jobs=jobs,
        longest=longest,
        narrowed=bool(only or contracts),
        command=_again(only, contracts, lenses, how, beside),
    )
    if not plan.pairs:
        raise UsageError(f"--lens {' '.join(lenses)}: looks at none of these faults; F-CLI-* are for --lens browser")
    return plan


def _again(
    only: tuple[str, ...], contracts: tuple[str, ...], lenses: tuple[str, ...], how: How, beside: tuple[Path, ...]
) -> str:
    """The call that repeats this one."""
    given = [("--contract", name) for name in contracts] + [("--only", name) for name in only]
    given += [("--lens", name) for name in lenses if lenses != ("suites",)]
    given += [("--clock", how.clock)] if how.clock != "control" else []
    given += [("--effort", how.effort)] if how.effort != "normal" else []
    given += [("--beside", file.name) for file in beside]
    return " ".join(["sessionproof selfcheck", *(f"{option} {value}" for option, value in given)])


def _must_know(option: str, names: tuple[str, ...], known: Iterable[str]) -> None:
    for name in set(names) - set(known):
        hint = did_you_mean(name, known) or f"there are {', '.join(known)}"
        raise UsageError(f"{option} {name}: not known; {hint}")


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
