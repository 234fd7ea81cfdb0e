"""What the programs say is read as they mean it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from sessionproof.errors import TargetError
from sessionproof.selfcheck import LENSES, How
from sessionproof.selfcheck.programs import Programs


class Saying(Programs):
    """Writes what a program would have written, and remembers its command line."""

    def __init__(self, said: str = "", **files: str) -> None:
        super().__init__(60)
        self.said, self.files = said, files
        self.command: list[str] = []

    def run(self, command: Any, folder: Path) -> str:
        self.command = list(command)
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


def test_schemathesis_that_gave_up() -> None:
    gave_up = {**SCHEMATHESIS, "complete": False, "running_time": None}
    with pytest.raises(TargetError, match="schemathesis gave up: Network Error"):
        LENSES["schemathesis"](How()).look("http://u", "faultmaven", 0, Saying(report_json=json.dumps(gave_up)))
