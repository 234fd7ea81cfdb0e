"""The plugin in somebody's own repository: it changes nothing unasked, and judges what is marked when asked to."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from sessionproof.requirements import load_requirements

from .documents import ROOT
from .fake_api import FakeApi, fake_api
from .running import REFERENCE, Ended, served, subcommand

PLUGIN = 'pytest_plugins = ["sessionproof.plugin"]\n'
START = "import pytest\nfrom pathlib import Path\nrequirement = pytest.mark.requirement\n"


@pytest.fixture
def api() -> Iterator[FakeApi]:
    with fake_api() as api:
        yield api


class Repository:
    """Somebody's repository: a conftest with the plugin, and one file of tests."""

    def __init__(self, folder: Path, api: FakeApi) -> None:
        self.folder, self.api, self.report = folder, api, folder / "report.json"
        (folder / "pytest.ini").write_text(
            "[pytest]\naddopts = --strict-markers -p no:cacheprovider\n", encoding="utf-8"
        )
        (folder / "conftest.py").write_text(PLUGIN, encoding="utf-8")

    def tests(self, text: str) -> None:
        (self.folder / "test_mine.py").write_text(START + text, encoding="utf-8")

    def plain(self, *arguments: str) -> Ended:
        alone = {} if "-n" in arguments else {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}  # which is quicker
        return subcommand([sys.executable, "-m", "pytest", *arguments], self.folder, alone)

    def judged(self, *arguments: str, seed: str = "1") -> Ended:
        contract = f"--sessionproof-contract={self.api.write(self.folder)}"
        report = f"--sessionproof-json={self.report}"
        given = [contract, report, *([f"--sessionproof-seed={seed}"] if seed else [])]
        return self.plain("--base-url", self.api.url, *given, "-rA", *arguments)

    @property
    def verdicts(self) -> dict[str, str]:
        """What was selected, and its verdict."""
        return {row["id"]: row["verdict"] for row in self.document["requirements"] if row["verdict"] != "not selected"}

    @property
    def document(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.report.read_text(encoding="utf-8"))
        return found


@pytest.fixture
def repository(tmp_path: Path, api: FakeApi) -> Repository:
    (tmp_path / "repository").mkdir()
    return Repository(tmp_path / "repository", api)


ORDINARY = """
def test_ordinary():
    assert 1 + 1 == 2

@pytest.fixture
def mine():
    return 3

@pytest.mark.parametrize("number", [3, 4])
def test_with_a_fixture(mine, number):
    assert mine <= number
"""
WITH_ACTORS = """
def test_actors(alice, bob, carol, nobody, newcomer, stranger, expect, target, numbers, chance):
    session = alice.has_session(title=alice.text("mine"))
    expect(alice.read(session)).says("session", session)
    for other in (bob, carol, newcomer(), newcomer()):
        expect(other.read(session)).is_foreign()
    expect(nobody.read(session)).is_without_identity()
    expect(stranger("made-up").read(session)).is_foreign()
    assert target.contract.name == "fake"
    assert numbers.times == 2
    assert 0 <= chance.random() < 1
"""
MARKED = """
@requirement("RES-01")
def test_resumes(alice, expect):
    first = expect(alice.create(client=alice.client)).makes_new()
    expect(alice.create(client=alice.client)).resumes(first.session)
"""


# Without a target


def test_without_a_base_url_nothing_is_changed(repository: Repository) -> None:
    repository.tests(ORDINARY)
    ended = repository.plain()
    assert ended.code == 0
    assert "3 passed" in ended.out
    assert "sessionproof" not in ended.out


def test_without_a_base_url_what_needs_one_says_so(repository: Repository) -> None:
    repository.tests(ORDINARY + WITH_ACTORS + MARKED)
    ended = repository.plain()
    assert ended.code == 1
    assert "this test needs a deployment: add --base-url URL" in ended.out
    assert re.search(r"3 passed.*2 errors|2 errors.*3 passed", ended.out)
    repository.tests(MARKED)
    ended = repository.plain()
    assert ended.code == 4
    assert "these checks need a deployment: add --base-url URL" in ended.out + ended.err


# With one


def test_ordinary_tests_and_tests_with_actors(repository: Repository) -> None:
    repository.tests(ORDINARY + WITH_ACTORS)
    ended = repository.judged()
    assert ended.code == 0, ended.out
    assert "4 passed" in ended.out
    assert repository.api.made > 0
    assert repository.api.sessions == {}


VARIOUS = """
@requirement("LIF-01")
def test_proven(alice, expect):
    expect(alice.create()).succeeds()

@requirement("LIF-03")
def test_broken(alice, expect):
    expect(alice.read(alice.has_session())).says("title", "another")

@requirement("LIF-05")
def test_asserts(alice):
    assert alice.has_session() == 1, "a plain assertion"

@requirement("LIF-06")
def test_set_up_fails(alice, expect):
    alice.arranged(alice.read("nowhere"), "read")

@requirement("LIF-09")
def test_not_declared(alice):
    raise RuntimeError("never called")

@requirement("EXP-01")
def test_needs_a_clock(alice):
    raise RuntimeError("never called")

@requirement("ISO-03")
def test_skipped():
    pytest.skip("not today")

@requirement("ISO-01")
def test_exercises_nothing(alice, expect):
    pass

@requirement("RES-02")
def test_harness_fault(alice):
    {}["missing"]
"""
EXPECTED = {
    "LIF-01": "passed",
    "LIF-03": "failed",
    "LIF-05": "failed",
    "LIF-06": "error",
    "LIF-09": "not applicable",
    "EXP-01": "unproven",
    "ISO-03": "unproven",
    "ISO-01": "unproven",
    "RES-02": "error",
}


def test_marked_tests_become_verdicts(repository: Repository) -> None:
    repository.tests(VARIOUS + ORDINARY)
    ended = repository.judged("-v")
    assert repository.verdicts == EXPECTED
    assert ended.code == 1
    for name, shown in {
        "proven": "PASSED",
        "broken": "FAILED",
        "needs_a_clock": "UNPROVEN",
        "skipped": "UNPROVEN",
    }.items():
        assert re.search(rf"test_{name} {shown}", ended.out), name
    assert re.search("test_not_declared NOT APPLICABLE", ended.out)
    assert re.search("test_set_up_fails ERROR", ended.out)
    assert "LIF-03, LIF-05 broken" in ended.out
    rows = {row["id"]: row for row in repository.document["requirements"]}
    assert rows["LIF-05"]["reason"].startswith("a plain assertion")
    assert rows["ISO-03"]["reason"] == "not today"
    assert "harness fault: KeyError" in rows["RES-02"]["reason"]
    assert "set-up failed: read answered 404" in rows["LIF-06"]["reason"]
    shown = ended.out[ended.out.index("LIF-03: ") :]
    assert f"LIF-03: {rows['LIF-03']['sentence']}" in shown
    for words in (
        "expected  title 'another'",
        "seen      title None",
        "> GET /s/",
        "curl -sS",
        "--only LIF-03 --seed 1",
    ):
        assert words in shown


# With several workers

SEEDS = """
@pytest.mark.parametrize("number", range(6))
def test_seed(target, number):
    with Path("seeds").open("a") as file:
        file.write(f"{target.seed}\\n")
"""


@pytest.fixture(scope="module")
def workers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Repository, Ended]]:
    """What a run with two workers has come to."""
    with fake_api() as api:
        repository = Repository(tmp_path_factory.mktemp("workers"), api)
        repository.tests(VARIOUS + ORDINARY + SEEDS)
        yield repository, repository.judged("-n", "2", "--sessionproof-history=history.jsonl", seed="")


def test_several_workers_give_the_same_verdicts(workers: tuple[Repository, Ended]) -> None:
    repository, ended = workers
    assert repository.verdicts == EXPECTED
    assert ended.code == 1
    assert repository.api.sessions == {}
    assert "LIF-03, LIF-05 broken" in ended.out


def test_the_history_of_several_workers_is_whole(workers: tuple[Repository, Ended]) -> None:
    repository, _ = workers
    lines = (repository.folder / "history.jsonl").read_bytes().splitlines()
    calls = [json.loads(line) for line in lines[1:]]
    assert len(calls) == repository.document["requests"]
    assert len({(call["clock"], call["n"]) for call in calls}) == len(calls)


def test_several_workers_have_one_seed(workers: tuple[Repository, Ended]) -> None:
    repository, _ = workers
    seeds = (repository.folder / "seeds").read_text(encoding="utf-8").split()
    assert len(seeds) == 6
    assert set(seeds) == {str(repository.document["seed"])}


def test_a_target_that_dies_under_several_workers(repository: Repository) -> None:
    ids = ("RES-01", "RES-02", "LIF-01", "LIF-03", "LIF-05", "LIF-06", "ISO-01", "ISO-03")
    repository.tests("".join(MARKED.replace("RES-01", id).replace("test_", f"test_{id[:3]}{id[4:]}_") for id in ids))

    def dies_at_the_fourth_session(method: str, path: str) -> None:
        if repository.api.made == 4:
            repository.api.die()

    repository.api.before = dies_at_the_fourth_session
    ended = repository.judged("-n", "2")
    assert ended.code == 3
    assert set(repository.verdicts) == set(ids)
    assert set(repository.verdicts.values()) == {"passed", "error"}
    assert len(repository.document["left_behind"]) == 4


ACCEPTED = """
[[accepted]]
requirement = "{}"
verdict = "{}"
reason = "known"
owner = "me"
until = 2099-12-31
"""


def accepting(repository: Repository, **accepted: str) -> str:
    file = repository.folder / "baseline.toml"
    entries = (ACCEPTED.format(id.replace("_", "-"), verdict) for id, verdict in accepted.items())
    file.write_text("\n".join(entries), encoding="utf-8")
    return f"--sessionproof-baseline={file}"


UNPROVEN = (
    MARKED
    + """
@requirement("EXP-01")
def test_needs_a_clock(alice):
    pass
"""
)


def test_what_is_unproven_is_no_success_unless_it_is_accepted(repository: Repository) -> None:
    repository.tests(UNPROVEN)
    ended = repository.judged()
    assert ended.code == 2
    assert repository.verdicts == {"RES-01": "passed", "EXP-01": "unproven"}
    assert "unproven, needs a clock: EXP-01" in ended.out
    ended = repository.judged(accepting(repository, EXP_01="unproven"))
    assert ended.code == 0
    assert "1 accepted by the baseline" in ended.out
    ended = repository.judged(accepting(repository, EXP_01="unproven", RES_01="failed"))
    assert ended.code == 2
    assert "RES-01 is passed now, no longer failed" in ended.out


def test_a_selection_is_judged_alone(repository: Repository) -> None:
    repository.tests(UNPROVEN)
    assert repository.judged("-k", "resumes").code == 0
    assert repository.verdicts == {"RES-01": "passed"}
    assert repository.judged("-k", "clock").code == 2
    assert repository.verdicts == {"EXP-01": "unproven"}
    assert repository.judged("--sessionproof-only=RES").code in (0, 2)
    assert repository.verdicts["RES-01"] == "passed"
    assert "EXP-01" not in repository.verdicts


FAILING = """
def test_ordinary_that_fails():
    assert False
"""


def test_an_ordinary_test_that_fails_still_fails(repository: Repository) -> None:
    repository.tests(MARKED + FAILING)
    ended = repository.judged()
    assert ended.code == 1
    assert repository.verdicts == {"RES-01": "passed"}
    repository.tests(UNPROVEN + FAILING)
    assert repository.judged().code == 1


BROKEN = """
@requirement("RES-01")
def test_broken(alice, expect):
    expect(alice.create()).is_refused()
"""


def test_an_ordinary_test_that_fails_is_not_hidden_by_what_is_accepted(repository: Repository) -> None:
    repository.tests(BROKEN + FAILING)
    accepted = accepting(repository, RES_01="failed")
    assert repository.judged(accepted, "-k", "broken").code == 0
    assert repository.judged(accepted).code == 1


def test_a_broken_should_is_shown_but_fails_nothing(repository: Repository) -> None:
    rows = load_requirements().values()
    should = next(
        row.id for row in rows if row.level == "SHOULD" and row.capabilities == {"create", "read"} and not row.means
    )
    repository.tests(MARKED + BROKEN.replace("RES-01", should))
    assert repository.judged().code == 0
    assert repository.verdicts == {"RES-01": "passed", should: "warned"}


def test_a_leak_on_the_way_is_a_failure_of_isolation(repository: Repository) -> None:
    api = repository.api

    def shows_everything(method: str, path: str) -> tuple[int, Any] | None:
        return (200, {"all": list(api.sessions.values())}) if (method, path) == ("GET", "/s") else None

    api.before = shows_everything
    repository.tests(
        MARKED
        + """
@requirement("LIF-06")
def test_lists(alice, bob, expect):
    alice.has_session(title=alice.text())
    expect(bob.list()).succeeds()
"""
    )
    ended = repository.judged()
    assert ended.code == 1
    assert repository.verdicts == {"RES-01": "passed", "LIF-06": "passed", "ISO-03": "failed"}
    (row,) = (row for row in repository.document["requirements"] if row["id"] == "ISO-03")
    assert "bob was shown words of alice" in row["evidence"][0]["seen"]


# Mistakes


def test_mistakes_are_clear_and_no_traceback(repository: Repository) -> None:
    repository.tests(MARKED.replace("RES-01", "RES-99"))
    ended = repository.judged()
    assert ended.code == 4
    assert "no requirement RES-99; `sessionproof requirements` lists them" in ended.out + ended.err
    repository.tests(MARKED)
    ended = repository.judged("--sessionproof-effort=hard")
    assert ended.code == 4
    assert "'hard' is not quick|normal|thorough" in ended.err
    repository.api.die()
    ended = repository.judged()
    assert ended.code == 3
    assert "can't connect" in ended.out + ended.err
    assert "Traceback" not in ended.out + ended.err


def test_another_plugin_may_have_the_base_url(repository: Repository) -> None:
    other = 'def pytest_addoption(parser):\n    parser.addoption("--base-url", dest="base_url", default=None)\n'
    (repository.folder / "other_plugin.py").write_text(other, encoding="utf-8")
    repository.tests(MARKED)
    ended = repository.judged("-p", "other_plugin")
    assert ended.code == 0, ended.out + ended.err
    assert repository.verdicts == {"RES-01": "passed"}


def test_a_report_that_can_not_be_written_is_no_traceback(repository: Repository) -> None:
    repository.tests(MARKED)
    ended = repository.judged("--sessionproof-html=/proc/none/report.html")
    assert "Traceback" not in ended.out + ended.err
    assert "/proc/none/report.html: can't be written" in ended.out + ended.err


@pytest.mark.parametrize(
    "text", ["@requirement('RES-01')\nclass TestIt:\n    {}", "pytestmark = requirement('RES-01')\n{}"]
)
def test_the_mark_of_a_class_or_module_counts(repository: Repository, text: str) -> None:
    function = "def test_it(self, alice, expect):\n        expect(alice.create()).succeeds()\n"
    if "class" not in text:
        function = function.replace("self, ", "").replace("        ", "    ")
    repository.tests(text.format(function))
    assert "1 passed" in repository.judged().out
    assert repository.verdicts == {"RES-01": "passed"}


# The suites of this repository


SUITES = [sys.executable, "-m", "pytest", "suites", "-p", "no:cacheprovider"]


def test_the_suites_are_ordinary_pytest_items(tmp_path: Path) -> None:
    report, baseline = tmp_path / "report.json", ROOT / "reference_server" / "baselines" / "fm-session-service.toml"
    with served(*REFERENCE, "--clock", "control") as url:
        given = ["--sessionproof-effort=quick", "--sessionproof-clock=control"]
        given += [f"--sessionproof-baseline={baseline}", f"--sessionproof-json={report}"]
        ended = subcommand([*SUITES, "--base-url", url, *given])
    assert ended.code == 0, ended.out
    document = json.loads(report.read_text(encoding="utf-8"))
    assert document["contract"] == "fm-session-service"
    assert document["summary"]["passed"] > 30
    assert document["left_behind"] == []
    assert re.search(r"\d+ passed", ended.out)


def test_the_suites_without_a_target_say_what_they_need() -> None:
    ended = subcommand(SUITES)
    assert ended.code == 4
    assert "add --base-url URL" in ended.err + ended.out
    assert "Traceback" not in ended.err + ended.out
