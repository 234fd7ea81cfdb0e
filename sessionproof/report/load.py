"""What a load run adds to a report: who asked how often, how long it took, how much of it was looked at."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

__all__ = ["Call", "Load", "load_as_dict"]


@dataclass(frozen=True)
class Call:
    """One operation of the API under load; times in milliseconds."""

    operation: str
    call: str  # METHOD /path template
    requests: int
    failures: int
    per_second: float
    p50: float
    p95: float
    p99: float


@dataclass(frozen=True)
class Load:
    """A load run as data: `looked` and `violations` are counts by requirement."""

    shape: str
    users: int
    workers: int  # processes that spoke, 0 where the one process did
    seconds: float
    looked: Mapping[str, int]
    violations: Mapping[str, int]
    calls: tuple[Call, ...]

    @property
    def per_second(self) -> float:
        return sum(call.per_second for call in self.calls)


def load_as_dict(load: Load) -> dict[str, Any]:
    """As the JSON report has it."""
    return {
        "shape": load.shape,
        "users": load.users,
        "workers": load.workers,
        "seconds": round(load.seconds, 3),
        "requirements": [
            {"id": id, "looked_at": looked, "violations": load.violations.get(id, 0)}
            for id, looked in load.looked.items()
        ],
        "calls": [
            {name: round(value, 2) if isinstance(value, float) else value for name, value in asdict(call).items()}
            for call in load.calls
        ],
    }
