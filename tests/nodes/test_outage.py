"""An outage of the store is seen as one, it ends whatever happens, and what stops nothing proves nothing."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from sessionproof.caller import Caller
from sessionproof.deployments.nodes import bundled_nodes
from sessionproof.deployments.redis import installed_redis
from sessionproof.effort import Effort
from sessionproof.errors import TargetError, UsageError
from sessionproof.prepare import Prepared, prepare
from sessionproof.report.document import Report
from sessionproof.settings import Settings
from sessionproof.verdicts import RequirementResult, Verdict
from tests.engine.fake_api import FakeApi, fake_api
from tests.engine.running import judged
from tests.redis_server import needs


def sec_06(report: Report) -> RequirementResult:
    return next(result for result in report.results if result.requirement.id == "SEC-06")


@pytest.mark.parametrize(("fault", "verdict"), [("", Verdict.PASSED), ("F-SEC-61", Verdict.FAILED)])
def test_an_outage_is_judged(fault: str, verdict: Verdict) -> None:
    needs("redis-server")
    broken = ("--fault", fault) if fault else ()
    with installed_redis() as store, bundled_nodes("fm-session-service", store.url, *broken) as nodes:
        result = sec_06(
            judged(
                nodes.urls[0],
                node=nodes.urls[1:],
                contract="fm-session-service",
                stop_store=store.stop,
                start_store=store.start,
                only=("SEC-06",),
                effort=Effort.QUICK,
                seed=1,
            )
        )
    assert result.verdict is verdict
    script = "".join(check.repeat for check in result.checks)
    assert (f"\n{store.stop}\n" in script) is bool(fault), "a repeat stops the store as well"
    assert (f"\n{store.start}\n" in script) is bool(fault)


@pytest.fixture
def api() -> Iterator[FakeApi]:
    with fake_api() as api:
        yield api


def verdict_of(api: FakeApi, tmp_path: Path, **settings: str) -> RequirementResult:
    return sec_06(judged(api.url, contract=api.write(tmp_path), only=("SEC-06",), seed=1, **settings))


def test_without_commands_it_is_unproven_and_says_how(api: FakeApi, tmp_path: Path) -> None:
    result = verdict_of(api, tmp_path)
    assert result.verdict is Verdict.UNPROVEN
    assert result.missing == ("store",)


def test_an_outage_that_nobody_feels_proves_nothing(api: FakeApi, tmp_path: Path) -> None:
    result = verdict_of(api, tmp_path, stop_store="true", start_store="true")
    assert result.verdict is Verdict.UNPROVEN
    assert "does --stop-store stop it?" in result.reason


def test_one_command_alone_is_a_wrong_use(api: FakeApi, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="--stop-store and --start-store: give both or neither"):
        prepare(Settings(base_url=api.url, contract=api.write(tmp_path), stop_store="true"))


@pytest.fixture
def prepared(api: FakeApi, tmp_path: Path) -> Iterator[Prepared]:
    stop, start = f"touch {tmp_path}/stopped", f"touch {tmp_path}/started"
    made = prepare(Settings(base_url=api.url, contract=api.write(tmp_path), stop_store=stop, start_store=start))
    yield made
    made.run.clean_up()
    made.run.sender.close()


@pytest.mark.parametrize("raised", [ValueError, KeyboardInterrupt])
def test_the_store_is_started_again_whatever_happens(
    prepared: Prepared, tmp_path: Path, raised: type[BaseException]
) -> None:
    def ends() -> None:
        with prepared.run.disturbance.outage():
            assert (tmp_path / "stopped").exists()
            assert not (tmp_path / "started").exists()
            raise raised

    with pytest.raises(raised):
        ends()
    assert (tmp_path / "started").exists()
    assert Caller(prepared.run, prepared.run.actor("alice")).create().ok, "the run goes on"


def test_it_is_started_also_where_stopping_it_failed(prepared: Prepared, tmp_path: Path) -> None:
    prepared.run.disturbance.store = "exit 3", prepared.run.disturbance.store[1]
    with pytest.raises(TargetError, match="--stop-store: the command ended with 3"), prepared.run.disturbance.outage():
        pass
    assert (tmp_path / "started").exists()


def test_silence_during_an_outage_does_not_end_the_run(api: FakeApi, prepared: Prepared) -> None:
    alice = Caller(prepared.run, prepared.run.actor("alice"))
    session = alice.has_session()
    with prepared.run.disturbance.outage():
        api.before = lambda method, path: (503, {})
        assert {alice.read(session).status for _ in range(12)} == {503}
        api.before = lambda method, path: None
    assert alice.read(session).ok
