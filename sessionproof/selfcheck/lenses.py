"""What looks at a fault: a lens, and what it saw."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Protocol, runtime_checkable

from sessionproof.deployments.nodes import Nodes
from sessionproof.deployments.redis import Redis
from sessionproof.selfcheck.faults import Fault
from sessionproof.selfcheck.programs import Programs

__all__ = ["LENSES", "CheckCost", "How", "Lens", "LooksAtNodes", "Seen"]


@dataclass(frozen=True)
class How:
    """How hard every lens tries: the same for all of them."""

    effort: str = "normal"  # quick | normal | thorough
    clock: str = "control"  # by which lives end: control | scaled:SECONDS_PER_MINUTE


@dataclass(frozen=True)
class CheckCost:
    """What one check of a lens asked for; `seconds` is the time spent waiting for answers."""

    name: str
    requirement: str  # "" for what belongs to none
    requests: int
    seconds: float


@dataclass(frozen=True)
class Seen:
    """What one lens saw of one server."""

    findings: tuple[str, ...]  # what it complains of: ids of requirements, or words of its own
    requests: int
    seconds: float  # as the lens counts, without its start
    passed: tuple[str, ...] = ()  # requirements that it found to hold
    not_judged: Mapping[str, str] = field(default_factory=dict)  # requirement -> why
    costs: tuple[CheckCost, ...] = ()


class Lens(Protocol):
    """Looks at one server at a time; runs in several threads at once. To add one: a class, and a line in `LENSES`."""

    @property
    def name(self) -> str:
        """The head of its column."""

    @property
    def about(self) -> str:
        """What it is and which faults it is tried on, without markup, for those who read its column."""

    @property
    def of(self) -> str:
        """Whose faults it looks for: `server` or `client`."""

    @property
    def names_requirements(self) -> bool:
        """Whether findings are ids of requirements. If they aren't, only new ones can be told from noise."""

    @property
    def clean_runs(self) -> int:
        """How often it looks at a server without faults, the same one: what it reports in any run is noise."""

    @property
    def server(self) -> tuple[str, ...]:
        """What the reference server is told besides its contract and its fault."""

    def reaches(self, fault: Fault, contract: str) -> bool:
        """Whether a fault of those that it is for is tried: whether it judges, under it, what the fault breaks."""

    def look(self, url: str, contract: str, turn: int, programs: Programs, fault: Fault | None = None) -> Seen:
        """What it sees of the server at `url`; `turn` counts looks at one server, from 0. A server's `fault` is
        switched on there; a client's is for the lens to switch on.

        Raises TargetError when it came to no result.
        """


@runtime_checkable
class LooksAtNodes(Protocol):
    """What a lens has besides if it can look at several servers with one store as well."""

    def look_at_nodes(
        self, nodes: Nodes, store: Redis, contract: str, turn: int, programs: Programs, breaks: tuple[str, ...] = ()
    ) -> Seen:
        """The same, of all of them together."""


def _suites(how: How) -> Lens:
    from sessionproof.selfcheck.suites import Suites

    return Suites(how.effort, how.clock)


def _schemathesis(how: How) -> Lens:
    from sessionproof.selfcheck.plain_schemathesis import PlainSchemathesis

    return PlainSchemathesis(how.effort)


def _pacts(how: How) -> Lens:
    from sessionproof.selfcheck.pacts import Pacts

    return Pacts()


def _load(how: How) -> Lens:
    from sessionproof.selfcheck.under_load import UnderLoad

    return UnderLoad()


def _fuzz(how: How) -> Lens:
    from sessionproof.selfcheck.exploring import Exploring

    return Exploring(how.effort)


def _explore(how: How) -> Lens:
    from sessionproof.selfcheck.walking import Walking

    return Walking(how.effort)


def _browser(how: How) -> Lens:
    from sessionproof.selfcheck.in_browser import InBrowser

    return InBrowser(how.effort)


LENSES: dict[str, Callable[[How], Lens]] = {
    "suites": _suites,
    "browser": _browser,
    "schemathesis": _schemathesis,
    "pact": _pacts,
    "load": _load,
    "fuzz": _fuzz,
    "explore": _explore,
}
