"""What a contract promises of cases, files, lists and old names, and what is told where that is wrong."""

from __future__ import annotations

from pathlib import Path

import pytest

from sessionproof.contract import contract_problems
from sessionproof.contract.model import Uploads
from sessionproof.contract.schemas import longest

from .documents import contract_of, written

CREATE = """
POST /s:
  x-session: {does: create, session: $response.body#/id}
  responses: {200: {content: {application/json: {schema: {type: object}}}}}
"""
FIELDS = "{content: {application/json: {schema: {type: object}}}}"
HEADED = "{does: create, session: $response.header.X-ID}"


def test_what_the_top_says_of_cases_files_lists_and_old_names() -> None:
    contract = contract_of(
        CREATE,
        """
identity: none
no_session: [428]
cases: {lifetime: user, started: case_started}
uploads: {same_name: replace, digest: sha512, maximum: 1048576}
list: {for: operators}
legacy: {thread_id: case_id, threads: cases}
clear: {keeps: [uploads, title, cases]}
delete: {keeps: []}
""",
    )
    assert contract.no_session == {428}
    assert (contract.case_lifetime, contract.case_started) == ("user", "case_started")
    assert contract.uploads == Uploads("replace", "sha512", 1048576)
    assert (contract.list_for, contract.list_scope) == ("operators", "")
    assert contract.legacy == {"thread_id": "case_id", "threads": "cases"}
    assert contract.clear_keeps == frozenset({"uploads", "title", "cases"})
    assert contract.delete_keeps == frozenset(), "which says that nothing stays"
    assert "legacy" in contract.capabilities


@pytest.mark.parametrize(
    ("declared", "uploads"),
    [
        ("{}", Uploads()),
        ("{same_name: keep}", Uploads("keep")),
        ("{digest: md5}", Uploads("", "md5")),
        ("{maximum: 1}", Uploads("", "", 1)),
    ],
)
def test_each_promise_of_files_stands_by_itself(declared: str, uploads: Uploads) -> None:
    assert contract_of(CREATE, f"{{identity: none, uploads: {declared}}}").uploads == uploads


@pytest.mark.parametrize("word", ["clear", "delete"])
def test_what_is_kept_may_be_left_open(word: str) -> None:
    keeps = {"clear": "clear_keeps", "delete": "delete_keeps"}[word]
    assert getattr(contract_of(CREATE, f"{{identity: none, {word}: {{}}}}"), keeps) == frozenset()
    assert getattr(contract_of(CREATE, f"{{identity: none, {word}: {{keeps: [metadata]}}}}"), keeps) == {"metadata"}
    assert getattr(contract_of(CREATE), keeps) is None


# What is wrong in one of these keys: the reason, and the way to mend it
WRONG = {
    "uploads: {same_nam: keep}": ("unknown key 'same_nam' in uploads", "did you mean same_name?"),
    "uploads: {same_name: kept}": ("uploads.same_name: 'kept' is not known", "did you mean keep?"),
    "uploads: {digest: sha3}": ("uploads.digest: 'sha3' is not known", "did you mean sha"),
    "uploads: {maximum: 10 MiB}": ("uploads.maximum: '10 MiB' is not of type 'integer'", "a number of bytes like"),
    "uploads: {maximum: 0}": ("uploads.maximum: 0 is less than the minimum of 1", "a number of bytes like"),
    "uploads: keep": ("uploads: 'keep' is not of type 'object'", "see the vocabulary in docs/contracts.md"),
    "cases: {lifetme: user}": ("unknown key 'lifetme' in cases", "did you mean lifetime?"),
    "cases: {lifetime: forever}": ("cases.lifetime: 'forever' is not known", "it is one of session, user"),
    "cases: {started: [a]}": ("cases.started: ['a'] is not of type 'string'", "see the vocabulary"),
    "legacy: {}": ("legacy: {} should be non-empty", "like {investigation_id: case_id}"),
    "legacy: {old: [new]}": ("legacy.old: ['new'] is not of type 'string'", "like {investigation_id: case_id}"),
    "list: {for: admins}": ("list.for: 'admins' is not known", "it is one of anyone, operators"),
    "clear: {keeps: [title, words]}": ("clear.keeps.1: 'words' is not known", "it is one of uploads, title"),
    "delete: {keep: [title]}": ("unknown key 'keep' in delete", "did you mean keeps?"),
    "no_session: 400": ("no_session: 400 is not of type 'array'", "a list of HTTP statuses"),
    "no_session: [200]": ("no_session.0: 200 is less than the minimum of 400", "a list of HTTP statuses"),
    "autocreate: perhaps": ("autocreate: 'perhaps' is not of type 'boolean'", "write true or false"),
    "assistant: parrot": ("assistant: 'parrot' is not known", "it is one of echo, opaque, none"),
}


@pytest.mark.parametrize(("key", "told"), WRONG.items(), ids=WRONG)
def test_a_wrong_form_of_these_is_told_in_one_line(tmp_path: Path, key: str, told: tuple[str, str]) -> None:
    text = f"openapi: 3.1.0\nx-session:\n  identity: none\n  {key}\npaths: {{/s: {{post: {{x-session: {HEADED}}}}}}}\n"
    (problem,) = contract_problems(written(tmp_path, wrong=text))
    assert (problem.line, problem.reason) == (4, told[0])
    assert told[1] in problem.fix
    assert len(str(problem).splitlines()) == 1


@pytest.mark.parametrize("guests", ["perhaps", "1", "[X-Guest]"])
def test_guests_are_let_in_or_not(tmp_path: Path, guests: str) -> None:
    identity = f"{{header: X-User, guests: {guests}}}"
    text = f"openapi: 3.1.0\nx-session: {{identity: {identity}}}\npaths: {{/s: {{post: {{x-session: {HEADED}}}}}}}\n"
    (problem,) = contract_problems(written(tmp_path, wrong=text))
    assert (problem.line, problem.reason.split(":")[0]) == (2, "identity")
    assert "guests: true" in problem.fix


def test_words_of_files_and_cases() -> None:
    contract = contract_of(
        CREATE
        + f"""
GET /s/{{id}}/files:
  x-session:
    does: uploads
    session: $request.path.id
    each: {{in: $response.body#/files, upload: $item#/id, name: $item#/n, size: $item#/bytes, digest: $item#/sum}}
  responses: {{200: {FIELDS}}}
POST /s/{{id}}/files:
  x-session: {{does: upload, session: $request.path.id, size: $response.body#/bytes, digest: $response.header.X-Sum}}
  responses: {{200: {FIELDS}}}
GET /s/{{id}}/history:
  x-session:
    does: case_history
    session: $request.path.id
    each: {{in: $response.body, case: $item#/c, question: $item#/q, confidence: $item#/p, kind: $item#/k}}
  responses: {{200: {FIELDS}}}
"""
    )
    assert set(contract.first("uploads").lists["each"].fields) == {"upload", "name", "size", "digest"}
    assert set(contract.first("upload").returns) == {"size", "digest"}
    assert set(contract.first("case_history").lists["each"].fields) == {
        "case",
        "question",
        "confidence",
        "kind",
    }
    assert contract.lists_files


@pytest.mark.parametrize(
    ("schema", "longest_text"),
    [
        ("{type: object, properties: {t: {type: string, maxLength: 9}}}", 9),
        ("{type: object, properties: {t: {type: string}}}", None),
        ("{type: object, properties: {other: {maxLength: 9}}}", None),
        ("{type: object}", None),
        ("{}", None),
        ("{properties: {t: {$ref: '#/components/schemas/T'}}}", 5),
        ("{properties: {t: {anyOf: [{type: string, maxLength: 7}, {type: 'null'}]}}}", 7),
        ("{properties: {t: {allOf: [{maxLength: 7}, {maxLength: 4}]}}}", 4),
        ("{allOf: [{properties: {t: {maxLength: 3}}}, {required: [t]}]}", 3),
        ("{properties: {t: {maxLength: many}}}", None),
        ("{properties: {t: {maxLength: 0}}}", 0),
    ],
)
def test_the_longest_text_that_a_schema_allows(schema: str, longest_text: int | None) -> None:
    contract = contract_of(
        CREATE.replace("{type: object}", "{}"),
        rest=f"components: {{schemas: {{T: {{maxLength: 5}}, B: {schema}}}}}",
    )
    body = {"$ref": "#/components/schemas/B"}
    assert longest(contract.document, body, "/t") == longest_text
    nested = {"properties": {"a": body}}
    assert longest(contract.document, nested, "/a/t") == longest_text
    assert longest(contract.document, nested, "/b/t") is None, "what isn't there has no length"
