"""Whether an answer has its declared shape: by status, through references, in OpenAPI 3.0 and 3.1."""

from __future__ import annotations

from typing import Any

import pytest

from sessionproof.wire import Answer, Reply, build_request, shape_error

from .documents import ALICE, contract_of
from .scripted import answered

COMPONENTS = """
x-note: &note {type: string, nullable: true}
components:
  schemas:
    Made:
      allOf:
        - {$ref: '#/components/schemas/Timed'}
        - {type: object, required: [id], properties: {id: {type: string, minLength: 1}, note: *note}}
    Timed: {properties: {at: {type: string, format: date-time}, next: {$ref: '#/components/schemas/Made'}}}
  responses:
    Refused: {content: {application/json: {schema: {type: object, required: [code]}}}}
"""
RESPONSES = """
    200: {content: {application/json: {schema: {$ref: '#/components/schemas/Made'}}}}
    204: {description: nothing}
    4XX: {$ref: '#/components/responses/Refused'}
"""


def error_of(answer: Answer, responses: str = RESPONSES) -> str:
    contract = contract_of(
        f"POST /s:\n  x-session: {{does: create, session: $response.header.L}}\n  responses: {responses}",
        rest=COMPONENTS,
    )
    return shape_error(Reply(contract, build_request(contract, contract.first("create"), ALICE, {}), answer))


@pytest.mark.parametrize(
    "body",
    [
        {"id": "s1"},
        {"id": "s1", "at": "2030-01-01T00:00:00Z", "more": 1},
        {"id": "s1", "note": None},
        {"id": "s1", "note": "n", "next": {"id": "s2", "next": {"id": "s3"}}},
    ],
)
def test_what_fits(body: Any) -> None:
    assert error_of(answered(body)) == ""


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({}, "'id' is a required property"),
        ({"id": 3}, "/id: 3 is not of type 'string'"),
        ({"id": ""}, "/id: "),
        ([], "is not of type 'object'"),
        ({"id": "s1", "at": "2030-01-01T00:00:00"}, "/at: "),
        ({"id": "s1", "note": 3}, "/note: 3 is not of type"),
        ({"id": "s1", "next": {"id": None}}, "/next/id: None"),
    ],
)
def test_what_does_not_fit(body: Any, words: str) -> None:
    assert words in error_of(answered(body))


def test_the_status_decides_what_is_to_be_seen() -> None:
    assert error_of(Answer(204)) == ""
    assert error_of(answered({"code": "x"}, 404)) == ""
    assert "'code' is a required property" in error_of(answered({}, 422))
    assert error_of(answered({}, 500)) == "status 500 is not declared for POST /s"
    assert error_of(answered({}, 500), "{200: {}, default: {$ref: '#/components/responses/Refused'}}") != ""
    assert error_of(answered({"code": 1}, 500), "{default: {$ref: '#/components/responses/Refused'}}") == ""


def test_an_exact_status_comes_before_its_class_and_the_default() -> None:
    strict, loose = "{content: {application/json: {schema: {required: [x]}}}}", "{description: anything}"
    assert error_of(answered({}, 404), f"{{404: {loose}, 4XX: {strict}, default: {strict}}}") == ""
    assert error_of(answered({}, 404), f"{{4XX: {loose}, default: {strict}}}") == ""
    assert error_of(answered({}, 404), f"{{404: {strict}, 4XX: {loose}}}") != ""


def test_where_nothing_is_declared_anything_fits() -> None:
    assert error_of(answered({"a": 1}, 500), "{}") == ""


def test_what_is_no_json_does_not_fit() -> None:
    assert error_of(Answer(200, (), b"<html>")) == "the body is not JSON"


def test_no_answer_has_no_shape() -> None:
    assert error_of(Answer(None, failure="cut off")) == ""


def test_a_null_where_none_is_allowed_does_not_fit_in_openapi_3_0() -> None:
    schema = "{{type: object, properties: {{a: {{type: string, nullable: {}}}}}}}"
    for nullable, words in (("true", ""), ("false", "/a: None is not of type 'string'")):
        responses = f"{{200: {{content: {{application/json: {{schema: {schema.format(nullable)}}}}}}}}}"
        assert error_of(answered({"a": None}), responses) == words


@pytest.mark.parametrize(
    "schema", ["{type: string, enum: [a, b], nullable: true}", "{allOf: [{type: string}], nullable: true}"]
)
def test_a_null_among_fixed_values_in_openapi_3_0(schema: str) -> None:
    responses = f"{{200: {{content: {{application/json: {{schema: {{properties: {{a: {schema}}}}}}}}}}}}}"
    assert error_of(answered({"a": None}), responses) == ""


def test_a_property_that_is_called_nullable() -> None:
    schema = "{type: object, properties: {nullable: {type: boolean}}, required: [nullable]}"
    responses = f"{{200: {{content: {{application/json: {{schema: {schema}}}}}}}}}"
    assert "nullable" in error_of(answered({"nullable": "no"}), responses)
