"""Made-up faults, and what made-up lenses saw of them."""

from __future__ import annotations

from collections.abc import Sequence

from sessionproof.requirements import load_requirements
from sessionproof.selfcheck import Clean, Fault, Judged, Kill, Matrix, Seen, judge
from sessionproof.selfcheck.lenses import CheckCost
from sessionproof.selfcheck.matrix import Spent, clean_of, kill_of

__all__ = ["CONTRACT", "OTHER", "clean", "fault", "judged", "kill", "matrix", "noisy", "rich"]

CONTRACT, OTHER = "fm-session-service", "faultmaven"
COSTS = (CheckCost("a_check", "RES-01", 40, 0.25), CheckCost("", "", 2, 0.01))


def fault(id: str, *breaks: str, conditional: bool = False, contracts: Sequence[str] = (CONTRACT,)) -> Fault:
    return Fault(id, breaks, f"What {id} does, <b>|[wrong](x).", conditional, tuple(contracts))


def clean(*passed: str, contract: str = CONTRACT, **not_judged: str) -> Clean:
    """What the suites see of a server without faults; EXP_01="why" stands for EXP-01."""
    names = {name.replace("_", "-"): why for name, why in not_judged.items()}
    seen = Seen((), 42, 1.0, passed, names, COSTS)
    return clean_of(contract, "suites", [seen], Spent(42, 1.0, 0.5, 0.5))


def noisy(*noise: str, contract: str = CONTRACT) -> Clean:
    """What a lens that names no requirements sees there."""
    return clean_of(contract, "schemathesis", [Seen(noise[:1], 5, 1.0), Seen(noise, 5, 1.0)], Spent(10, 2.0, 1.0, 0.5))


def kill(of: Fault, beside: Clean, *findings: str, error: str = "") -> Kill:
    """What the lens of `beside` makes of the fault when it reports `findings`, or ended with `error`."""
    seen = None if error else Seen(findings, 40, 1.0)
    return kill_of(of, beside, beside.lens == "suites", seen, error, Spent(40, 1.0, 0.5, 0.5))


def matrix(cleans: Sequence[Clean], kills: Sequence[Kill], *, narrowed: bool = False, complete: bool = True) -> Matrix:
    return Matrix(
        lenses=tuple(dict.fromkeys(one.lens for one in cleans)),
        contracts=tuple(dict.fromkeys(one.contract for one in cleans)),
        effort="normal",
        jobs=2,
        started="2030-01-31T12:00:00+00:00",
        duration_s=130.0,
        command="sessionproof selfcheck --lens suites",
        narrowed=narrowed,
        complete=complete,
        cleans=tuple(cleans),
        kills=tuple(kills),
        version="1.2.3",
    )


def judged(cleans: Sequence[Clean], kills: Sequence[Kill], *, narrowed: bool = False, complete: bool = True) -> Judged:
    return judge(matrix(cleans, kills, narrowed=narrowed, complete=complete), load_requirements())


def rich() -> Judged:
    """One of everything that can be shown, under two contracts and two lenses."""
    here, there = clean("RES-01", "RES-03", EXP_01="the run lacks clock"), clean("RES-01", contract=OTHER)
    plain, plain_there = noisy("ST201 POST /sessions", "ST202 GET /x"), noisy(contract=OTHER)
    both = fault("F-RES-01", "RES-01", contracts=(CONTRACT, OTHER))
    at_times = fault("F-RES-02", "RES-01", "EXP-01", conditional=True)
    missed, elsewhere = fault("F-RES-03", "RES-03"), fault("F-RES-04", "RES-03")
    beyond, broken = fault("F-EXP-01", "EXP-01"), fault("F-EXP-02", "EXP-01")
    kills = [
        kill(both, here, "RES-01", "RES-03"),
        kill(both, there, "RES-01"),
        kill(at_times, here, "RES-01"),
        kill(missed, here),
        kill(elsewhere, here, "RES-01"),
        kill(beyond, here),
        kill(broken, here, error="it was still running after 300 s; see --timeout"),
        kill(both, plain, "ST201 POST /sessions", "ST500 GET /y"),
        kill(both, plain_there),
        kill(beyond, plain),
    ]
    return judged([here, plain, there, plain_there], kills)
