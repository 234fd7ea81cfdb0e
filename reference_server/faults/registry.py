"""Every fault says beforehand which requirements it breaks, and how."""

import difflib
import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeVar, cast

from ..web.app import Weave

FM_SESSION, FAULTMAVEN, AGENTIC = "fm-session-service", "faultmaven", "agentic-multi-client"
WITH_RESUMPTION = (FM_SESSION, FAULTMAVEN)
WITH_QUERIES = (FAULTMAVEN, AGENTIC)
ALL = (FM_SESSION, FAULTMAVEN, AGENTIC)
T = TypeVar("T")
C = TypeVar("C", bound=type)


class UnknownFaultError(Exception):
    """There is no fault of this id; the message is one line that names similar ones."""


@dataclass(frozen=True)
class Fault:
    """What is broken (requirement ids, the most direct one first), how, and whether only sometimes.

    A conditional fault breaks its requirement only at times: the second time, on one route of several, on one
    page, in one order of calls, or with one kind of value.
    """

    id: str
    breaks: tuple[str, ...]
    behaviour: str
    conditional: bool
    contracts: tuple[str, ...]
    parts: tuple[type, ...]

    @property
    def topic(self) -> str:
        """The file that it is written in."""
        return self.parts[0].__module__.rpartition(".")[2]


FAULTS: dict[str, Fault] = {}


def fault(
    fault_id: str,
    breaks: str,
    behaviour: str,
    *,
    conditional: bool = False,
    contracts: Sequence[str] = (FM_SESSION,),
) -> Callable[[C], C]:
    """The class is this fault. `breaks` has the requirement ids, separated by spaces."""
    assert fault_id not in FAULTS, fault_id

    def register(part: C) -> C:
        requirements = tuple(breaks.split())
        FAULTS[fault_id] = Fault(fault_id, requirements, behaviour, conditional, tuple(contracts), (part,))
        return part

    return register


def also(fault_id: str) -> Callable[[C], C]:
    """The class belongs to this fault as well: some mistakes are spread over two parts."""

    def register(part: C) -> C:
        known = FAULTS[fault_id]
        FAULTS[fault_id] = replace(known, parts=(*known.parts, part))
        return part

    return register


def weave(fault_ids: Sequence[str]) -> Weave:
    """Parts with all these faults in them. Raises UnknownFaultError."""
    chosen = [_known(fault_id) for fault_id in fault_ids]

    def woven(part: type[T], /) -> type[T]:
        pieces = dict.fromkeys(piece for fault in chosen for piece in fault.parts if issubclass(part, _original(piece)))
        # What another piece is a variant of comes with it.
        faulty = [
            piece for piece in pieces if not any(issubclass(other, piece) for other in pieces if other is not piece)
        ]
        return cast("type[T]", type(part.__name__, (*faulty, part), {})) if faulty else part

    return woven


def listing(*, as_json: bool) -> str:
    """All faults, for people or for programs."""
    faults = [FAULTS[fault_id] for fault_id in sorted(FAULTS)]
    if as_json:
        rows: list[dict[str, Any]] = [
            {
                "id": fault.id,
                "breaks": list(fault.breaks),
                "behaviour": fault.behaviour,
                "conditional": fault.conditional,
                "contracts": list(fault.contracts),
            }
            for fault in faults
        ]
        return json.dumps(rows, indent=2)
    wide = max(len(" ".join(fault.breaks)) for fault in faults)
    return "\n".join(
        f"{fault.id:<9} {' '.join(fault.breaks):<{wide}} {'sometimes' if fault.conditional else 'always':<9} "
        f"{fault.behaviour} ({', '.join(fault.contracts)})"
        for fault in faults
    )


def _known(fault_id: str) -> Fault:
    if fault_id in FAULTS:
        return FAULTS[fault_id]
    padded = re.sub(r"-(\d)$", r"-0\1", fault_id.upper())
    similar = [padded] if padded in FAULTS else difflib.get_close_matches(padded, FAULTS, n=3, cutoff=0.5)
    hint = f"did you mean {' or '.join(similar)}?" if similar else "--list-faults shows them all"
    raise UnknownFaultError(f"there is no fault {fault_id!r}; {hint}")


def _original(piece: type) -> type:
    """The part of the server that the piece is a variant of."""
    here = __name__.rpartition(".")[0]
    return next(base for base in piece.__mro__ if not base.__module__.startswith(here))
