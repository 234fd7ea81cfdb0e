"""Extensions that do everything right pass, whoever made them and however they are driven."""

from __future__ import annotations

import json
from pathlib import Path

import msgspec

from sessionproof.history import Event

from .driving import EXTENSION, OTHER, drive

JUDGED = {f"CLI-{number:02}" for number in range(1, 13)}
SAYS_MORE = """panel: sidepanel.html
input: "#question"
send: "#send"
answers: "#conversation .answer"
notice: "#notice"
"""
BY_OPTIONS_PAGE = """settings: {page: {at: options.html, fill: {backend: "#backend", user: "#user"}, save: "#save"}}
session: {storage: session, id: /id}
"""


def test_the_reference_extension_passes(tmp_path: Path) -> None:
    driven = drive(tmp_path, "--history", tmp_path / "history.jsonl")
    assert driven.verdicts == dict.fromkeys(JUDGED, "passed"), driven.out
    assert driven.code == 0
    (note,) = driven.report["notes"]
    assert note.startswith("client Session panel 1.0.0, in ")
    assert driven.report["left_behind"] == []
    header, *lines = (tmp_path / "history.jsonl").read_bytes().splitlines()
    assert json.loads(header)["lens"] == "browser"
    events = [msgspec.json.decode(line, type=Event) for line in lines]
    assert [event.n for event in events] == list(range(1, driven.report["requests"] + 1))
    of_clients = [event for event in events if event.actor.endswith("browser")]
    assert {"create", "query", "case_history"} <= {event.op for event in of_clients}
    assert {event.op for event in of_clients} & {"other", "preflight"} == set()
    assert {True, False} == {event.injected for event in of_clients}


def test_somebody_elses_extension_passes_by_its_file_alone(tmp_path: Path) -> None:
    driven = drive(tmp_path, "--extension", OTHER, "--client", OTHER / "client.yaml")
    undeclared = dict.fromkeys(("CLI-08", "CLI-10", "CLI-12"), "not applicable")
    assert driven.verdicts == dict.fromkeys(JUDGED, "passed") | undeclared, driven.out
    assert (driven.code, driven.report["contract"]) == (0, "agentic-multi-client")


def test_an_extension_is_set_up_by_its_page_of_options(tmp_path: Path) -> None:
    file = tmp_path / "client.yaml"
    file.write_text(SAYS_MORE + BY_OPTIONS_PAGE, encoding="utf-8")
    driven = drive(tmp_path, "--extension", EXTENSION, "--client", file, "--only", "CLI-01", "--only", "CLI-12")
    assert driven.verdicts == {"CLI-01": "passed", "CLI-12": "not applicable"}, driven.out
    assert driven.row("CLI-12")["reason"] == "the client's file doesn't say what starts a new chat"


def test_what_cannot_be_driven_is_an_error(tmp_path: Path) -> None:
    file = tmp_path / "client.yaml"
    text = (EXTENSION.parent / "extension.yaml").read_text(encoding="utf-8")
    file.write_text(text.replace("#question", "#qestion"), encoding="utf-8")
    driven = drive(tmp_path, "--extension", EXTENSION, "--client", file, "--only", "CLI-01", "--timeout", "2")
    assert (driven.code, driven.verdicts) == (3, {"CLI-01": "error"})
    assert driven.row("CLI-01")["reason"] == "sidepanel.html has no #qestion; see `input` in the client's file"
