"""Schemathesis's own checks: what each counts for, and which are not asked, and why."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["BUILTIN", "Builtin"]


@dataclass(frozen=True)
class Builtin:
    """A check of Schemathesis and the requirement that a failure of it breaks; "" where none says it: a note."""

    requirement: str = ""
    off: str = ""  # why it isn't asked
    counts: bool = False  # whether each time that it holds something was looked at


BUILTIN = {
    "not_a_server_error": Builtin("SEC-03", counts=True),
    "negative_data_rejection": Builtin("SEC-03"),
    "use_after_free": Builtin("LIF-05"),
    "ensure_resource_availability": Builtin("LIF-01"),
    "status_code_conformance": Builtin(
        off="statuses_are_declared looks at it, and knows what the contract says of refusals"
    ),
    "content_type_conformance": Builtin(),
    "response_headers_conformance": Builtin(),
    "response_schema_conformance": Builtin(
        off="answers_fit_their_schema and errors_have_the_declared_shape look at it"
    ),
    "ignored_auth": Builtin(off="nobody_is_refused looks at it, for identities that no security scheme describes too"),
    "object_level_authorization": Builtin(off="strangers_see_and_change_nothing looks at it, with writes as well"),
    "positive_data_acceptance": Builtin(off="a schema doesn't say all: an id that isn't there fits it too"),
    "missing_required_header": Builtin(off="it wants statuses of its own; the contract says which"),
    "unsupported_method": Builtin(off="frameworks answer undeclared methods with a partial Allow header"),
    "allow_header_conformance": Builtin(off="frameworks with one route a method send a partial Allow header"),
    "max_response_time": Builtin(off="how fast answers come is what load runs look at"),
}
