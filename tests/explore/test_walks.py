"""Single steps against a scripted API: what each answer means by the contract."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import count
from typing import Any

import pytest

from sessionproof.contract import Contract, find_contract, load_contract
from sessionproof.explore.acts import take
from sessionproof.explore.claims import Broken, Claims, Unclear
from sessionproof.explore.exploration import JUDGED
from sessionproof.explore.smaller import smaller, without
from sessionproof.explore.steps import Step
from sessionproof.explore.walk import Walk
from sessionproof.wire import Answer, Request
from tests.engine.scripted import answered, scripted_run
from tests.timed.made_up import Jumping

FM = load_contract(find_contract("fm-session-service"))


def walk_on(answer: Callable[[Request], Answer], contract: Contract = FM) -> Walk:
    run = scripted_run(contract, answer)
    run.clock = Jumping()  # of the scripted answers' times
    return Walk(run, Claims(JUDGED))


def broken_by(walk: Walk, *steps: Step) -> str:
    for step in steps[:-1]:
        take(walk, step)
    with pytest.raises(Broken) as caught:
        take(walk, steps[-1])
    return caught.value.requirement


def creating(ids: Callable[[Request], Any], resumed: bool = False) -> Callable[[Request], Answer]:
    return lambda request: answered({"session_id": ids(request), "session_resumed": resumed}, 201)


def test_one_id_for_two_creates_without_a_client() -> None:
    assert broken_by(walk_on(creating(lambda _: "s")), Step("create"), Step("create")) == "RES-09"


def test_another_id_for_a_client_that_has_a_session() -> None:
    fresh = count()
    assert (
        broken_by(walk_on(creating(lambda _: f"s{next(fresh)}")), Step("create", way=1), Step("resume", session=0))
        == "RES-01"
    )


def test_one_session_for_a_client_id_of_two_users() -> None:
    assert broken_by(walk_on(creating(lambda _: "s")), Step("create", way=1), Step("create", user=1, way=1)) == "RES-05"


def test_a_new_session_that_claims_to_be_resumed() -> None:
    assert broken_by(walk_on(creating(lambda _: "s", resumed=True)), Step("create", way=1)) == "RES-02"


def test_a_foreign_read_that_succeeds() -> None:
    reading = creating(lambda _: "s")
    assert broken_by(walk_on(reading), Step("create"), Step("intrude", user=1, session=0)) == "ISO-01"


def test_no_answer_says_nothing() -> None:
    with pytest.raises(Unclear):
        take(walk_on(lambda _: Answer(None, failure="cut off")), Step("create"))


def test_a_route_that_goes_on_showing_what_was_deleted() -> None:
    def answer(request: Request) -> Answer:
        if request.binding.operation in ("create", "delete"):
            return answered({"session_id": "s"} if request.binding.operation == "create" else None, 201)
        return answered({"messages": []}) if request.binding.operation == "messages" else answered({}, 404)

    gone = (Step("create"), Step("delete", session=0))
    assert broken_by(walk_on(answer), *gone, Step("everything", how=1)) == "LIF-05"


def test_a_list_that_is_cut_without_a_way_on_says_nothing() -> None:
    listing = dict(FM.first("list").sends)
    limited = replace(FM.first("list"), sends={name: listing[name] for name in ("limit",)})
    bindings = tuple(limited if binding.operation == "list" else binding for binding in FM.bindings)
    created, cut = creating(lambda _: "s"), answered({"sessions": [{"session_id": "other"}], "total": 2})
    walk = walk_on(
        lambda request: created(request) if request.method == "POST" else cut, replace(FM, bindings=bindings)
    )
    take(walk, Step("create"))
    with pytest.raises(Unclear, match="how to ask for the rest"):
        take(walk, Step("look_at_list"))


def test_what_isn_t_wanted_ends_a_walk_and_breaks_nothing() -> None:
    walk = Walk(scripted_run(FM, creating(lambda _: "s")), Claims({"MSG-01"}))
    take(walk, Step("create"))
    with pytest.raises(Unclear):
        take(walk, Step("create"))


def test_a_step_about_what_isn_t_there_does_nothing() -> None:
    walk = walk_on(creating(lambda _: "s"))
    for act in ("look", "say", "delete", "haunt", "intrude", "stray", "resume"):
        take(walk, Step(act, user=1, session=3))
    assert walk.transcript == []


STEPS = [Step("begin"), Step("create"), Step("create"), Step("say", session=0), Step("say", session=1)]
MADE = [range(0), range(1), range(1, 2), range(2, 2), range(2, 2)]


def test_a_session_goes_with_what_was_done_to_it_and_the_others_move_up() -> None:
    assert without(STEPS, MADE, [1]) == [Step("begin"), Step("create"), Step("say", session=0)]


def test_what_a_walk_can_do_without_is_left_out() -> None:
    def taken(steps: list[Step]) -> tuple[list[Step], list[range]]:
        made, number = [], 0
        for step in steps:
            made.append(range(number, number + (step.act == "create")))
            number += step.act == "create"
        return steps, made

    def breaks(steps: Any) -> list[Step] | None:
        return list(steps) if any(step.act == "say" and step.session >= 0 for step in steps) else None

    assert smaller(STEPS, taken, breaks) == [Step("begin"), Step("create"), Step("say", session=0)]
