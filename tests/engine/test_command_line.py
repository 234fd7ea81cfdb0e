"""The command line: each mistake is one line on stderr and exit code 3 or 4, settings have an order, help helps."""

from __future__ import annotations

import json
import re
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import click
import pytest

from sessionproof.commands import cli

from .documents import EXAMPLE, ROOT
from .fake_api import FakeApi, fake_api
from .raw_server import RawServer, raw_server
from .running import Ended, command, plain_environment, said, subcommand


@pytest.fixture
def api() -> Iterator[FakeApi]:
    with fake_api() as api:
        yield api


@pytest.fixture
def dead() -> str:
    """A URL at which nobody listens."""
    with closing(socket.create_server(("127.0.0.1", 0))) as taken:
        return f"http://127.0.0.1:{taken.getsockname()[1]}"


def is_one_line(ended: Ended, code: int, *words: str) -> None:
    (line,) = ended.err.splitlines()
    assert line.startswith("sessionproof: ")
    for word in words:
        assert word in line
    assert "Traceback" not in ended.out + ended.err
    assert ended.code == code


# Targets that aren't


def test_a_dead_port(dead: str, tmp_path: Path) -> None:
    is_one_line(said("verify", dead, folder=tmp_path), 3, dead, "can't connect", "is the port right?")
    is_one_line(said("verify", dead, "--contract", "fm-session-service", folder=tmp_path), 3, "can't connect")
    is_one_line(said("baseline", "write", dead, "--owner", "me", folder=tmp_path), 3, "can't connect")


def answering(content: bytes, *, then_hangs: bool = False, stays_open: bool = False) -> Any:
    def behave(server: RawServer, connection: socket.socket) -> bool:
        connection.sendall(content)
        if then_hangs:
            server.ended.wait()
        return stays_open

    return behave


PAGE = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 5\r\n\r\nhello"


@pytest.mark.parametrize(
    ("behave", "words"),
    [
        (answering(b"SSH-2.0-OpenSSH_9.2\r\n"), "not HTTP, or cut off"),
        (answering(b""), "not HTTP, or cut off"),
        (answering(PAGE, stays_open=True), "answers with a web page, not an API"),
        (answering(b"", then_hangs=True), "no complete answer within 0.3 s"),
        (
            answering(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n", then_hangs=True),
            "no complete answer within 0.3 s",
        ),
    ],
    ids=["no HTTP", "closes", "a page", "hangs", "hangs after its headers"],
)
def test_a_target_that_is_none(behave: Any, words: str, tmp_path: Path) -> None:
    timeout = ["--timeout", "0.3"] if "within" in words else []
    with raw_server(behave) as server:
        is_one_line(said("verify", server.url, *timeout, folder=tmp_path), 3, server.url, words)


# Mistakes in the call


def test_a_contract_with_a_typo_in_it(dead: str, tmp_path: Path, api: FakeApi) -> None:
    file = Path(api.write(tmp_path))
    text = file.read_text(encoding="utf-8")
    line = text.splitlines().index("        does: create") + 1
    file.write_text(text.replace("does: create", "does: creat"), encoding="utf-8")
    for ended in (said("verify", api.url, "--contract", file), said("verify", dead, "--contract", file)):
        is_one_line(ended, 4, f"{file}:{line}: ", "did you mean create?")
    assert api.calls == [], "a target isn't asked for what can't be used"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["verify", "URL", "--contract", "nope"], ["--contract nope: no such contract or file", "fm-session-service"]),
        (
            ["verify", "URL", "--contract", "FAKE", "--only", "RES-1"],
            ["--only RES-1: neither a requirement nor a group"],
        ),
        (
            ["verify", "URL", "--contract", "FAKE", "--effort", "hard"],
            ["--effort: 'hard' is not quick|normal|thorough"],
        ),
        (["verify", "URL", "--contract", "FAKE", "--user", "alice"], ["--user alice: not of the form"]),
        (["verify", "URL", "--contract", "FAKE", "--user", "a=X-User:env:NOT_THERE"], ["NOT_THERE is not set"]),
        (["verify", "URL", "--contract", "EXAMPLE", "--user", "alice"], ["--user alice"]),
        (["verify", "URL", "--contract", "FAKE", "--baseline", "nowhere.toml"], ["nowhere.toml: can't be read"]),
        (["verify", "URL", "--contract", "FAKE", "--baseline", "FAKE"], ["isn't TOML"]),
        (
            ["verify", "URL", "--contract", "FAKE", "--history", "/proc/none/h"],
            ["--history /proc/none/h: can't be written"],
        ),
        (["verify", "URL", "--sidecar", "nowhere.yaml"], ["nowhere.yaml:1: can't be read"]),
        (["verify", "localhost:8002"], ["localhost:8002: not a URL; write it like http://"]),
        (["verify", "URL", "URL"], []),
        (["verify", "--nonsense"], ["--nonsense"]),
        (["verify", "URL", "--timeout"], ["--timeout"]),
        (["verfy"], ["no command 'verfy'; did you mean verify?"]),
        (["contract", "chek"], ["chek"]),
        (["contract", "check", "nowhere.yaml"], ["no such contract or file"]),
        (["requirements", "RES-99"], ["RES-99"]),
        (["selfcheck", "--only", "F-NONE"], ["--only F-NONE: no such fault"]),
        (["selfcheck", "--contract", "nope"], ["nope"]),
        (["baseline", "write", "URL"], ["--owner"]),
        (["baseline", "write", "URL", "--owner", "me", "--until", "soon"], ["--until soon: not a date"]),
        (["baseline", "write", "--owner", "me"], ["needs the URL"]),
        (["completion", "tcsh"], ["tcsh"]),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else str(value),
)
def test_mistakes(arguments: list[str], words: list[str], tmp_path: Path, api: FakeApi) -> None:
    known = {"URL": api.url, "FAKE": api.write(tmp_path), "EXAMPLE": str(EXAMPLE)}
    is_one_line(said(*(known.get(argument, argument) for argument in arguments), folder=tmp_path), 4, *words)
    assert api.made == 0


def test_a_contract_whose_users_are_known_wants_them(tmp_path: Path, api: FakeApi) -> None:
    file = Path(api.write(tmp_path))
    text = file.read_text(encoding="utf-8").replace("{header: X-User}", "{bearer: {login: known}}")
    file.write_text(text, encoding="utf-8")
    ended = said("verify", api.url, "--contract", file, folder=tmp_path)
    is_one_line(ended, 4, "wants users that log in", "--user alice=Authorization:env:ALICE_TOKEN")


def test_mistakes_in_the_file_and_the_environment(tmp_path: Path, api: FakeApi) -> None:
    is_one_line(
        said("verify", api.url, folder=tmp_path, SESSIONPROOF_TIMEOUT="soon"), 4, "SESSIONPROOF_TIMEOUT: 'soon'"
    )
    is_one_line(said("verify", folder=tmp_path, SESSIONPROOF_BASE_URL="nonsense"), 4, "nonsense: not a URL")
    for text, words in (
        ("seed = x", "not valid TOML"),
        ("sead = 1", "did you mean seed?"),
        ("seed = 'x'", "seed: 'x'"),
    ):
        (tmp_path / "sessionproof.toml").write_text(text, encoding="utf-8")
        is_one_line(said("verify", api.url, folder=tmp_path), 4, "sessionproof.toml", words)


@pytest.mark.parametrize(
    "arguments", [["verify", "URL", "--effort", "hard"], ["verify", "DEAD"], ["contract", "check", "x"]]
)
def test_it_is_the_same_for_a_program_of_its_own(arguments: list[str], tmp_path: Path, dead: str) -> None:
    ended = subcommand(command(*(dead if argument == "DEAD" else argument for argument in arguments)), tmp_path)
    is_one_line(ended, 3 if "DEAD" in arguments else 4)
    assert ended.out == ""


@pytest.mark.parametrize("option", ["--json", "--junit", "--html"])
def test_a_report_that_can_not_be_written_is_told_before_the_run(option: str, tmp_path: Path, api: FakeApi) -> None:
    ended = said("verify", api.url, "--contract", api.write(tmp_path), option, "/proc/none/report", "--only", "RES-01")
    is_one_line(ended, 4, "/proc/none/report")
    assert api.made == 0


def test_a_run_that_does_not_begin_leaves_no_reports(dead: str, tmp_path: Path) -> None:
    options = [part for name in ("json", "junit", "html") for part in (f"--{name}", str(tmp_path / name))]
    is_one_line(said("verify", dead, *options, folder=tmp_path), 3, "can't connect")
    assert list(tmp_path.iterdir()) == []


def test_a_run_that_does_not_begin_spoils_no_earlier_report(dead: str, tmp_path: Path) -> None:
    (tmp_path / "report.json").write_text("earlier", encoding="utf-8")
    is_one_line(said("verify", dead, "--json", tmp_path / "report.json", folder=tmp_path), 3, "can't connect")
    assert (tmp_path / "report.json").read_text(encoding="utf-8") == "earlier"


def test_a_closed_pipe_is_no_traceback() -> None:
    program = f"{sys.executable} -m sessionproof requirements | head -1; exit ${{PIPESTATUS[0]}}"
    ended = subprocess.run(
        ["bash", "-c", program],
        cwd=ROOT,
        env=plain_environment(),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert "Traceback" not in ended.stderr
    assert "Exception ignored" not in ended.stderr


# Where settings come from


def test_an_option_comes_before_a_variable_and_that_before_the_file(tmp_path: Path, api: FakeApi) -> None:
    contract, report = api.write(tmp_path), tmp_path / "report.json"
    (tmp_path / "sessionproof.toml").write_text(
        f'contract = "{contract}"\nonly = "LIF-01"\nseed = 3\n', encoding="utf-8"
    )

    def judged(*arguments: str, **environment: str) -> tuple[list[str], int]:
        ended = said(
            "verify", "-q", *arguments, "--json", report, folder=tmp_path, SESSIONPROOF_BASE_URL=api.url, **environment
        )
        assert ended.code == 0, ended.err
        document = json.loads(report.read_text(encoding="utf-8"))
        return [row["id"] for row in document["requirements"] if row["verdict"] == "passed"], document["seed"]

    assert judged() == (["LIF-01"], 3)
    assert judged(SESSIONPROOF_ONLY="RES-01 RES-04", SESSIONPROOF_SEED="4") == (["RES-01", "RES-04"], 4)
    assert judged("--only", "RES-02", "--seed", "5", SESSIONPROOF_ONLY="RES-01", SESSIONPROOF_SEED="4") == (
        ["RES-02"],
        5,
    )


def test_arguments_after_two_dashes_are_pytests(tmp_path: Path, api: FakeApi) -> None:
    call = ("verify", api.url, "--contract", api.write(tmp_path), "-q")
    ended = said(*call, "--", "-k", "every_create_with_one_client_id", "-v", folder=tmp_path)
    assert ended.code == 0
    assert "every_create_with_one_client_id_returns_one_session PASSED" in ended.out
    assert "1 passed" in ended.out.splitlines()[-1]
    ended = said(*call, "--", "--nonsense", folder=tmp_path)
    assert ended.code == 4
    assert "Traceback" not in ended.out + ended.err


def test_a_selection_by_name_within_a_group(tmp_path: Path, api: FakeApi) -> None:
    call = ("verify", api.url, "--contract", api.write(tmp_path), "-q", "--only", "RES")
    ended = said(*call, "--", "-k", "every_create_with_one_client_id", folder=tmp_path)
    assert ended.code == 0


# Help


def all_commands(group: click.Group, *before: str) -> Iterator[tuple[str, ...]]:
    context = click.Context(group)
    for name in group.list_commands(context):
        found = group.get_command(context, name)
        assert found is not None
        yield (*before, name)
        if isinstance(found, click.Group):
            yield from all_commands(found, *before, name)


EVERY = list(all_commands(cli))


def test_every_command_is_in_the_help() -> None:
    ended = said("--help")
    assert ended.code == 0
    assert "Examples:" in ended.out
    for name, *below in EVERY:
        assert below or re.search(rf"^  {name}  +\w", ended.out, re.MULTILINE)
    assert said("-h").out == ended.out


@pytest.mark.parametrize("names", EVERY, ids=" ".join)
def test_the_help_of_each_command_has_examples(names: tuple[str, ...]) -> None:
    goes_on_elsewhere = names == ("serve",)  # with the server's own help, which is another process
    ended = subcommand(command("serve", "--help")) if goes_on_elsewhere else said(*names, "--help")
    assert ended.code == 0
    assert (
        re.search(rf"Examples?:\s+sessionproof {' '.join(names)}", ended.out)
        or "$(sessionproof completion" in ended.out
    )
    assert "Traceback" not in ended.err


def test_every_setting_is_in_the_help_of_verify_with_its_variable() -> None:
    text = re.sub(r"\s+", " ", said("verify", "--help").out)
    for flag in (
        "--contract",
        "--only",
        "--effort",
        "--max-rps",
        "--timeout",
        "--seed",
        "--baseline",
        "--json",
        "--history",
    ):
        assert re.search(rf"{flag} \S+ [^[]*\[env: SESSIONPROOF_{flag[2:].upper().replace('-', '_')}\]", text)


def test_the_version() -> None:
    ended = said("--version")
    assert re.fullmatch(r"sessionproof, version \d+\.\d+\.\d+\n", ended.out)


def test_commands_that_messages_name_exist() -> None:
    texts = (file.read_text(encoding="utf-8") for file in (ROOT / "sessionproof").rglob("*.py"))
    named = {name for text in texts for name in re.findall(r"`sessionproof ([a-z]+)", text)}
    assert named - {name for name, *_ in EVERY} == set()


# Completion

SHELLS = {"bash": "_SESSIONPROOF_COMPLETE=bash_complete", "zsh": "#compdef sessionproof", "fish": "complete --no-files"}


@pytest.mark.parametrize("shell", SHELLS)
def test_completion_scripts(shell: str) -> None:
    ended = said("completion", shell)
    assert ended.code == 0
    assert SHELLS[shell] in ended.out
    if shutil.which(shell):
        checked = subprocess.run(
            [shell, "-n"], input=ended.out, capture_output=True, text=True, timeout=60, check=False
        )
        assert (checked.returncode, checked.stderr) == (0, "")


@pytest.mark.parametrize(
    ("words", "proposed"),
    [
        ("sessionproof ver", "verify"),
        ("sessionproof verify --eff", "--effort"),
        ("sessionproof verify --effort th", "thorough"),
        ("sessionproof verify --only res-0", "RES-01"),
        ("sessionproof verify --only isol", "isolation"),
        ("sessionproof verify --contract fm", "fm-session-service"),
        ("sessionproof completion z", "zsh"),
    ],
)
def test_completions(words: str, proposed: str) -> None:
    count = str(len(words.split()) - 1)
    ended = said(_SESSIONPROOF_COMPLETE="bash_complete", COMP_WORDS=words, COMP_CWORD=count)
    assert proposed in [line.partition(",")[2] for line in ended.out.splitlines()]
    assert ended.code == 0
