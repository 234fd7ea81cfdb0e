"""The command line:

    python -m reference_server --contract fm-session-service --port 0
    python -m reference_server --proxy-for http://localhost:8000 --client 3

Exit codes: 0 stopped as told, 3 the address can't be listened on, 4 something on the command line or in the
environment can't be used.
"""

import argparse
import os
import re
import sys
from collections.abc import Sequence
from dataclasses import replace
from typing import NoReturn
from uuid import uuid4

from starlette.types import ASGIApp

from .faults import UnknownFaultError, listing, weave
from .proxy import Proxy
from .routes import CONTRACTS, DEFAULTS
from .serving import AddressError, listen, serve
from .settings import SettingError, Settings, log_level, number, port, redis_url
from .stores import open_clock, open_store
from .web.app import Plan
from .web.logs import LOG, start_logging


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise SettingError(message)


def parser() -> argparse.ArgumentParser:
    """What can be said on the command line."""
    arguments = _Parser(prog="reference_server", description=__doc__, allow_abbrev=False)
    arguments.formatter_class = argparse.RawDescriptionHelpFormatter
    add = arguments.add_argument
    add("--contract", default="fm-session-service", metavar="NAME", help=f"one of: {', '.join(CONTRACTS)}")
    add("--host", default="127.0.0.1", help="the address to listen on (default: only this machine)")
    add("--port", metavar="N", help="0 takes a free one (default: the variable PORT, or else the contract's own)")
    add("--store", metavar="URL", help="memory, or redis://HOST:PORT/DB (default: REDIS_URL, or else memory)")
    add("--clock", default="real", metavar="NAME", help="real, or control: adds /_test/clock, which moves time on")
    add("--minute-seconds", metavar="N", help="how long a minute of a session's life lasts (default: 60)")
    add("--until-stdin-closes", action="store_true", help="stop at the end of stdin")
    add("--fault", action="append", default=[], metavar="ID", help="break this on purpose; may be repeated")
    add("--proxy-for", metavar="URL", help="be a client's proxy for this main server (default: BACKEND_URL)")
    add("--client", metavar="N", help="the number of the proxy's client; its port is 8000 + N unless given")
    add("--list-faults", action="store_true", help="show what can be broken, and end")
    add("--json", action="store_true", help="with --list-faults: as JSON")
    return arguments


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the server; returns the exit code."""
    try:
        return run(arguments)
    except (SettingError, UnknownFaultError, AddressError) as error:
        print(f"reference_server: {error}", file=sys.stderr)
        return 3 if isinstance(error, AddressError) else 4


def run(arguments: Sequence[str] | None) -> int:
    """Run the server until it is told to stop. Raises SettingError, UnknownFaultError and AddressError."""
    options = parser().parse_args(arguments)
    if options.list_faults:
        print(listing(as_json=options.json))
        return 0
    if options.proxy_for is not None or options.client is not None:
        return run_proxy(options)
    if options.contract not in CONTRACTS:
        raise SettingError(f"--contract must be one of {', '.join(CONTRACTS)}, not {options.contract!r}")
    settings = Settings.from_environment(os.environ, DEFAULTS[options.contract])
    if options.port is not None:
        settings = replace(settings, port=port("--port", options.port))
    if options.store is not None:
        settings = replace(settings, redis_url=redis_url("--store", options.store))
    if options.minute_seconds is not None:
        settings = replace(settings, minute=number("--minute-seconds", options.minute_seconds, 0.001, 86_400))
    if options.clock not in ("real", "control"):
        raise SettingError(f"--clock must be real or control, not {options.clock!r}")
    faults = weave(options.fault)

    start_logging(settings.log_level)
    clock = open_clock(settings, options.clock)
    plan = Plan(settings, clock, faults, open_store(settings, clock))
    for fault_id in options.fault:
        LOG.warning("broken on purpose: %s", fault_id)
    serve_at(CONTRACTS[options.contract](plan), options, settings.port)
    return 0


def run_proxy(options: argparse.Namespace) -> int:
    """Run a client's proxy until it is told to stop. Raises SettingError and AddressError."""
    backend = (options.proxy_for or os.environ.get("BACKEND_URL") or "http://localhost:8000").rstrip("/")
    if not re.fullmatch(r"https?://[^\s/?#@]+", backend):
        raise SettingError(f"--proxy-for must be a URL like http://localhost:8000, not {backend!r}")
    client = int(number("--client", options.client or "2", 0, 9999))
    client_id = os.environ.get("CLIENT_ID") or f"client-{client}-{uuid4().hex[:8]}"
    start_logging(log_level(os.environ.get("LOG_LEVEL") or "INFO"))
    serve_at(Proxy(backend, client_id).app(), options, port("--port", options.port or str(8000 + client)))
    return 0


def serve_at(app: ASGIApp, options: argparse.Namespace, number: int) -> None:
    """Listen, say where, and serve."""

    def ready(address: str) -> None:
        print(f"listening on {address}", flush=True)

    serve(app, listen(options.host, number), ready, until_stdin_closes=options.until_stdin_closes)
