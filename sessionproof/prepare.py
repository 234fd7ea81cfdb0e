"""From settings to a run that can begin: the target asked, the contract loaded, the users known."""

from __future__ import annotations

import secrets
import shlex
from dataclasses import dataclass
from datetime import UTC, datetime

import httpx

from sessionproof import __version__
from sessionproof.baseline import load as load_baseline
from sessionproof.clocks import Clock, clock_named, without_credentials
from sessionproof.contract import Contract, find_contract, load_contract
from sessionproof.effort import Effort
from sessionproof.errors import TargetError, UsageError
from sessionproof.history import Header, Recorder
from sessionproof.history.redact import Redactor
from sessionproof.model import Rules
from sessionproof.outputs import check_outputs
from sessionproof.report.making import Ran
from sessionproof.requirements import select
from sessionproof.run import Run
from sessionproof.sender import Sender
from sessionproof.settings import Settings
from sessionproof.target import check_url, fits, recognise, served_openapi
from sessionproof.users import given_users

__all__ = ["Prepared", "prepare"]


@dataclass(frozen=True)
class Prepared:
    run: Run
    recognised: str  # why this contract, "" when it was named

    def ran(
        self, started: datetime, duration_s: float, requests: int, left_behind: tuple[str, ...], waited_s: float = 0.0
    ) -> Ran:
        """What the run was, for its report."""
        run = self.run
        return Ran(
            target=run.sender.base_url,
            contract=run.contract,
            means=run.means,
            started=started,
            duration_s=duration_s,
            requests=requests,
            clock=run.clock.name if run.clock else "none",
            seed=run.seed,
            effort=run.effort.value,
            recognised=self.recognised,
            waited_s=waited_s,
            left_behind=left_behind,
            notes=run.notes,
        )


def prepare(settings: Settings, lens: str = "suites", *, joins: bool = False) -> Prepared:
    """A run against `settings.base_url`, ready to begin; one that `joins` adds to the history of another.

    Raises UsageError for wrong settings and TargetError for a target that isn't there or isn't what it should be.
    """
    select(settings.only)
    if settings.baseline:
        load_baseline(settings.baseline)
    check_outputs(settings)
    url = check_url(settings.base_url)
    others = _others(settings.node, url)
    if bool(settings.stop_store) is not bool(settings.start_store):
        raise UsageError("--stop-store and --start-store: give both or neither")
    clock = _clock(settings, (url, *others), joins)
    sender = Sender(url, others=others, timeout=settings.timeout, max_rps=settings.max_rps)
    try:
        contract, why = _contract(settings, sender)
        for node in others:
            _must_follow(contract, node, settings)
        redactor = Redactor()
        users = given_users(settings.user, contract, redactor)
        seed = settings.seed if settings.seed is not None else secrets.randbelow(10**6)
        header = _header(settings, contract, lens, seed, clock)
        recorder = Recorder(redactor, settings.history, header, joins=joins)
        run = Run(contract, sender, recorder, redactor, settings.effort, seed, users, clock=clock)
        run.rules = Rules.for_history(contract, header)
        run.again = redactor.text(_command(settings))
        if not joins:  # it would disturb other workers
            run.disturbance.restarts = settings.restart or ""
            run.disturbance.store = settings.stop_store or "", settings.start_store or ""
        run.notes = (f"calls took turns between the nodes {', '.join(run.nodes)}",) if run.nodes else ()
        return Prepared(run, why)
    except BaseException:
        sender.close()
        if clock is not None:
            clock.close()
        raise


def _others(named: tuple[str, ...], url: str) -> tuple[str, ...]:
    """The further nodes; one that is named twice would only seem to be another one."""
    nodes, known = tuple(map(check_url, named)), {httpx.URL(url)}
    for node in nodes:
        if httpx.URL(node) in known:
            raise UsageError(f"--node {node}: named twice; a node is another address of the same deployment")
        known.add(httpx.URL(node))
    return nodes


def _must_follow(contract: Contract, node: str, settings: Settings) -> None:
    """Raises TargetError unless `node` is there and offers what the target does."""
    sender = Sender(node, timeout=settings.timeout, max_rps=settings.max_rps)
    try:
        found, _ = _contract(settings, sender)
    finally:
        sender.close()
    if found.name != contract.name:
        raise TargetError(f"--node {node}: follows {found.name}, not {contract.name} as {settings.base_url} does")
    there, here = ({binding.name for binding in one.bindings} for one in (found, contract))
    if there != here:
        names = ", ".join(sorted(there ^ here)[:3])
        raise TargetError(f"--node {node}: its OpenAPI document isn't that of {settings.base_url}: {names}")


def _clock(settings: Settings, nodes: tuple[str, ...], joins: bool) -> Clock | None:
    if settings.clock is None or (joins and settings.clock.startswith("faketime:")):
        return None  # the run that is joined has started the server
    return clock_named(settings.clock, nodes[0], settings.timeout, nodes[1:])


def _contract(settings: Settings, sender: Sender) -> tuple[Contract, str]:
    if settings.contract is None and settings.sidecar is None:
        recognised = recognise(sender)
        return recognised.contract, recognised.why

    def served(path: str) -> str | None:
        found = served_openapi(sender, path)
        return found[1] if found else None

    if settings.contract is None and settings.sidecar is not None:
        contract = load_contract(settings.sidecar, served=served)
    else:
        contract = load_contract(find_contract(settings.contract or ""), settings.sidecar, served=served)
    fits(contract, sender)
    return contract, ""


def _command(settings: Settings) -> str:
    """The command that verifies the same target in the same way."""
    given = {"contract": settings.contract, "sidecar": settings.sidecar}
    parts = [f"--{name} {shlex.quote(str(value))}" for name, value in given.items() if value]
    parts += [f"--user {shlex.quote(user)}" for user in settings.user]
    parts += [f"--node {shlex.quote(node)}" for node in settings.node]
    commands = {"restart": settings.restart, "stop-store": settings.stop_store, "start-store": settings.start_store}
    parts += [f"--{name} {shlex.quote(command)}" for name, command in commands.items() if command]
    parts += [f"--clock {shlex.quote(without_credentials(settings.clock))}"] if settings.clock else []
    parts += [f"--life {settings.life:g}"] if settings.life else []
    parts += [f"--effort {settings.effort}"] if settings.effort is not Effort.NORMAL else []
    parts += [f"--explore {settings.explore}"] if settings.explore else []
    return " ".join(["sessionproof verify", shlex.quote(settings.base_url), *parts])


def _header(settings: Settings, contract: Contract, lens: str, seed: int, clock: Clock | None) -> Header:
    return Header(
        clock=secrets.token_hex(4),
        started=datetime.now(UTC).isoformat(timespec="seconds"),
        target=settings.base_url,
        contract=contract.name,
        lens=lens,
        seed=seed,
        tool=f"sessionproof {__version__}",
        scale=clock.scale if clock else 1.0,
        life=settings.life,
        tolerance=clock.tolerance if clock else 1.0,
    )
