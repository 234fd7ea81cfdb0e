"""Each fault in cases and in their histories, seen from outside."""

from collections.abc import Callable

import pytest

from reference_server.faults import FAULTS, weave
from reference_server.local_flows import NOBODY, Flows, Running

SCENARIOS: dict[str, Callable[[Flows], bool]] = {}


def shows(fault_id: str) -> Callable[[Callable[[Flows], bool]], Callable[[Flows], bool]]:
    """The scenario is true where this fault is, and nowhere else."""
    return lambda scenario: SCENARIOS.setdefault(fault_id, scenario)


def two_cases(flows: Flows, **body: str) -> tuple[str, list[str]]:
    """A session with two cases of one query each, and the ids of these."""
    session_id = flows.new(**body)
    flows.ask(session_id, "a secret")
    flows.new_case(session_id)
    flows.ask(session_id, "what now?")
    return session_id, flows.cases(session_id)


@shows("F-CAS-20")
def there_is_a_case_at_birth(flows: Flows) -> bool:
    return flows.current(flows.new()) is not None


@shows("F-CAS-21")
def the_oldest_path_forgets_its_case(flows: Flows) -> bool:
    session_id = flows.new()
    flows.ask(session_id, path="/query")
    first = flows.current(session_id)
    flows.ask(session_id, path="/query")
    assert len(flows.cases(flows.new())) == 0
    return first is None and len(flows.cases(session_id)) == 2


@shows("F-CAS-22")
def the_sixth_query_opens_a_case(flows: Flows) -> bool:
    session_id = flows.new()
    for number in range(5):
        flows.ask(session_id, f"{number}")
    assert len(flows.cases(session_id)) == 1
    flows.ask(session_id)
    return len(flows.cases(session_id)) == 2


@shows("F-CAS-23")
def the_first_query_makes_two(flows: Flows) -> bool:
    session_id = flows.new()
    flows.ask(session_id)
    made = len(flows.cases(session_id))
    flows.ask(session_id)
    assert len(flows.cases(session_id)) == made
    return made == 2


@shows("F-CAS-01")
def the_current_case_stays(flows: Flows) -> bool:
    session_id = flows.new()
    flows.ask(session_id)
    before = flows.current(session_id)
    assert flows.new_case(session_id)["case_id"] in flows.cases(session_id)
    return flows.current(session_id) == before


@shows("F-CAS-24")
def an_empty_case_is_used_again(flows: Flows) -> bool:
    session_id, (first, second) = two_cases(flows)
    assert first != second
    return bool(flows.new_case(session_id)["case_id"] == flows.new_case(session_id)["case_id"])


@shows("F-CAS-25")
def the_first_of_three_is_gone(flows: Flows) -> bool:
    session_id, (first, _) = two_cases(flows)
    assert flows.questions(session_id, first) == ["a secret"]
    flows.new_case(session_id)
    return flows.history(session_id, first).status_code == 404


@shows("F-CAS-26")
def the_last_query_moves(flows: Flows) -> bool:
    session_id = flows.new()
    flows.ask(session_id, "a secret")
    flows.new_case(session_id)
    return "a secret" in flows.ask(session_id, "and?") and flows.questions(session_id)[1] == "a secret"


@shows("F-CAS-04")
def a_resume_closes_the_case(flows: Flows) -> bool:
    session_id, _ = two_cases(flows, client_id="tab")
    assert flows.current(session_id)
    assert flows.new(client_id="tab") == session_id
    return flows.current(session_id) is None


@shows("F-CAS-35")
def a_resume_goes_back_to_the_first_case(flows: Flows) -> bool:
    session_id, (first, _) = two_cases(flows, client_id="tab")
    flows.new(client_id="tab")
    return flows.current(session_id) == first


@shows("F-CAS-36")
def a_resume_overlooks_a_new_case(flows: Flows) -> bool:
    session_id, (_, second) = two_cases(flows, client_id="tab")
    flows.new(client_id="tab")
    assert flows.current(session_id) == second
    flows.new_case(session_id)
    flows.new(client_id="tab")
    return flows.current(session_id) == second


@shows("F-CAS-37")
def the_second_resume_closes_the_case(flows: Flows) -> bool:
    session_id, (_, second) = two_cases(flows, client_id="tab")
    flows.new(client_id="tab")
    assert flows.current(session_id) == second
    flows.new(client_id="tab")
    return flows.current(session_id) is None


@shows("F-CAS-02")
def first_queries_make_two_cases(flows: Flows) -> bool:
    session_id = flows.new()
    flows.together(flows.question(session_id, "a"), flows.question(session_id, "b"))
    assert sorted(flows.said(session_id)) == ["a", "b"]
    return len(flows.cases(session_id)) == 2


@shows("F-CAS-38")
def one_of_two_starts_is_lost(flows: Flows) -> bool:
    session_id = flows.new()
    start: tuple[str, dict[str, object]] = (flows.one(session_id, "/new-case"), {})
    flows.together(start, start)
    return len(flows.cases(session_id)) == 1


@shows("F-CAS-39")
def a_history_outlives_its_session(flows: Flows) -> bool:
    session_id, (first, _) = two_cases(flows)
    flows.delete(session_id)
    assert not flows.alive(session_id)
    assert flows.history(session_id, first, "bob").status_code == 404
    return flows.history(session_id, first).status_code == 200


@shows("F-CAS-40")
def the_next_session_of_a_client_has_the_cases(flows: Flows) -> bool:
    session_id, _ = two_cases(flows, client_id="tab")
    flows.delete(session_id)
    assert flows.said(flows.new()) == []
    return flows.said(flows.new(client_id="tab")) == ["a secret", "what now?"]


@shows("F-CAS-41")
def cases_outlive_expiry(flows: Flows) -> bool:
    session_id, _ = two_cases(flows)
    flows.local.forward(days=2)
    assert not flows.alive(session_id)
    return flows.history(session_id).status_code == 200


@shows("F-CAS-42")
def a_new_case_makes_a_session(flows: Flows) -> bool:
    assert not flows.alive(NOBODY)
    flows.new_case(NOBODY)
    return flows.alive(NOBODY)


@shows("F-CAS-44")
def a_query_revives(flows: Flows) -> bool:
    asked, other = flows.new(), flows.new()
    flows.ask(asked)
    for session_id in (asked, other):
        flows.delete(session_id)
        assert not flows.alive(session_id)
        flows.asked(session_id)
    assert not flows.alive(other)
    return flows.alive(asked)


@shows("F-CAS-45")
def a_refused_case_closes(flows: Flows) -> bool:
    session_id, _ = two_cases(flows)
    assert "case_id" not in flows.new_case(session_id, "bob")
    return flows.current(session_id) is None


@shows("F-CAS-03")
def all_cases_are_remembered(flows: Flows) -> bool:
    session_id, _ = two_cases(flows)
    flows.ask(session_id, "more")
    return "a secret" in flows.ask(session_id, "and?")


@shows("F-CAS-28")
def the_case_before_is_remembered_once(flows: Flows) -> bool:
    session_id = flows.new()
    flows.ask(session_id, "a secret")
    flows.new_case(session_id)
    first = flows.ask(session_id, "what now?")
    assert "a secret" not in flows.ask(session_id, "and?")
    return "a secret" in first


@shows("F-CAS-29")
def the_first_case_answers(flows: Flows) -> bool:
    session_id = flows.new()
    flows.ask(session_id, "a secret")
    assert "a secret" in flows.ask(session_id, "what do you know?")
    flows.new_case(session_id)
    assert "a secret" not in flows.ask(session_id, "anything?")
    return "a secret" in flows.ask(session_id, "what do you know?")


@shows("F-CAS-30")
def an_empty_case_is_not_listed(flows: Flows) -> bool:
    session_id, listed = two_cases(flows)
    flows.new_case(session_id)
    return flows.cases(session_id) == listed


@shows("F-CAS-31")
def a_history_runs_on(flows: Flows) -> bool:
    session_id, (first, second) = two_cases(flows)
    assert flows.questions(session_id, second) == [None, "what now?"]
    return "what now?" in flows.questions(session_id, first)


@shows("F-CAS-32")
def the_tenth_case_is_found_by_the_first(flows: Flows) -> bool:
    session_id, (first, _) = two_cases(flows)
    assert flows.questions(session_id, first) == ["a secret"]
    for _ in range(8):
        flows.new_case(session_id)
    flows.ask(session_id, "ten")
    return flows.questions(session_id, first) == ["a secret", None, "ten"]


@shows("F-CAS-33")
def confidence_is_told_in_percent(flows: Flows) -> bool:
    session_id, (first, _) = two_cases(flows)
    assert flows.history(session_id).json()["history"][0]["confidence_score"] == 1
    return bool(flows.history(session_id, first).json()["history"][0]["confidence_score"] == 100)


@shows("F-CAS-34")
def a_history_is_cut(flows: Flows) -> bool:
    session_id = flows.new()
    for number in range(12):
        flows.ask(session_id, f"{number}")
    assert len(flows.questions(session_id)) == 12
    flows.ask(session_id, "more")
    return len(flows.questions(session_id)) == 12


@shows("F-CAS-43")
def an_unknown_case_is_empty(flows: Flows) -> bool:
    answer = flows.history(flows.new(), NOBODY)
    return answer.status_code == 200 and answer.json()["history"] == []


@shows("F-CAS-50")
def an_unknown_case_is_the_current_one(flows: Flows) -> bool:
    assert flows.history(flows.new(), NOBODY).status_code == 404
    session_id, (_, second) = two_cases(flows)
    return bool(flows.history(session_id, NOBODY).json().get("case_id") == second)


@shows("F-CAS-46")
def the_alias_is_stale(flows: Flows) -> bool:
    session_id = flows.new()
    flows.ask(session_id, "a")
    session = flows.read(session_id)
    assert session["investigation_history"] == session["case_history"]
    flows.ask(session_id, "b")
    return len(flows.read(session_id)["investigation_history"]) == 1


@shows("F-CAS-47")
def the_alias_lacks_the_start_of_cases(flows: Flows) -> bool:
    session_id, _ = two_cases(flows)
    return len(flows.read(session_id)["investigation_history"]) == 2


@shows("F-CAS-48")
def the_alias_is_one_behind(flows: Flows) -> bool:
    session_id = flows.new()
    first = flows.new_case(session_id)
    assert first["case_id"] == first["investigation_id"]
    return bool(flows.new_case(session_id)["investigation_id"] == first["case_id"])


@shows("F-CAS-49")
def the_alias_has_no_hyphens(flows: Flows) -> bool:
    told = flows.new_case(flows.new())
    return told["investigation_id"] != told["case_id"] and "-" not in told["investigation_id"]


def test_every_fault_in_cases_is_shown() -> None:
    here = ("cases", "case_histories")
    assert set(SCENARIOS) == {fault.id for fault in FAULTS.values() if fault.topic in here}


@pytest.mark.parametrize("fault_id", sorted(SCENARIOS))
def test_the_fault_does_what_it_says_and_the_server_without_it_does_not(fault_id: str) -> None:
    assert FAULTS[fault_id].contracts == ("faultmaven",)
    for faults, expected in (([], False), ([fault_id], True)):
        with Running("faultmaven", weave(faults)) as flows:
            assert SCENARIOS[fault_id](flows) is expected
