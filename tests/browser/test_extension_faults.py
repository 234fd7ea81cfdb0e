"""Each fault of the reference extension fails the requirement that it was declared to break."""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import pytest

from sessionproof.browser.faults import Change, Fault, known_faults
from sessionproof.requirements import load_requirements

from .driving import EXTENSION, Driven, drive

FAULTS = known_faults()
AT_ONCE = 2
each_fault = pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.id)


@pytest.fixture(scope="module")
def driven(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Future[Driven]]]:
    """A run with each fault, of the check of what it breaks most directly; two at a time."""

    def run(fault: Fault) -> Driven:
        return drive(tmp_path_factory.mktemp(fault.id), "--fault", fault.id, "--only", fault.breaks[0])

    pool = ThreadPoolExecutor(AT_ONCE)
    yield {fault.id: pool.submit(run, fault) for fault in FAULTS}
    pool.shutdown(cancel_futures=True)


@each_fault
def test_it_trips_what_it_breaks(fault: Fault, driven: dict[str, Future[Driven]]) -> None:
    seen = driven[fault.id].result()
    must = load_requirements()[fault.breaks[0]].level == "MUST"
    broken = (1, "failed") if must else (2, "warned")  # nothing but a warning proves nothing
    assert (seen.code, seen.verdicts) == (broken[0], {fault.breaks[0]: broken[1]}), seen.out + seen.err
    row = seen.row(fault.breaks[0])
    assert row["evidence"][0]["expected"]
    assert row["repeat"].startswith(f"sessionproof browser --fault {fault.id} --only {fault.breaks[0]} --seed ")


@each_fault
def test_it_is_a_small_change_of_the_extension_as_it_is(fault: Fault, tmp_path: Path) -> None:
    copy = shutil.copytree(EXTENSION, tmp_path / "extension")
    fault.apply(copy)
    files = {file.relative_to(EXTENSION): file.read_text(encoding="utf-8") for file in EXTENSION.iterdir()}
    changed = {str(name) for name, text in files.items() if (copy / name).read_text(encoding="utf-8") != text}
    assert changed == {change.file for change in fault.changes}


def test_a_change_that_does_not_fit_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.js").write_text("one; two; two;", encoding="utf-8")
    for old in ("two;", "three;"):
        fault = Fault("F-CLI-99", (), "", False, (Change("a.js", old, ""),))
        with pytest.raises(ValueError, match=r"F-CLI-99: a\.js has [02] times"):
            fault.apply(tmp_path)


def test_what_they_break_is_a_clients() -> None:
    known = load_requirements()
    assert {known[id].group for fault in FAULTS for id in fault.breaks} == {"client"}


def test_each_requirement_of_a_client_has_two_of_which_one_is_conditional() -> None:
    broken = Counter(fault.breaks[0] for fault in FAULTS)
    conditional = {fault.breaks[0] for fault in FAULTS if fault.conditional}
    judged = {f"CLI-{number:02}" for number in range(1, 13)}
    assert {id for id, times in broken.items() if times > 1} == judged
    assert judged - conditional == set()
