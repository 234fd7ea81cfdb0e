"""A whole run with a client, from settings to a report: a browser is found, the client's checks drive it."""

from __future__ import annotations

import shlex
from dataclasses import replace

import pytest
from rich.console import Console

from sessionproof.browser.chromium import find_chromium, playwright
from sessionproof.browser.client import Client
from sessionproof.browser.extension import Driver
from sessionproof.contract import Contract
from sessionproof.errors import UsageError
from sessionproof.plugin.stash import DRIVER
from sessionproof.prepare import prepare
from sessionproof.report.document import Report
from sessionproof.report.terminal import render
from sessionproof.settings import Settings
from sessionproof.verify import carry_out, deployment, interruptible

__all__ = ["drive"]

_CHECKS = tuple(f"suites/{name}.py" for name in ("client", "client_failing", "client_showing", "client_cases"))


def drive(
    settings: Settings, client: Client, called: tuple[str, ...], pytest_args: tuple[str, ...], *, quiet: bool
) -> Report:
    """Judge `client` against the deployment that `settings` name, or the bundled server, and show the result.

    `called` are the options that named the client. Raises UsageError and TargetError before anything is judged.
    """
    given, settings = settings, replace(settings, contract=settings.contract or client.contract)
    with playwright() as started, deployment(settings) as settings, interruptible():
        chromium = find_chromium(started)
        settings = replace(settings, baseline=given.baseline)  # the bundled server's own is for the suites
        prepared = prepare(settings, lens="browser")
        run = prepared.run
        _must_fit(client, run.contract)
        run.client, run.notes = (
            client.name,
            (
                *run.notes,
                f"client {client.name}, in {chromium.path} ({chromium.why})",
            ),
        )
        run.again = _again(run.again if given.base_url else "", called)
        driving = _Driving(Driver(started, chromium, client))
        report = carry_out(_CHECKS, prepared, settings, pytest_args, driving, quiet=quiet)
        render(report, Console(soft_wrap=False, highlight=False))
        return report


def _must_fit(client: Client, contract: Contract) -> None:
    if not contract.has("query"):
        raise UsageError(f"the contract {contract.name} has no query, so that nothing shows what a user asks")
    if contract.identity.kind != "none" and not client.knows_its_user:
        raise UsageError(
            f"the contract {contract.name} names users by {contract.identity.name}, and the client's file doesn't say "
            "where the extension keeps its user; add `user:` or `token:` to its `settings`"
        )


def _again(verify: str, called: tuple[str, ...]) -> str:
    """The command that repeats a run: where a target was named, with what `verify` would be told of it."""
    told = [verify.removeprefix("sessionproof verify ")] if verify else []
    return " ".join(["sessionproof browser", *told, *map(shlex.quote, called)])


class _Driving:
    """Hands pytest what drives the client."""

    def __init__(self, driver: Driver) -> None:
        self._driver = driver

    @pytest.hookimpl(tryfirst=True)
    def pytest_configure(self, config: pytest.Config) -> None:
        config.stash[DRIVER] = self._driver
