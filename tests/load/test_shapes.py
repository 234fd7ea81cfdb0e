"""Each shape on a server without faults, and on servers whose faults it is for."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.load.running import Run, load, locust, server

AT_ONCE = 3  # runs; most of a run is waiting for processes to start
LOOKED_AT = {
    "isolation": ("ISO-01", "ISO-02", "ISO-03", "MSG-01", "MSG-02", "MSG-03", "RES-05", "CON-01"),
    "resumption-storm": ("RES-01", "RES-02", "RES-06"),
    "expiry-churn": ("LIF-05", "RES-08", "CON-02"),
}
FAULTS = [
    ("isolation", "F-ISO-12", "ISO-03"),
    ("isolation", "F-MSG-02", "MSG-03"),
    ("isolation", "F-CON-04", "CON-01"),
    ("resumption-storm", "F-RES-03", "RES-06"),
    ("resumption-storm", "F-RES-38", "RES-06"),
    ("expiry-churn", "F-CON-02", "CON-02"),
    ("expiry-churn", "F-CON-03", "CON-02"),
]
OTHERS = ("faultmaven", "agentic-multi-client")
EXPIRING = ("--clock", "scaled:0.5", "--duration", "6")  # the shortest life lasts half a second, with 1 s of tolerance

Results = Callable[[str], Run]


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Results]:
    """The run of a name, several of which take place at once."""

    def one(shape: str, *faults: str, contract: str = "fm-session-service", expiring: bool = False) -> Run:
        folder = tmp_path_factory.mktemp("run")
        with server(contract, *faults, minute="0.5" if expiring else "60") as url:
            return load(url, shape, folder, *(EXPIRING if expiring else ()))

    with ThreadPoolExecutor(AT_ONCE) as pool:
        runs: dict[str, Future[Run]] = {
            f"{shape} {fault}": pool.submit(one, shape, fault) for shape, fault, _ in FAULTS
        }
        runs |= {shape: pool.submit(one, shape) for shape in LOOKED_AT}
        runs |= {contract: pool.submit(one, "isolation", contract=contract) for contract in OTHERS}
        runs["echo"] = pool.submit(one, "isolation", "F-MSG-40", contract="faultmaven")
        runs["expiring"] = pool.submit(one, "expiry-churn", expiring=True)
        runs["outliving"] = pool.submit(one, "expiry-churn", "F-EXP-12", expiring=True)
        yield lambda name: runs[name].result()


@pytest.mark.parametrize(("shape", "fault", "requirement"), FAULTS)
def test_a_fault_is_found_under_its_requirement(run: Results, shape: str, fault: str, requirement: str) -> None:
    ended = run(f"{shape} {fault}")
    assert ended.code == 1, ended.said
    assert requirement in ended.broken()
    shown = ended.evidence(requirement)[0]
    assert shown["expected"]
    assert shown["exchange"].startswith("> ")


@pytest.mark.parametrize("shape", LOOKED_AT)
def test_a_server_without_faults_is_proven_and_left_as_it_was(run: Results, shape: str) -> None:
    ended = run(shape)
    assert (ended.code, ended.broken()) == (0, set()), ended.said
    assert [requirement for requirement in LOOKED_AT[shape] if not ended.looked_at(requirement)] == []
    assert ended.report["left_behind"] == []


@pytest.mark.parametrize("contract", OTHERS)
def test_other_contracts_are_spoken_as_well(run: Results, contract: str) -> None:
    ended = run(contract)
    assert (ended.code, ended.broken()) == (0, set()), ended.said
    assert ended.looked_at("CON-01")


def test_an_assistant_that_answers_two_alike_is_found(run: Results) -> None:
    assert "CON-01" in run("echo").broken(), run("echo").said


def test_sessions_that_are_left_to_expire_stay_dead(run: Results) -> None:
    ended = run("expiring")
    assert (ended.code, ended.broken()) == (0, set()), ended.said
    assert ended.looked_at("EXP-08")


def test_a_session_that_outlives_its_end_is_found(run: Results) -> None:
    ended = run("outliving")
    assert ended.code == 1, ended.said
    assert "EXP-08" in ended.broken()


def test_locust_itself_shows_a_violation_under_the_requirement(tmp_path: Path) -> None:
    with server("fm-session-service", "F-RES-03") as url:
        ended = locust(url, "load/resumption_storm.py", tmp_path)
    assert ended.code == 1, ended.said
    assert "RES-06: Creates sent at once for one user and client id" in ended.said
    assert "requirement  looked at  violations" in ended.said
