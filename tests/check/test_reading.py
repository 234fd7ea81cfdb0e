"""What `check` says of files: cut off, packed, put together, and those that are no history."""

from __future__ import annotations

import gzip
import json
import subprocess
from pathlib import Path

import msgspec
import pytest

from sessionproof.history import Event
from tests.engine.running import command, plain_environment, said

from .histories import add, create, header, read, write


def right(session: str = "s1", at: float = 1.0) -> list[Event]:
    return [create(session, at), add(session, "a", at + 1), add(session, "b", at + 2), read(session, "ab", at + 3)]


@pytest.fixture
def good(tmp_path: Path) -> Path:
    return write(tmp_path / "good.jsonl", right())


def events(out: str) -> int:
    """How many events the report says that it judged."""
    return int(out.partition(" events of ")[0].rpartition(" ")[2].replace(",", ""))


def test_a_right_history_is_proven(good: Path) -> None:
    ended = said("check", good)
    assert ended.code == 0, ended.out
    assert events(ended.out) == 4
    report = good.parent / "report.json"
    said("check", good, "--json", report)
    verdicts = {row["id"]: row["verdict"] for row in json.loads(report.read_text())["requirements"]}
    assert verdicts["MSG-01"] == "passed"
    assert verdicts["UPL-01"] == "not selected"


def test_a_history_that_was_cut_off_is_judged_up_to_its_last_whole_line(good: Path) -> None:
    good.write_bytes(good.read_bytes()[:-20])
    ended = said("check", good)
    assert events(ended.out) == 3
    assert "its last line is cut off" in " ".join(ended.out.split())
    assert ended.code in (0, 2), "what is left is right, whether or not it shows anything"


def test_a_last_line_without_its_end_is_whole(good: Path) -> None:
    good.write_bytes(good.read_bytes().rstrip(b"\n"))
    ended = said("check", good)
    assert (ended.code, events(ended.out)) == (0, 4)
    assert "cut off" not in ended.out


def test_a_packed_history_is_read_too_also_when_it_was_cut_off(good: Path) -> None:
    packed = good.with_suffix(".jsonl.gz")
    packed.write_bytes(gzip.compress(good.read_bytes()))
    assert said("check", packed).code == 0
    long = b"".join(msgspec.json.encode(line) + b"\n" for line in (header(), *right() * 3000))
    packed.write_bytes(gzip.compress(long)[:-4000])
    ended = said("check", packed, "--only", "cases")
    assert 3000 < events(ended.out) < 12000
    assert "its last line is cut off" in " ".join(ended.out.split())


def test_standard_input_is_a_history(good: Path) -> None:
    ended = subprocess.run(
        command("check", "-"), input=good.read_bytes(), capture_output=True, check=False, env=plain_environment()
    )
    assert ended.returncode == 0, ended.stderr
    assert events(ended.stdout.decode()) == 4


def test_files_put_one_behind_the_other_are_one_history(good: Path) -> None:
    good.write_bytes(good.read_bytes() + good.read_bytes().replace(b"s1", b"s2"))
    ended = said("check", good)
    assert (ended.code, events(ended.out)) == (0, 8)


def test_several_files_are_judged_as_one_without_comparing_their_clocks(tmp_path: Path) -> None:
    one = write(tmp_path / "1.jsonl", [*right(), add("s1", "c", 9)])
    two = write(tmp_path / "2.jsonl", [read("s1", "abc", 0.5), *right("s2")], header("two"))
    ended = said("check", one, two)
    assert (ended.code, events(ended.out)) == (0, 10), ended.out
    again = write(tmp_path / "2.jsonl", [create("s1", 0.5), *right("s2")], header("two"))
    ended = said("check", one, again)
    assert ended.code == 1, "no id is issued twice, whoever's clock it is by"
    assert "reissued" in ended.out


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "is empty"),
        (b"\n\n", "is empty"),
        (b"\x00\x01\x02\xff" * 100, "neither a history"),
        (b"hello\nworld\n", "neither a history"),
        (b"[1, 2]\n", "neither a history"),
        (b'{"openapi": "3.1.0"}\n', "neither a history"),
        (b'{"history": 2, "clock": "x"}\n', "format 2"),
        (b'{"history": 1, "clock": "x"}\n', "header"),
        (b"[" * 60_000, "neither a history"),
        (b"\x1f\x8bnot really packed", "is empty"),
    ],
)
def test_what_is_no_history_gets_one_clear_line(tmp_path: Path, content: bytes, says: str) -> None:
    file = tmp_path / "given"
    file.write_bytes(content)
    ended = said("check", file)
    assert ended.code == 4
    assert says in ended.err
    assert ended.err.startswith(f"sessionproof: {file}")
    assert ended.err.count("\n") == 1
    assert ended.out == ""


@pytest.mark.parametrize("line", [b"{}", b"not json", b'{"n":1,"t0":"soon"}', b"\xff\xfe", b'{"n":', b"[" * 5_000])
@pytest.mark.parametrize("jobs", ["1", "2"])
def test_a_line_that_is_no_event_is_named_with_its_number(good: Path, line: bytes, jobs: str) -> None:
    lines = good.read_bytes().splitlines(keepends=True)
    good.write_bytes(b"".join([*lines[:3], line + b"\n", *lines[3:]]))
    ended = said("check", good, "--jobs", jobs)
    assert ended.code == 4
    assert f"{good}:4: not an event" in ended.err
    assert ended.err.count("\n") == 1


def test_a_folder_or_a_file_that_is_not_there_gets_one_clear_line(tmp_path: Path) -> None:
    for given in (tmp_path, tmp_path / "nothing.jsonl"):
        ended = said("check", given)
        assert ended.code == 4
        assert ended.err.startswith(f"sessionproof: {given}: can't be read")
        assert ended.err.count("\n") == 1


def test_histories_of_two_contracts_or_of_two_settings_of_time_are_not_mixed(good: Path, tmp_path: Path) -> None:
    other = write(tmp_path / "other.jsonl", [create("s1", 1)], header("two", contract="faultmaven"))
    ended = said("check", good, other)
    assert ended.code == 4
    assert "fm-session-service" in ended.err
    assert "faultmaven" in ended.err
    scaled = write(tmp_path / "scaled.jsonl", [create("s1", 1)], header("two", scale=0.01))
    ended = said("check", good, scaled)
    assert ended.code == 4
    assert "check them one by one" in ended.err


def test_a_contract_that_is_not_bundled_has_to_be_given(tmp_path: Path) -> None:
    file = write(tmp_path / "mine.jsonl", right(), header(contract="mine"))
    ended = said("check", file)
    assert ended.code == 4
    assert "--contract FILE" in ended.err
    ended = said("check", file, "--contract", "fm-session-service")
    assert ended.code == 0
    assert "recorded by the contract mine" in " ".join(ended.out.split())
