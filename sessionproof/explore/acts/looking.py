"""Reading: a session, a list, or all that there is, and whether it is what it has to be."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sessionproof.contract.expressions import ABSENT
from sessionproof.explore.acts.conversations import cases_are, talk_is
from sessionproof.explore.acts.ending import haunted
from sessionproof.explore.acts.files import files_are
from sessionproof.explore.claims import Claims, View
from sessionproof.explore.steps import Step
from sessionproof.explore.walk import Walk
from sessionproof.explore.world import UNKNOWN, Session, alike
from sessionproof.wire import Reply

__all__ = ["everything", "health", "look", "look_at_list"]

_PAGES = (None, 2, 1, 3)
_APART = 4  # sessions


def look(walk: Walk, step: Step) -> None:
    """One living session, by all routes that show it; `how` says in what pages."""
    session = walk.session(step.session)
    if session is not None:
        see(walk, session, _PAGES[step.how % len(_PAGES)])


def everything(walk: Walk, step: Step) -> None:
    """Every session and every list; of those that stand apart the newest few, by a read alone.

    Damage at a distance is seen here at the latest.
    """
    alive = walk.world.alive()
    for session in [one for one in alive if not one.apart]:
        see(walk, session, _PAGES[step.how % len(_PAGES)])
    for session in [one for one in alive if one.apart][-_APART:]:
        read(walk, session)
    routes = walk.contract.on_session(writes=False) or walk.bindings("read")
    for session in walk.world.dead()[-3:]:
        binding = routes[(step.how + session.number) % len(routes)]
        reply = walk.try_on(session.user, binding, session.id)
        walk.claims.reply(haunted(binding, expired=session.state.value == "expired"), reply, "is_gone")
    for user in sorted({one.user for one in walk.world.sessions}):
        look_at_list(walk, Step("look_at_list", user, way=step.how))


def see(walk: Walk, session: Session, page: int | None) -> None:
    if not session.alive:
        return
    read(walk, session)
    if "talk" in session.known:
        talk_is(walk, session, page)
    if "cases" in session.known:
        cases_are(walk, session)
    if "files" in session.known:
        files_are(walk, session)
    walk.seen_whole(session)


def read(walk: Walk, session: Session) -> None:
    if walk.contract.has("read") and session.alive:
        reply = walk.call(session.user, walk.contract.first("read"), session)
        walk.claims.reply(_cannot_be_read(walk, session), reply, "succeeds")
        walk.world.touched(session, "read", reply)
        _values_are(walk, session, reply)
        session.since.append("read")


def _cannot_be_read(walk: Walk, session: Session) -> str:
    """What is broken where a living session isn't there for its owner."""
    done = set(session.since)
    if "time" in done:
        refreshed = done & {"heartbeat", "say", "ask", "upload", "new_case", "clear", "update", "resume"}
        return "EXP-06" if refreshed == {"heartbeat"} else "EXP-07" if refreshed else "EXP-02"
    if done == {"create"}:
        return "LIF-01"
    if "status" in done:
        return "LIF-07"
    if not done:
        ended = [one for one in walk.world.sessions if one.client == session.client and one is not session]
        if session.client is not None and ended:
            return "RES-05" if any(one.user != session.user for one in ended) else "RES-04"
        if session.client is not None and walk.steps and walk.steps[-1].act in ("create", "resume"):
            return "RES-04"
    return walk.suspects(session, "LIF-01")


def _values_are(walk: Walk, session: Session, reply: Reply) -> None:
    """Each value as it was sent or seen before; what is seen for the first time stays as it is from now on."""
    if reply.shows("session"):
        walk.claims.reply("LIF-01", reply, "says", "session", session.id)
    for name, wanted in session.values.items():
        if not reply.shows(name):
            continue
        seen = reply[name]
        if wanted is UNKNOWN:
            session.values[name] = seen
        else:
            holds = seen == wanted if name in session.known else alike(wanted, seen)
            walk.claims.that(
                _changed(walk, session, name),
                holds,
                reply,
                expected=f"{name} {wanted!r}"[:200],
                seen=f"{name} {seen!r}"[:200],
                test=("says", name, wanted),
            )
            session.values[name] = seen
        session.known.add(name)
    if reply.shows("current_case") and "cases" in session.known:
        shown = reply["current_case"]
        walk.claims.that(
            walk.suspects(session, "CAS-02" if session.current in session.opened else "CAS-01"),
            (shown or "") == session.current,
            reply,
            expected=f"current case {session.current or None!r}",
            seen=repr(shown),
            test=("says", "current_case", session.current or None),
        )


def _changed(walk: Walk, session: Session, name: str) -> str:
    if name == "title" and {"say", "ask"} & set(session.since):
        return "MSG-07"
    if name == "status" and "status" in session.since:
        return "LIF-07"
    if "clear" in session.since:
        return "MSG-10"
    return walk.suspects(session, "LIF-04")


def look_at_list(walk: Walk, step: Step) -> None:
    """A user's list to its end: each living session once, and nothing else of this walk."""
    contract = walk.contract
    if not contract.has("list") or step.user in walk.refused or step.user >= walk.cast.size:
        return
    binding, page = contract.first("list"), _PAGES[step.way % len(_PAGES)]
    filters: dict[str, Any] = {}
    statuses = sorted(set(contract.status_transitions) - {contract.status_deleted})
    if "status" in binding.sends and statuses and step.how % 3 == 2:
        filters["status"] = statuses[step.way % len(statuses)]
    pages = walk.pages(step.user, "list", None, page, "LIF-06", **filters)
    for one in walk.world.alive():
        if one.user == step.user or contract.list_scope == "all":
            walk.world.touched(one, "list", pages.last)
    _entries_are(walk, step.user, pages.last, pages.entries, pages.totals, page, filters)


def _entries_are(
    walk: Walk,
    user: int,
    reply: Reply,
    entries: Sequence[Mapping[str, Any]],
    totals: Sequence[Any],
    page: int | None,
    filters: dict[str, Any],
) -> None:
    claims, world, contract = walk.claims, walk.world, walk.contract
    for_all = contract.list_scope == "all"
    shown = [str(entry.get("session")) for entry in entries]
    living = [one for one in world.alive() if for_all or one.user == user]
    wanted = [one for one in living if not filters or one.values.get("status", UNKNOWN) == filters["status"]]
    perhaps = {one.id for one in world.unsure()} | {
        one.id for one in living if filters and one.values.get("status", UNKNOWN) is UNKNOWN
    }
    mine = {one.id for one in world.sessions}
    exact = walk.run.invents_users and not for_all
    seen = [id for id in shown if id not in perhaps and (exact or id in mine)]
    view = View("list", None, "session", tuple(one.id for one in wanted), page, tuple(filters.items()))
    expected = f"exactly the {len(wanted)} sessions that live"
    for id in seen:
        one = world.by_id(id)
        foreign = one is not None and one.user != user and not for_all
        claims.that("ISO-03", not foreign, reply, expected=expected, seen=f"another user's, {id}", test=view)
        unknown = one is None
        if unknown:
            words = f"one that nobody made, {id}"
            claims.that(_unknown(walk), False, reply, expected=expected, seen=words, test=view)
        if one is not None and one.dead:
            wrong = "EXP-09" if one.state.value == "expired" else "LIF-06"
            claims.that(wrong, False, reply, expected=expected, seen=f"{id}, which is {one.state.value}", test=view)
    ids = [one.id for one in wanted]
    lacking, twice = set(ids) - set(seen), sorted({id for id in seen if seen.count(id) > 1})
    lacks = _lacking(walk, [one for one in wanted if one.id in lacking])
    claims.that(lacks, not lacking, reply, expected=expected, seen=f"lacks {', '.join(sorted(lacking))}", test=view)
    claims.that("LIF-06", not twice, reply, expected=expected, seen=f"{', '.join(twice)} twice", test=view)
    claims.that("LIF-06", set(seen) <= set(ids), reply, expected=expected, seen="others besides", test=view)
    if exact and not perhaps:
        for total in totals:
            claims.that(
                "LIF-06", total == len(ids), reply, expected=f"a total of {len(ids)}", seen=repr(total),
                test=("says", "total", len(ids)),
            )  # fmt: skip
    for entry in entries:
        _entry_is(claims, world.by_id(str(entry.get("session"))), entry, reply)


def _unknown(walk: Walk) -> str:
    """What is broken where the list has a session that nobody made."""
    acts = {step.act for step in walk.steps}
    return "LIF-08" if "first_contact" in acts else "LIF-09" if "health" in acts else "LIF-06"


def _lacking(walk: Walk, gone: Sequence[Session]) -> str:
    return walk.suspects(gone[0], "LIF-06") if gone and gone[0].since == ["foreign"] else "LIF-06"


def _entry_is(claims: Claims, session: Session | None, entry: Mapping[str, Any], reply: Reply) -> None:
    """What the list says of a session is what the session says."""
    if session is None or not session.alive:
        return
    for name, wanted in session.values.items():
        seen = entry.get(name, ABSENT)
        if name in session.known and seen is not ABSENT and wanted is not ABSENT and wanted is not UNKNOWN:
            claims.that(
                "LIF-06", seen == wanted, reply, expected=f"{name} {wanted!r} of {session.id}"[:240],
                seen=f"{name} {seen!r}"[:240],
            )  # fmt: skip


def health(walk: Walk, step: Step) -> None:
    reply = walk.call(step.user, walk.contract.first("health"), None)
    walk.claims.reply("LIF-09", reply, "succeeds")
    for session in walk.world.alive():
        session.since.append("health")
