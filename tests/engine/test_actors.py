"""Canaries: another's is found wherever it stands, one's own and what one has sent oneself never counts."""

from __future__ import annotations

from dataclasses import replace
from urllib.parse import quote

import pytest

from sessionproof.actors import MARKER, Actor, Canaries, new_marker
from sessionproof.expect import whose
from sessionproof.wire import Answer, Request

from .documents import ALICE, BOB, contract_of
from .scripted import answered, scripted_run

CONTRACT = contract_of(
    """
POST /s:
  x-session: {does: create, title: $request.body#/t, client: $request.header.X-C, session: $response.body#/id}
  parameters: [{name: X-C, in: header}]
  requestBody: {content: {application/json: {}}}
  responses: {200: {content: {application/json: {}}}}
GET /s/{id}: {x-session: {does: read, session: $request.path.id}}
""",
    "{identity: {header: X-User}}",
)


def canaries() -> Canaries:
    known = Canaries()
    for actor in (ALICE, BOB):
        known.add(actor)
    return known


def test_markers_are_each_ones_own_and_survive_urls_and_case() -> None:
    markers = {new_marker() for _ in range(1000)}
    assert len(markers) == 1000
    for marker in markers:
        assert MARKER.fullmatch(marker)
        assert quote(marker, safe="") == marker == marker.lower()


def test_every_text_is_new_and_carries_the_marker() -> None:
    texts = {ALICE.text("about") for _ in range(100)}
    assert len(texts) == 100
    assert all(ALICE.marker in text and text.startswith("about ") for text in texts)


SHOWN = {
    "text": f"... {BOB.marker} ...",
    "upper case": BOB.marker.upper(),
    "mixed case": BOB.marker.replace("b", "B"),
    "json": f'{{"k":"{BOB.marker}"}}',
    "glued to letters": f"client-{BOB.marker}-aa",
    "a URL": f"/s?next={quote('/s/' + BOB.marker + ' é', safe='')}",
    "twice": BOB.marker * 2,
}


@pytest.mark.parametrize("shown", SHOWN.values(), ids=SHOWN)
def test_anothers_is_found(shown: str) -> None:
    assert canaries().foreign(ALICE, [b"nothing"], [b"x", shown.encode()]) == ("bob",)
    assert canaries().foreign(BOB, [b"nothing"], [shown.encode()]) == ()


def test_bytes_that_are_no_text_do_not_hide_it() -> None:
    assert canaries().foreign(ALICE, [], [b"\xff\x00" + BOB.marker.encode() + b"\xfe"]) == ("bob",)


def test_what_was_sent_once_is_never_foreign_again() -> None:
    known = canaries()
    shown = BOB.marker.encode()
    assert known.foreign(ALICE, [], [shown]) == ("bob",)
    assert known.foreign(ALICE, [shown.upper()], [shown]) == ()
    assert known.foreign(ALICE, [], [shown]) == (), "an answer to a later call may repeat it"
    carol = Actor("carol", "c")
    known.add(carol)
    assert known.foreign(carol, [], [shown]) == ("bob",), "what alice has sent is no excuse for carol"


def test_only_markers_of_this_run_count() -> None:
    assert canaries().foreign(ALICE, [], [new_marker().encode()]) == ()


def test_names_are_told_once_and_in_order() -> None:
    known = canaries()
    twin = replace(BOB, marker="zq0000000000bb")
    known.add(twin)
    shown = f"{BOB.marker} {twin.marker} {ALICE.marker}".encode()
    carol = Actor("carol", "c")
    assert known.foreign(carol, [], [shown]) == ("alice", "bob")


# In a run


def leaks_in(answer: Answer, *, reading: str = "1", title: str = "mine") -> tuple[str, ...]:
    """The leaks that a run sees where alice creates with this title and then reads, and `answer` is the answer."""
    run = scripted_run(CONTRACT, lambda _: answer)
    run.canaries.add(ALICE)
    run.canaries.add(BOB)
    first = run.ask(CONTRACT.first("create"), ALICE, {"title": title, "client": ALICE.client})
    return first.leaks + run.ask(CONTRACT.first("read"), ALICE, {"session": reading}).leaks


def test_every_part_of_an_answer_is_looked_at() -> None:
    assert leaks_in(answered({"id": "1", "x": [BOB.text()]})) == ("bob", "bob")
    assert leaks_in(answered({"id": "1"}, x_trace=f"user={BOB.marker}")) == ("bob", "bob")
    assert leaks_in(Answer(200, ((f"X-{BOB.marker}", "1"),))) == ("bob", "bob")
    assert leaks_in(answered({"error": BOB.marker}, 500)) == ("bob", "bob")
    assert leaks_in(Answer(302, (("Location", f"/s/{BOB.marker.upper()}"),))) == ("bob", "bob")
    assert leaks_in(answered({"id": ALICE.text()})) == ()
    assert leaks_in(Answer(None, failure="cut off")) == ()


def test_every_part_of_a_request_counts_as_sent() -> None:
    echo = answered({"id": "1", "said": BOB.marker})
    assert leaks_in(echo, title=f"about {BOB.marker}") == ()
    assert leaks_in(echo, reading=f"a/{BOB.marker}") == ("bob",), "before it was sent it was another's"


def test_a_namesake_is_another() -> None:
    def answer(request: Request) -> Answer:
        return answered({"id": "1", "all": [BOB.marker, "zq0000000000aa"]})

    run = scripted_run(CONTRACT, answer)
    for actor in (ALICE, BOB, replace(ALICE, marker="zq0000000000aa")):
        run.canaries.add(actor)
    reply = run.ask(CONTRACT.first("create"), ALICE, {})
    assert whose(reply) == "another alice, bob"


def test_actors_of_a_run_are_all_different_and_known_by_their_canaries() -> None:
    run = scripted_run(CONTRACT, lambda request: answered({"id": "1", "who": [one.marker for one in actors]}))
    actors = [run.actor("alice"), run.actor("alice"), run.actor("bob"), run.stranger("someone")]
    assert len({actor.user for actor in actors}) == 4
    assert len({actor.client for actor in actors[:3]}) == 3
    assert all(actor.marker in f"{actor.user} {actor.client}" for actor in actors[:3])
    assert run.ask(CONTRACT.first("create"), actors[0], {}).leaks == ("alice", "bob", "stranger")


def test_a_user_of_a_given_name_is_that_one() -> None:
    run = scripted_run(CONTRACT, lambda _: answered({"id": "1"}))
    assert run.actor("dave", "user_1").user == "user_1"
    assert run.stranger(None).user is None
