"""What the programs say is read as they mean it."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

import sessionproof
from sessionproof.errors import TargetError
from sessionproof.selfcheck import LENSES, How, exploring, known_faults, under_load
from sessionproof.selfcheck.programs import Programs

from .sample import fault


class Saying(Programs):
    """Writes what a program would have written, and remembers its command line."""

    def __init__(self, said: str = "", **files: str) -> None:
        super().__init__(60)
        self.said, self.files = said, files
        self.commands: list[list[str]] = []

    @property
    def command(self) -> list[str]:
        return self.commands[-1]

    def run(self, command: Any, folder: Path) -> str:
        self.commands.append(list(command))
        for name, text in self.files.items():
            (folder / name.replace("_", ".")).write_text(text, encoding="utf-8")
        return self.said


def row(id: str, verdict: str, reason: str = "", check: str = "") -> dict[str, Any]:
    return {"id": id, "verdict": verdict, "reason": reason, "checks": [{"name": check}] if check else []}


REPORT = {
    "requests": 12,
    "duration_s": 1.5,
    "requirements": [
        row("RES-01", "failed", check="resumes"),
        row("ISO-04", "warned"),
        row("RES-03", "passed", check="keeps"),
        row("EXP-01", "unproven", "the run lacks clock"),
        row("LIF-01", "error", "ValueError: no"),
        row("CAS-01", "not applicable"),
    ],
}
CALLS = [
    {"n": n, "t0": n * 1.0, "t1": n + 0.25, "clock": "c", "actor": "a", "op": "read", "call": "GET /x", "check": check}
    for n, check in enumerate(["keeps", "resumes", "resumes", ""], 1)
]
HISTORY = "\n".join(json.dumps(line) for line in [{"history": 1}, *CALLS]) + "\n"


def test_the_suites_find_requirements_and_say_what_they_cost() -> None:
    program = Saying(report_json=json.dumps(REPORT), history_jsonl=HISTORY)
    lens = LENSES["suites"](How("quick"))
    seen = lens.look("http://127.0.0.1:1", "fm-session-service", 0, program)
    assert lens.names_requirements
    assert seen.findings == ("RES-01", "ISO-04")
    assert seen.passed == ("RES-03",)
    assert seen.not_judged == {
        "EXP-01": "the run lacks clock",
        "LIF-01": "error: ValueError: no",
        "CAS-01": "not applicable",
    }
    assert (seen.requests, seen.seconds) == (12, 1.5)
    assert [(cost.name, cost.requirement, cost.requests, cost.seconds) for cost in seen.costs] == [
        ("resumes", "RES-01", 2, 0.5),
        ("", "", 1, 0.25),
        ("keeps", "RES-03", 1, 0.25),
    ]
    assert program.command[program.command.index("--effort") :][:2] == ["--effort", "quick"]


SCHEMATHESIS = {
    "complete": True,
    "failures": [
        {"code": "ST103", "operations": ["GET /x", "POST /x"]},
        {"code": "ST201", "operations": ["POST /x"]},
    ],
    "errors": [{"title": "Network Error", "count": 2}],
    "test_cases": {"generated": 120},
    "running_time": 2.5,
}


def test_schemathesis_finds_codes_and_operations() -> None:
    program = Saying(report_json=json.dumps(SCHEMATHESIS))
    lens = LENSES["schemathesis"](How("normal"))
    seen = lens.look("http://127.0.0.1:1", "fm-session-service", 0, program)
    assert not lens.names_requirements
    assert seen.findings == ("Network Error", "ST103 GET /x", "ST103 POST /x", "ST201 POST /x")
    assert (seen.requests, seen.seconds, seen.passed) == (120, 2.5, ())
    assert "X-User-ID: schemathesis" in program.command


def test_it_has_no_identity_where_the_contract_has_none() -> None:
    program = Saying(report_json=json.dumps(SCHEMATHESIS))
    LENSES["schemathesis"](How()).look("http://127.0.0.1:1", "agentic-multi-client", 0, program)
    assert "--header" not in program.command


def test_each_look_has_a_seed_of_its_own_and_faulty_servers_the_first() -> None:
    program, seeds = Saying(report_json=json.dumps(SCHEMATHESIS)), []
    for turn in range(3):
        LENSES["schemathesis"](How()).look("http://127.0.0.1:1", "faultmaven", turn, program)
        seeds.append(program.command[program.command.index("--seed") + 1])
    assert seeds == ["1", "2", "3"]


@pytest.mark.parametrize("name", LENSES)
def test_a_program_that_leaves_no_report(name: str) -> None:
    with pytest.raises(TargetError, match="without a report: ImportError: no"):
        LENSES[name](How()).look("http://127.0.0.1:1", "faultmaven", 0, Saying("Traceback\nImportError: no\n"))


def test_the_browser_is_told_the_fault_and_judges_what_it_breaks() -> None:
    program, lens = Saying(report_json=json.dumps(REPORT)), LENSES["browser"](How())
    of_client = next(fault for fault in known_faults() if fault.id == "F-CLI-11")
    seen = lens.look("http://127.0.0.1:1", "faultmaven", 0, program, of_client)
    assert (lens.of, of_client.of, of_client.contracts) == ("client", "client", ("faultmaven",))
    assert seen.findings == ("RES-01", "ISO-04")
    words = program.command[program.command.index("--fault") :]
    assert words[:6] == ["--fault", "F-CLI-11", "--only", "CLI-01", "--only", "CLI-02"]


def test_a_fault_is_judged_first_for_what_it_breaks() -> None:
    program = Saying(report_json=json.dumps(REPORT))
    LENSES["suites"](How(clock="scaled:0.2")).look("http://u", "faultmaven", 0, program, fault("F-RES-01", "RES-01"))
    assert program.command[program.command.index("--clock") + 1] == "scaled:0.2"
    assert "--only" in program.commands[0]
    assert "--only" not in program.commands[1]


def test_a_servers_lives_end_by_the_clock_that_is_told() -> None:
    assert LENSES["suites"](How()).server == ("--clock", "control")
    assert LENSES["suites"](How(clock="scaled:0.2")).server == ("--minute-seconds", "0.2")


@pytest.mark.parametrize(
    ("lens", "breaks", "contract", "reached"),
    [
        ("suites", "SEC-10", "fm-session-service", True),
        ("pact", "RES-01", "faultmaven", True),
        ("pact", "SEC-10", "faultmaven", False),
        ("pact", "RES-01", "fm-session-service", False),  # no pact with it comes with SessionProof
        ("load", "CON-01", "fm-session-service", True),
        ("load", "EXP-03", "fm-session-service", False),
    ],
)
def test_which_faults_a_lens_is_tried_on(lens: str, breaks: str, contract: str, reached: bool) -> None:
    assert LENSES[lens](How()).reaches(fault("F-RES-01", "EXP-13", breaks), contract) == reached


@pytest.mark.parametrize(("folder", "judges"), [("load", under_load.JUDGES), ("fuzz", exploring.JUDGES)])
def test_a_lens_is_tried_on_all_that_it_looks_at(folder: str, judges: frozenset[str]) -> None:
    """Expiry aside: nobody asks load's users to wait for a life to end on the clock that it has here."""
    files = (Path(sessionproof.__file__).parent / folder).glob("*.py")
    named = {id for file in files for id in re.findall(r'"([A-Z]{3}-\d\d)"', file.read_text("utf-8"))}
    assert {id for id in named if not id.startswith("EXP-")} == judges


def test_schemathesis_that_gave_up() -> None:
    gave_up = {**SCHEMATHESIS, "complete": False, "running_time": None}
    with pytest.raises(TargetError, match="schemathesis gave up: Network Error"):
        LENSES["schemathesis"](How()).look("http://u", "faultmaven", 0, Saying(report_json=json.dumps(gave_up)))
