"""Sessions are made, or found again by their client."""

from __future__ import annotations

from typing import Any

from sessionproof.contract.expressions import ABSENT
from sessionproof.explore.cast import Cast, pair_kinds
from sessionproof.explore.steps import Step
from sessionproof.explore.traces import Trace
from sessionproof.explore.walk import Walk
from sessionproof.explore.world import UNKNOWN, Session
from sessionproof.oddities import twins
from sessionproof.wire import Raw, Reply

__all__ = ["begin", "claim", "create", "first_contact", "joined", "made", "resume", "twins_meet"]

_BLANKS = ("", " ", "\t")


def begin(walk: Walk, step: Step) -> None:
    """The names of this walk. Only as the first step."""
    if not walk.world.sessions:
        walk.cast = Cast.of(walk.run, step.way, step.how)


def create(walk: Walk, step: Step) -> None:
    """`way` says with which client: none, null, blank, or one of the cast's; `how` what is sent besides."""
    clients: list[str | None] = [None, *walk.cast.clients]
    client = clients[step.way % len(clients)]
    values: dict[str, Any] = {} if client is None else {"client": client}
    if client is None and step.way >= len(clients) and _client_in_body(walk):
        values["client"] = (None, *_BLANKS)[(step.way - len(clients)) % 4]
    _create(walk, step.user, client, values, step.how)


def resume(walk: Walk, step: Step) -> None:
    """A create with the client of a session that there is, or was."""
    there = walk.world.sessions
    if 0 <= step.session < len(there) and there[step.session].client is not None:
        session = there[step.session]
        _create(walk, session.user, session.client, {"client": session.client}, step.how)


def twins_meet(walk: Walk, step: Step) -> None:
    """Client ids that are nearly one, three kinds of them: each leads to a session of its own."""
    kinds = pair_kinds(walk.run)
    for place in range(step.way, step.way + 3):
        for client in twins(f"d{walk.cast.tag}{len(walk.world.sessions)}")[kinds[place % len(kinds)]]:
            _create(walk, step.user, client, {"client": client}, 0)
    for session in walk.world.sessions:
        session.apart |= f"d{walk.cast.tag}" in str(session.client)


def joined(walk: Walk, step: Step) -> None:
    """Two pairs of user and client that are the same once they are joined by a delimiter."""
    if len(walk.cast.users) > 3:
        client, other = walk.cast.clients[2:4]
        _create(walk, 0, other, {"client": other}, 0)
        _create(walk, 3, client, {"client": client}, 0)


def _client_in_body(walk: Walk) -> bool:
    return any(place.part == "body" for place in walk.contract.first("create").sends.get("client", ()))


def _create(walk: Walk, user: int, client: str | None, values: dict[str, Any], how: int) -> None:
    contract = walk.contract
    if user in walk.refused:
        return
    known = walk.world.of_client(user, client) if "resume" in contract.capabilities else None
    if known is not None and not _is_predicted(walk, known):
        return
    living = known if known is not None and known.alive else None
    if living is not None and contract.resume_changes != "keep":
        how = 0
    values |= _besides(walk, user, how)
    binding = walk.bindings("create")[how % len(walk.bindings("create"))]
    if living is not None:
        walk.leave(_without_client(values), Trace(None, "value", refused="RES-11"))
    reply = walk.call(user, binding, None, **values)
    odd = "client" in values and (client is None or client not in walk.cast.clients[2:3])
    if reply.refused and (odd or _is_odd(walk, user)):
        walk.refused |= {user} if _is_odd(walk, user) and not odd else set()
        return
    if living is not None:
        _is_resumed(walk, living, reply)
    else:
        made(walk, reply, user, client, values)


def _is_predicted(walk: Walk, known: Session) -> bool:
    if known.alive:
        unlike = known.values.get("status", walk.contract.status_initial) != walk.contract.status_initial
        return not unlike or walk.contract.resume_changes == "keep"
    return known.dead and not (known.state.value == "expired" and walk.contract.resume_expired == "gone")


def _is_odd(walk: Walk, user: int) -> bool:
    """A name that a target may refuse."""
    return bool(walk.cast.users) and user >= 2


def _besides(walk: Walk, user: int, how: int) -> dict[str, Any]:
    """What a create sends besides the client: nothing, or something of whatever it takes."""
    create, life = walk.contract.first("create"), walk.contract.life
    caller = walk.caller(user)
    sent: dict[str, Any] = {}
    if how % 2:
        sent |= {"title": caller.text("title")} if "title" in create.sends else {}
        sent |= {name: {"k": caller.text(name)} for name in ("context", "metadata") if name in create.sends}
    if how % 5 == 3 and "kind" in create.sends:
        sent["kind"] = "chat"
    if how % 4 >= 2 and "timeout" in walk.contract.capabilities and life.default and walk.told_life is None:
        wanted = life.default * (0.5 if how % 4 == 2 else 2)
        unit = create.life_unit
        in_range = (life.minimum or 0) <= wanted <= (life.maximum or wanted) and wanted >= 60
        sent |= {"life": round(wanted / unit) * unit} if in_range else {}
    return sent


def _without_client(values: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if name != "client"}


def _is_resumed(walk: Walk, session: Session, reply: Reply) -> None:
    claims, wrong = walk.claims, _wrongly_resumed(walk, session, reply)
    claims.reply("RES-01", reply, "succeeds")
    claims.reply(wrong, reply, "says", "session", session.id)
    if reply.shows("resumed"):
        claims.reply("RES-02", reply, "says", "resumed", True)
    walk.world.touched(session, "create", reply)
    session.since.append("resume")
    for name, value in session.values.items():
        if reply.shows(name) and value is not UNKNOWN and name in session.known:
            claims.reply("RES-03", reply, "says", name, value)
    if reply.shows("current_case") and "cases" in session.known:
        shown = reply["current_case"]
        claims.that(
            "CAS-05",
            (shown or "") == session.current,
            reply,
            expected=f"current case {session.current or None!r}",
            seen=repr(shown),
            test=("says", "current_case", session.current or None),
        )


def _wrongly_resumed(walk: Walk, session: Session, reply: Reply) -> str:
    """What is broken where another session than this one is found by its client."""
    other = walk.world.by_id(reply.session)
    if other is None or other is session:
        return "RES-01"
    if other.user != session.user:
        return "RES-05"
    if other.dead:
        return "RES-08"
    return "RES-10" if _are_twins(walk, other.client, session.client) else "RES-04"


def made(walk: Walk, reply: Reply, user: int, client: str | None, values: dict[str, Any]) -> Session:
    """The new session that an answer tells of; it is none that there was before."""
    claims, contract = walk.claims, walk.contract
    others = [one.id for one in walk.world.sessions]
    claims.reply("LIF-01", reply, "succeeds")
    claims.reply(_wrongly_found(walk, user, client, reply), reply, "says_other_than", "session", "", *others)
    flag = "RES-02" if "resume" in contract.capabilities else "RES-09"
    claims.that(
        flag, reply.resumed is not True, reply, expected="resumed not true", seen="resumed true",
        test=("makes_new", *others),
    )  # fmt: skip
    session = walk.world.add(reply, user, client, _life(walk, values), values)
    session.since.append("create")
    walk.leave(_without_client(values), Trace(session, "value"))
    for name in ("title", "kind", "life"):
        if name in values and reply.shows(name) and reply[name] is not ABSENT:
            claims.reply("EXP-05" if name == "life" else "LIF-02", reply, "says", name, values[name])
    for name in ("messages", "uploads", "cases"):
        if name in reply.request.binding.lists and reply.items(name) is not None:
            claims.reply("LIF-02", reply, "holds_exactly", [], [str(one) for one in reply.items(name) or ()], name)
    return session


def _life(walk: Walk, values: dict[str, Any]) -> float | None:
    """How long it lives, in seconds on the clock."""
    if "life" in values:
        return float(values["life"]) * walk.run.scale
    if walk.told_life is not None:
        return walk.told_life
    default = walk.contract.life.default
    return None if default is None else default * walk.run.scale


def _wrongly_found(walk: Walk, user: int, client: str | None, reply: Reply) -> str:
    """What is broken where a create that has to make a session answers with one that was there."""
    other = walk.world.by_id(reply.session)
    if other is None:
        return "LIF-01"
    if other.dead:
        expired = other.state.value == "expired"
        return ("RES-07" if expired else "RES-08") if client is not None and other.client == client else "LIF-01"
    if client is None:
        return "RES-09"
    if other.user != user:
        joined = other.client != client and walk.contract.identity.kind != "none"
        return "RES-10" if joined else "RES-05"
    return "RES-10" if _are_twins(walk, other.client, client) else "RES-04"


def _are_twins(walk: Walk, one: str | None, other: str | None) -> bool:
    """Whether two client ids are nearly one."""
    made_alike = f"d{walk.cast.tag}"
    return {one, other} == set(walk.cast.clients[:2]) or all(made_alike in str(client) for client in (one, other))


def first_contact(walk: Walk, step: Step) -> None:
    """A query or an upload that names no session: it makes one, or is refused, as declared."""
    bindings = [one for name in ("query", "upload") for one in walk.bindings(name) if not one.names_session_in_path]
    if not bindings:
        return
    binding, caller = bindings[step.way % len(bindings)], walk.caller(step.user)
    text = caller.text("first words")
    values: dict[str, Any] = (
        {"question": text} if binding.operation == "query" else {"file": ("first.txt", text.encode())}
    )
    reply = walk.call(step.user, binding, None, **values)
    if not walk.contract.autocreate:
        walk.leave(text, Trace(None, "asked", refused="LIF-08"))
        walk.claims.reply("LIF-08", reply, "is_without_session")
        return
    walk.claims.reply("LIF-08", reply, "succeeds")
    if not reply.shows("session"):
        return
    others = [one.id for one in walk.world.sessions]
    walk.claims.reply("LIF-08", reply, "says_other_than", "session", "", *others)
    session = walk.world.add(reply, step.user, None, _life(walk, {}), {})
    from sessionproof.explore.acts.talking import answered
    from sessionproof.explore.acts.writing import filed

    if binding.operation == "query":
        answered(walk, session, reply, text)
    else:
        filed(walk, session, reply, "first.txt", text.encode())


def claim(walk: Walk, step: Step) -> None:
    """A create whose body names another user as the owner: it is refused, or the session is the caller's own."""
    place = walk.contract.first("create").returns.get("user")
    if walk.cast.size < 2 or place is None or place.part != "body" or step.user in walk.refused:
        return
    other = walk.caller(1 if step.user == 0 else 0)
    names = {place.pointer.rpartition("/")[2], "user_id", "owner"}
    reply = walk.call(step.user, walk.contract.first("create"), None, raw=Raw(body=dict.fromkeys(names, other.user)))
    if reply.refused:
        return
    session = made(walk, reply, step.user, None, {})
    session.since[:] = ["claimed"]
    if reply.shows("user") and walk.cast.users:
        walk.claims.reply("ISO-06", reply, "says", "user", walk.cast.users[step.user])
