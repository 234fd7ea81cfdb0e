"""Each fault is tried once under each contract with each lens, nothing outlives the end, and errors are one line."""

from __future__ import annotations

import io
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest
from rich.console import Console

from sessionproof.errors import TargetError, UsageError
from sessionproof.selfcheck import Clean, Fault, Kill, Outcome, Plan, Seen, running, selfcheck
from sessionproof.selfcheck.faults import chosen
from sessionproof.selfcheck.programs import Programs, Stopped
from sessionproof.selfcheck.show import watched

from .sample import CONTRACT, OTHER, fault

BOTH, HERE = fault("F-RES-01", "RES-01", contracts=(CONTRACT, OTHER)), fault("F-RES-02", "RES-01")


@dataclass
class Made:
    """A lens that finds RES-01 wherever a fault is switched on."""

    name: str = "made"
    about: str = "made up"
    of: str = "server"
    names_requirements: bool = True
    clean_runs: int = 1
    server: tuple[str, ...] = ("--told",)
    asked: list[tuple[str, int]] = field(default_factory=list)
    breaks_on: str = "nothing"
    finds_on: str = "--fault"
    beyond: tuple[str, ...] = ()

    def reaches(self, fault: Fault, contract: str) -> bool:
        return fault.id not in self.beyond

    def look(self, url: str, contract: str, turn: int, programs: Programs, fault: Fault | None = None) -> Seen:
        self.asked.append((url, turn))
        if self.breaks_on in url:
            raise TargetError("no report")
        return Seen(("RES-01",) if self.finds_on in url else (), 10, 0.0, ("RES-01",))


@pytest.fixture(autouse=True)
def servers(monkeypatch: pytest.MonkeyPatch) -> set[str]:
    """Servers that run, by their URL, in place of real ones."""
    running_now: set[str] = set()

    @contextmanager
    def made_up(contract: str, *arguments: str) -> Iterator[str]:
        url = " ".join((contract, *arguments))
        assert "--told" in arguments
        running_now.add(url)
        yield url
        running_now.discard(url)

    monkeypatch.setattr(running, "bundled_server", made_up)
    return running_now


def plan(*lenses: Made, faults: tuple[Fault, ...] = (BOTH, HERE)) -> Plan:
    return Plan(faults, (CONTRACT, OTHER), lenses, "normal", 2, 60.0)


def test_every_fault_once_for_each_contract_and_lens_after_clean_ones() -> None:
    lenses = (Made(), Made("measured", names_requirements=False, clean_runs=3))
    done: list[Clean | Kill] = []
    matrix = selfcheck(plan(*lenses), done.append)
    assert matrix.complete
    assert len(done) == plan(*lenses).steps == 10
    assert all(isinstance(one, Clean) for one in done[:4])
    tried = [(kill.contract, kill.fault.id, kill.lens) for kill in matrix.kills]
    assert sorted(tried) == sorted(
        (contract, one.id, lens.name)
        for one, contract in ((BOTH, CONTRACT), (HERE, CONTRACT), (BOTH, OTHER))
        for lens in lenses
    )
    assert {kill.outcome for kill in matrix.kills} == {Outcome.CAUGHT}
    assert matrix.judges == {"made"}
    assert matrix.spent.requests == 10 * (len(lenses[0].asked) + len(lenses[1].asked))


def test_a_lens_is_tried_where_it_reaches_a_fault() -> None:
    lens = Made(beyond=(BOTH.id,))
    kills = selfcheck(plan(lens), lambda one: None).kills
    assert [(kill.contract, kill.fault.id) for kill in kills] == [(CONTRACT, HERE.id)]
    assert [url for url, _ in lens.asked if OTHER in url] == [], "nothing to find there"
    assert plan(lens).steps == 2


def test_a_clients_fault_is_for_lenses_of_clients_and_is_not_switched_on_in_the_server() -> None:
    of_a_client = replace(BOTH, id="F-CLI-01", of="client")
    lenses = (Made(), Made("driven", of="client", finds_on="nothing"))
    matrix = selfcheck(plan(*lenses, faults=(of_a_client, HERE)), lambda one: None)
    assert {(kill.fault.id, kill.lens) for kill in matrix.kills} == {("F-CLI-01", "driven"), (HERE.id, "made")}
    assert not any("--fault" in url for url, _ in lenses[1].asked)
    assert [(part.title, part.lenses, [row.fault.id for row in part.rows]) for part in matrix.parts] == [
        (CONTRACT, ["made"], [HERE.id]),
        (f"{CONTRACT}: its client", ["driven"], ["F-CLI-01"]),
        (f"{OTHER}: its client", ["driven"], ["F-CLI-01"]),
    ]


def test_looks_at_a_clean_server_are_counted_and_a_faulty_one_is_looked_at_once() -> None:
    lens = Made(clean_runs=3)
    selfcheck(plan(lens, faults=(HERE,)), lambda one: None)
    assert [turn for url, turn in lens.asked if "--fault" not in url and CONTRACT in url] == [0, 1, 2]
    assert [turn for url, turn in lens.asked if "--fault" in url] == [0]


def test_nothing_can_be_said_where_a_server_without_faults_fails() -> None:
    with pytest.raises(TargetError, match=f"{OTHER}: a server without faults fails RES-01, so nothing can be said"):
        selfcheck(plan(Made(finds_on=OTHER)), lambda one: None)


def test_noise_of_a_lens_that_names_no_requirements_is_no_failure() -> None:
    lens = Made(names_requirements=False, finds_on="")
    assert {kill.outcome for kill in selfcheck(plan(lens), lambda one: None).kills} == {Outcome.MISSED}


def test_a_run_without_a_result_doesnt_end_the_others() -> None:
    outcomes = {kill.fault.id: kill for kill in selfcheck(plan(Made(breaks_on=HERE.id)), lambda one: None).kills}
    assert outcomes[HERE.id].outcome is Outcome.ERROR
    assert outcomes[HERE.id].error == "no report"
    assert outcomes[BOTH.id].outcome is Outcome.CAUGHT


@pytest.mark.parametrize("after", [1, 3])
def test_an_interruption_leaves_what_was_seen_so_far(after: int, servers: set[str]) -> None:
    done: list[Clean | Kill] = []

    def interrupt(one: Clean | Kill) -> None:
        done.append(one)
        if len(done) == after:
            raise KeyboardInterrupt

    matrix = selfcheck(replace(plan(Made()), jobs=1), interrupt)
    assert not matrix.complete
    assert len(matrix.cleans) + len(matrix.kills) == after
    assert servers == set()


# Progress


def watched_on(terminal: bool, monkeypatch: pytest.MonkeyPatch) -> str:
    for name in ("NO_COLOR", "TTY_COMPATIBLE", "TTY_INTERACTIVE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TERM", "xterm-256color")
    paper = io.StringIO()
    watched(plan(Made(finds_on=BOTH.id)), Console(file=paper, force_terminal=terminal, width=100))
    return paper.getvalue()


def test_a_terminal_sees_what_was_tried_and_how_long_it_may_take(monkeypatch: pytest.MonkeyPatch) -> None:
    text = watched_on(True, monkeypatch)
    assert f"{CONTRACT} without faults" in text
    assert re.search(r"F-RES-01 caught by made · \d+ s left …  \d/5", text)
    assert "F-RES-02 missed" in text
    assert "1 failed" in text


def test_a_log_is_told_how_far_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    lines = watched_on(False, monkeypatch).splitlines()
    assert [line.split()[0] for line in lines] == [f"{number}/5" for number in range(1, 6)]
    assert all(line.endswith(" left") for line in lines)


# Programs


def test_a_program_that_takes_too_long_is_ended(tmp_path: Path) -> None:
    programs = Programs(0.1)
    with pytest.raises(TargetError, match=r"still running after 0\.1 s"):
        programs.run([sys.executable, "-c", "import time; time.sleep(600)"], tmp_path)


def test_stopping_ends_what_runs_and_starts_nothing_more(tmp_path: Path) -> None:
    programs, ended, file = Programs(600), [], tmp_path / "pid"
    script = "import os, pathlib, time; pathlib.Path('pid').write_text(str(os.getpid())); time.sleep(600)"

    def run() -> None:
        with pytest.raises(Stopped):
            programs.run([sys.executable, "-c", script], tmp_path)
        ended.append(True)

    thread = threading.Thread(target=run)
    thread.start()
    while not (file.exists() and file.read_text()):
        thread.join(0.02)
    programs.stop()
    thread.join(30)
    assert ended == [True]
    assert subprocess.run(["kill", "-0", file.read_text()], capture_output=True, check=False).returncode != 0
    with pytest.raises(Stopped):
        programs.run([sys.executable, "-c", ""], tmp_path)


def test_a_program_doesnt_see_settings_of_ours(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SESSIONPROOF_SEED", "7")
    monkeypatch.setenv("KEPT", "8")
    script = "import os; print(os.environ.get('SESSIONPROOF_SEED'), os.environ.get('KEPT'))"
    assert Programs(60).run([sys.executable, "-c", script], tmp_path) == "None 8\n"


# Faults


def test_faults_are_narrowed_to_contracts_and_names() -> None:
    assert chosen([BOTH, HERE], [OTHER]) == [replace(BOTH, contracts=(OTHER,))]
    assert chosen([BOTH, HERE], [OTHER, CONTRACT], ["F-RES-02"]) == [HERE]
    assert chosen([BOTH, HERE], [CONTRACT], ["F-RES-0"])[0].contracts == (CONTRACT,)


@pytest.mark.parametrize(
    ("contracts", "only", "words"),
    [
        (["other"], [], "--contract other: the reference server has no faults for it"),
        ([CONTRACT], ["F-RES-9"], "--only F-RES-9: no such fault; did you mean F-RES-0"),
        ([CONTRACT], ["X"], "--only X: no such fault; `sessionproof serve --list-faults` lists them"),
        ([OTHER], ["F-RES-02"], f"--only F-RES-02: no such fault for this contract; it is for {CONTRACT}"),
    ],
)
def test_names_that_are_none(contracts: list[str], only: list[str], words: str) -> None:
    with pytest.raises(UsageError, match=f"^{words}"):
        chosen([BOTH, HERE], contracts, only)
