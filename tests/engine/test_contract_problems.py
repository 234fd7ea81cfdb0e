"""Every mistake in a contract is told with its file, its line, the reason and the way to mend it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from sessionproof.contract import contract_problems, find_contract, load_contract
from sessionproof.errors import ContractError, UsageError

from .documents import BUNDLED, written

GOOD = """\
openapi: 3.1.0
x-session:
  identity: {header: X-User}
  gone: [404]
  life: {kind: idle, default: 180 minutes}
  resume: {scope: [user, client]}
paths:
  /s:
    parameters:
      - {name: X-User, in: header, required: true}
    post:
      x-session:
        does: create
        client: $request.body#/client
        session: $response.body#/id
      requestBody: {content: {application/json: {schema: {properties: {client: {type: string}}}}}}
      responses:
        201: {content: {application/json: {schema: {properties: {id: {type: string}, title: {}}}}}}
  /s/{id}:
    get:
      x-session:
        does: read
        session: $request.path.id
        title: $response.body#/title
      responses:
        200: {content: {application/json: {schema: {properties: {title: {type: string}}}}}}
"""

# name: what stands in GOOD, what stands there instead (HERE marks the line), a part of the reason, a part of the fix
MISTAKES = {
    "unknown key at the top": ("  gone: [404]", "  gonne: [404]", "unknown key 'gonne'", "did you mean gone?"),
    "unknown key in an operation": (
        "        client: $",
        "        cliend: $",
        "unknown key 'cliend'",
        "did you mean client?",
    ),
    "key like no other": ("  gone: [404]", "  wxyz: [404]", "unknown key 'wxyz'", "known are name, identity"),
    "unknown key in a life": (
        "{kind: idle, ",
        "{kind: idle, maxmum: 3, ",
        "unknown key 'maxmum' in life",
        "did you mean maximum?",
    ),
    "unknown operation": (
        "        does: create",
        "        does: creat",
        "does: 'creat' is not known",
        "did you mean create?",
    ),
    "operation like no other": (
        "        does: create",
        "        does: zzz",
        "does: 'zzz'",
        "it is one of create, read",
    ),
    "not an expression": ("$request.body#/client", "client_id", "client", "write it like $request.body#/client_id"),
    "bad expression": ("$request.body#/client", "$request.body/client", "names no place", "write it like $request"),
    "bad source": ("$request.body#/client", "$requests.body#/client", "names no place", "write it like $request"),
    "undeclared field sent": (
        "$request.body#/client",
        "$request.body#/clients",
        "is not in the body's schema",
        "did you mean client?",
    ),
    "undeclared field returned": (
        "$response.body#/id",
        "$response.body#/idd",
        "is not in the body's schema",
        "did you mean id?",
    ),
    "undeclared parameter": (
        "$request.body#/client",
        "$request.query.c",
        "not a declared query parameter",
        "there are none",
    ),
    "undeclared header": (
        "$request.body#/client",
        "$request.header.X-Usr",
        "not a declared header parameter",
        "did you mean X-User?",
    ),
    "name not in the path": ("$request.path.id", "$request.path.ids", "is not in the path", "did you mean id?"),
    "duration without a unit": ("180 minutes", "180", "life.default", "write a duration like `90 seconds`"),
    "duration in unknown units": ("180 minutes", "180 fortnights", "life.default", "`180 minutes`"),
    "duration as words": ("180 minutes", "three hours", "life.default", "`24 hours`"),
    "one status": ("gone: [404]", "gone: 404", "gone", "list of HTTP statuses"),
    "unknown identity": ("{header: X-User}", "{cookie: sid}", "identity", "{header: NAME}, {query: NAME}"),
    "unknown scope": ("[user, client]", "[client, device]", "resume.scope", "it is one of"),
    "null": (
        "        client: $request.body#/client",
        "        client: null",
        "client: null has the wrong form",
        "write it like",
    ),
    "a required word is missing": ("{kind: idle, default", "{default", "life lacks 'kind'", "add `kind:`"),
}


def changed_line(before: str, after: str) -> int:
    """The first line, from 1, that is other than before."""
    pairs = zip(before.splitlines(), after.splitlines(), strict=False)
    return next(number for number, (old, new) in enumerate(pairs, 1) if old != new)


def test_the_contract_that_is_broken_here_is_good(tmp_path: Path) -> None:
    assert contract_problems(written(tmp_path, good=GOOD)) == []


@pytest.mark.parametrize(("old", "new", "reason", "fix"), MISTAKES.values(), ids=MISTAKES)
def test_mistakes(tmp_path: Path, old: str, new: str, reason: str, fix: str) -> None:
    assert GOOD.count(old) == 1
    broken = GOOD.replace(old, new)
    file = written(tmp_path, broken=broken)
    problem = contract_problems(file)[0]
    assert (problem.file, problem.line) == (str(file), changed_line(GOOD, broken))
    assert reason in problem.reason
    assert fix in problem.fix
    assert str(problem) == f"{file}:{problem.line}: {problem.reason}; {problem.fix}"
    with pytest.raises(ContractError, match=re.escape(str(problem))):
        load_contract(file)


@pytest.mark.parametrize(
    ("operation", "old", "new", "example"),
    [
        ("create", "        session: $response.body#/id\n", "", "$response.body#/session_id"),
        ("create", "session: $response.body#/id", "session: $request.body#/client", "$response.body#/session_id"),
        ("read", "session: $request.path.id", "session: $response.body#/title", "$request.path.session_id"),
    ],
)
def test_a_session_that_is_nowhere(tmp_path: Path, operation: str, old: str, new: str, example: str) -> None:
    (problem,) = contract_problems(written(tmp_path, broken=GOOD.replace(old, new)))
    assert problem.line == GOOD.splitlines().index(f"        does: {operation}") + 1
    assert problem.reason == f"{operation} doesn't say where the session id is"
    assert problem.fix == f"add `session: {example}`"


def test_a_place_in_a_body_that_is_not_declared(tmp_path: Path) -> None:
    broken = GOOD.replace("        title: $response.body#/title", "        title: $request.body#/title")
    (problem,) = contract_problems(written(tmp_path, broken=broken))
    assert problem.line == changed_line(GOOD, broken)
    assert problem.reason == "title: $request.body#/title stands in a request body, and none is declared"
    assert problem.fix == "declare the body's schema in OpenAPI"


def test_an_undeclared_place_of_a_list(tmp_path: Path) -> None:
    entry = "        does: list\n        each: {in: $response.body#/al, session: $item#/id}"
    broken = GOOD.replace("        does: read\n        session: $request.path.id", entry)
    (problem,) = contract_problems(written(tmp_path, broken=broken))
    assert problem.line == changed_line(GOOD, broken) + 1
    assert problem.reason.startswith("each.in: $response.body#/al is not in the body's schema")


def test_messages_whose_entries_are_questions(tmp_path: Path) -> None:
    entry = "does: messages\n        each: {in: $response.body#/title, question: $item#/q}"
    (problem,) = contract_problems(written(tmp_path, broken=GOOD.replace("does: read", entry)))
    assert problem.reason == "the entries of messages have a question, and no content"
    assert "case_history" in problem.fix


def test_callers_without_a_role(tmp_path: Path) -> None:
    entry = "does: messages\n        each: {in: $response.body#/title, content: $item#/q, callers: [user]}"
    (problem,) = contract_problems(written(tmp_path, broken=GOOD.replace("does: read", entry)))
    assert problem.reason == "each.callers needs the role of an entry"


def test_an_undeclared_constant(tmp_path: Path) -> None:
    broken = GOOD.replace("        does: read\n", "        does: read\n        with: {$request.query.v: 1}\n")
    (problem,) = contract_problems(written(tmp_path, broken=broken))
    assert "$request.query.v is not a declared query parameter" in problem.reason
    assert problem.line == GOOD.splitlines().index("        does: read") + 2


@pytest.mark.parametrize("where", ["$item#/x", "$item", "$key", "$response.body#/id"])
def test_an_expression_of_the_wrong_kind(tmp_path: Path, where: str) -> None:
    with_constant = GOOD.replace("        does: read\n", f"        does: read\n        with: {{{where}: 1}}\n")
    (problem,) = contract_problems(written(tmp_path, broken=with_constant))
    assert problem.line == GOOD.splitlines().index("        does: read") + 2


def test_no_create(tmp_path: Path) -> None:
    (problem,) = contract_problems(written(tmp_path, broken=GOOD.replace("does: create", "does: stats")))
    assert problem.line == 2
    assert (problem.reason, problem.fix) == ("no operation does: create", "annotate the operation that makes a session")


def test_all_problems_are_told_in_the_order_of_their_lines(tmp_path: Path) -> None:
    broken = (
        GOOD.replace("gone: [404]", "gonne: [404]").replace("does: create", "does: creat").replace("180 minutes", "180")
    )
    lines = [problem.line for problem in contract_problems(written(tmp_path, broken=broken))]
    assert len(lines) == 3
    assert lines == sorted(lines)


EMPTY = GOOD[: GOOD.index("        does: read")] + GOOD[GOOD.index("      responses:\n        200:") :]
WHOLE = {
    "nothing": ("", 1, "holds no OpenAPI document"),
    "null": ("null\n", 1, "holds no OpenAPI document"),
    "a list": ("\n- 1\n", 2, "holds no OpenAPI document"),
    "a page": ("<html><body>hello</body></html>", 1, "holds no OpenAPI document"),
    "tabs": ("openapi: 3.1.0\npaths:\n\t/s: 1\n", 3, "not valid YAML: found character"),
    "an open bracket": ("openapi: 3.1.0\npaths: {\n", 3, "not valid YAML"),
    "an unknown alias": ("openapi: 3.1.0\npaths: *nowhere\n", 2, "not valid YAML: found undefined alias"),
    "objects of a language": ("a: 1\nb: !!python/object/apply:os.getpid []\n", 2, "not valid YAML"),
    "two documents": ("a: 1\n---\nb: 1\n", 2, "not valid YAML"),
    "control characters": ("a: \x00", 1, "not valid YAML"),
    "no x-session": ("openapi: 3.1.0\npaths: {}\n", 1, "there is no x-session at the top"),
    "x-session null": ("openapi: 3.1.0\nx-session:\npaths: {}\n", 2, "x-session: None is not of type 'object'"),
    "x-session a word": (
        "openapi: 3.1.0\npaths: {}\nx-session: none\n",
        3,
        "x-session: 'none' is not of type 'object'",
    ),
    "paths a list": ("openapi: 3.1.0\nx-session: {identity: none}\npaths: [/s]\n", 3, "paths is not an object"),
    "paths null": ("openapi: 3.1.0\nx-session: {identity: none}\npaths:\n", 3, "paths is not an object"),
    "x-session of an operation null": (EMPTY, 21, "x-session: None is not of type"),
    "no identity": ("openapi: 3.1.0\nx-session: {gone: [404]}\npaths: {}\n", 2, "x-session lacks 'identity'"),
}


@pytest.mark.parametrize(("text", "line", "reason"), WHOLE.values(), ids=WHOLE)
def test_what_is_no_contract_at_all(tmp_path: Path, text: str, line: int, reason: str) -> None:
    problem = contract_problems(written(tmp_path, broken=text))[0]
    assert problem.line == line
    assert reason in problem.reason
    assert problem.fix


@pytest.mark.parametrize("content", [b"\xff\xfe\x00\x00", b"a: \xe9\n"])
def test_what_is_not_utf8(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "contract.yaml").write_bytes(content)
    (problem,) = contract_problems(tmp_path / "contract.yaml")
    assert "can't be read" in problem.reason
    assert len(str(problem).splitlines()) == 1


def test_a_folder_and_a_file_that_is_not_there(tmp_path: Path) -> None:
    for file in (tmp_path, tmp_path / "nowhere.yaml"):
        (problem,) = contract_problems(file)
        assert (problem.file, problem.line) == (str(file), 1)
        assert "can't be read" in problem.reason


def test_a_contract_is_found_by_name_or_path(tmp_path: Path) -> None:
    assert find_contract("fm-session-service") == BUNDLED
    assert find_contract(str(written(tmp_path, mine=GOOD))) == tmp_path / "mine.yaml"
    with pytest.raises(UsageError, match="no such contract or file; did you mean fm-session-service"):
        find_contract("fm-sesion-service")
    with pytest.raises(UsageError, match="no such contract or file; bundled are "):
        find_contract("zzz")


def test_a_status_that_is_none(tmp_path: Path) -> None:
    (problem,) = contract_problems(written(tmp_path, broken=GOOD.replace("gone: [404]", "gone: [4040]")))
    assert problem.fix == "write a list of HTTP statuses like [403, 404]"


def test_the_line_of_a_wrong_name_in_a_list(tmp_path: Path) -> None:
    entry = "        does: list\n        each:\n          in: $response.body#/title\n          sesion: $item#/id"
    broken = GOOD.replace("        does: read\n        session: $request.path.id", entry)
    (problem,) = contract_problems(written(tmp_path, broken=broken))
    assert "did you mean session?" in problem.fix
    assert problem.line == broken.splitlines().index("          sesion: $item#/id") + 1


def test_bearer_identity_needs_a_login_where_anyone_may_log_in(tmp_path: Path) -> None:
    broken = GOOD.replace("{header: X-User}", "{bearer: {login: anyone}}")
    (problem,) = contract_problems(written(tmp_path, broken=broken))
    assert problem.line == 3
    assert "login" in str(problem)


def test_an_identity_without_a_channel(tmp_path: Path) -> None:
    file = written(tmp_path, broken=GOOD.replace("{header: X-User}", "{email: X-Email}"))
    (problem,) = contract_problems(file)
    assert problem.line == 3


def test_an_identity_of_two_channels(tmp_path: Path) -> None:
    (problem,) = contract_problems(
        written(tmp_path, broken=GOOD.replace("{header: X-User}", "{header: X-User, query: u}"))
    )
    assert problem.line == 3


def test_an_expression_with_a_pointer_where_none_can_be(tmp_path: Path) -> None:
    (problem,) = contract_problems(
        written(tmp_path, broken=GOOD.replace("$request.body#/client", "'$request.query.a#b'"))
    )
    assert "names no place" in problem.reason


def test_a_key_that_is_there_twice(tmp_path: Path) -> None:
    broken = GOOD + "  /s/{id}:\n    delete:\n      x-session: {does: delete, session: $request.path.id}\n"
    (problem,) = contract_problems(written(tmp_path, broken=broken))
    assert problem.line == GOOD.count("\n") + 1
    assert "/s/{id}" in problem.reason


def test_paths_that_are_the_same_but_for_a_name(tmp_path: Path) -> None:
    broken = GOOD + "  /s/{other}:\n    delete:\n      x-session: {does: delete, session: $request.path.other}\n"
    (problem,) = contract_problems(written(tmp_path, broken=broken))
    assert problem.line == GOOD.count("\n") + 1
    assert "/s/{id}" in str(problem)


def test_a_path_without_a_slash(tmp_path: Path) -> None:
    (problem,) = contract_problems(written(tmp_path, broken=GOOD.replace("  /s/{id}:", "  s/{id}:")))
    assert "s/{id}" in str(problem)


def test_a_document_without_paths(tmp_path: Path) -> None:
    file = written(tmp_path, broken="openapi: 3.1.0\nx-session: {identity: none}\n")
    (problem,) = contract_problems(file)
    assert problem.file == str(file)
