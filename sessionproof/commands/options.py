"""The settings of a run as options of a command."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import click

from sessionproof.settings import CHECK_OPTIONS, OPTIONS, Option

__all__ = ["check_options", "run_options"]

F = TypeVar("F", bound=Callable[..., Any])


def run_options(command: F) -> F:
    """Give `command` an option for every setting; its values arrive as text, by the setting's name."""
    return _with(command, OPTIONS)


_OF_RECORDINGS = ("contract", "sidecar", "life", "only", "baseline", "json", "junit", "html")


def check_options(command: F) -> F:
    """Like `run_options`, for a command that judges what was recorded."""
    return _with(command, (*(option for option in OPTIONS if option.name in _OF_RECORDINGS), *CHECK_OPTIONS))


def _with(command: F, options: Sequence[Option]) -> F:
    for option in reversed(options):
        command = _as_click(option)(command)
    return command


def _as_click(option: Option) -> Callable[[F], F]:
    return click.option(
        option.flag,
        option.name,
        metavar=option.metavar,
        multiple=option.several,
        help=f"{option.help} [env: {option.variable}]",
        shell_complete=_completion(option),
    )


def _completion(option: Option) -> Callable[[click.Context, click.Parameter, str], list[str]] | None:
    def complete(context: click.Context, parameter: click.Parameter, incomplete: str) -> list[str]:
        return [value for value in _values(option.name) if value.lower().startswith(incomplete.lower())]

    return complete if option.name in ("contract", "only", "effort", "clock") else None


def _values(name: str) -> list[str]:
    if name == "effort":
        return ["quick", "normal", "thorough"]
    if name == "clock":
        from sessionproof.clocks import CLOCKS

        return [name if name in ("wall", "control") else f"{name}:" for name in CLOCKS]
    if name == "contract":
        from sessionproof.contract import bundled_contracts

        return list(bundled_contracts())
    from sessionproof.requirements import GROUPS, load_requirements

    return [*GROUPS, *load_requirements()]
