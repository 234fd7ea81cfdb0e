"""What the plain Schemathesis command finds of one fault, for the benchmarks that stand beside it."""

from dataclasses import dataclass
from functools import cache

from sessionproof.deployments.bundled import bundled_server
from sessionproof.errors import SessionProofError
from sessionproof.selfcheck.plain_schemathesis import PlainSchemathesis
from sessionproof.selfcheck.programs import Programs

LONGEST = 300  # seconds a look


@dataclass(frozen=True)
class Plain:
    """`plain` is what it reports; None where it wasn't looked at."""

    plain: tuple[str, ...] | None = None
    plain_requests: int = 0
    plain_seconds: float = 0.0


def plain_of(fault: str, contract: str, effort: str) -> Plain:
    """What the command reports of the reference server with this fault, and not of one without."""
    noise = noise_of(contract, effort)
    with bundled_server(contract, "--fault", fault) as url:
        try:
            seen = PlainSchemathesis(effort).look(url, contract, 0, Programs(LONGEST))
        except SessionProofError as error:
            return Plain((f"no result: {error}",))
    return Plain(tuple(sorted(set(seen.findings) - noise)), seen.requests, seen.seconds)


@cache
def noise_of(contract: str, effort: str) -> frozenset[str]:
    """What the command reports of a server without faults, in any of three runs."""
    plain, programs = PlainSchemathesis(effort), Programs(LONGEST)
    with bundled_server(contract) as url:
        return frozenset(one for turn in range(3) for one in plain.look(url, contract, turn, programs).findings)
