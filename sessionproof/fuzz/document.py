"""The OpenAPI document that Schemathesis explores: the contract's operations, linked, without identities."""

from __future__ import annotations

import re
from copy import deepcopy
from typing import Any

from sessionproof.contract import Contract
from sessionproof.contract.schemas import as_map, resolve
from sessionproof.errors import UsageError
from sessionproof.fuzz.links import links

__all__ = ["explored"]

_LEFT_OUT = ("login",)  # a log-in makes tokens and locks accounts; the run's users have theirs


def explored(contract: Contract) -> dict[str, Any]:
    """The contract's document with nothing in it but what the contract says something about.

    Operations without `x-session` are not called: nobody said what they do. Identities are the run's own, so that their
    parameters are taken out. Links come from `x-session`; links of the document's own stay.

    Raises UsageError where there is nothing to explore.
    """
    document = deepcopy(dict(contract.document))
    paths: dict[str, dict[str, Any]] = {}
    taken_out = {name.lower() for name in (contract.identity.name, contract.identity.email, contract.identity.roles)}
    for binding in contract.bindings:
        if binding.operation in _LEFT_OUT:
            continue
        item = document["paths"][binding.path]
        operation = dict(item[binding.method.lower()])
        declared = [*item.get("parameters", ()), *operation.get("parameters", ())]
        operation["parameters"] = _complete(binding.path, _once(document, declared, taken_out), document)
        operation.pop("security", None)
        operation["responses"] = {
            str(status): dict(as_map(resolve(document, answer)))
            for status, answer in as_map(operation.get("responses")).items()
        }
        paths.setdefault(binding.path, {})[binding.method.lower()] = operation
    if not contract.has("create"):
        raise UsageError(f"{contract.file}: declares no create, so that there are no sessions to explore")
    if not any(operation["responses"] for item in paths.values() for operation in item.values()):
        raise UsageError(f"{contract.file}: declares no responses, so that no answer can be compared with anything")
    for source, status, name, link in links(contract):
        if source.operation not in _LEFT_OUT:
            paths[source.path][source.method.lower()]["responses"][status].setdefault("links", {})[name] = link
    document.pop("security", None)
    return {**document, "paths": paths}


def _complete(path: str, declared: list[Any], document: dict[str, Any]) -> list[Any]:
    """With a text for each part of the path that isn't declared: the wire does without that, Schemathesis doesn't."""
    shown = [as_map(resolve(document, one)) for one in declared]
    there = {one.get("name") for one in shown if one.get("in") == "path"}
    text = {"in": "path", "required": True, "schema": {"type": "string"}}
    return [*declared, *({"name": name, **text} for name in re.findall(r"{([^}]+)}", path) if name not in there)]


def _once(document: dict[str, Any], declared: list[Any], taken_out: set[str]) -> list[Any]:
    """The parameters, an operation's own in place of its path's, without identities."""
    found: dict[tuple[str, str], Any] = {}
    for parameter in declared:
        shown = as_map(resolve(document, parameter))
        name, where = str(shown.get("name")), str(shown.get("in"))
        if name.lower() not in taken_out:
            found[name, where] = parameter
    return list(found.values())
