"""Contracts from files: OpenAPI with x-session inside, or a sidecar file beside an OpenAPI document."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from sessionproof.bundle import bundle_root
from sessionproof.contract.build import build
from sessionproof.contract.check import problems
from sessionproof.contract.model import Contract
from sessionproof.contract.schemas import METHODS
from sessionproof.contract.source import Source, parse_source, read_source
from sessionproof.errors import ContractError, UsageError
from sessionproof.suggest import did_you_mean

Served = Callable[[str], str | None]

_VERSION = re.compile(r"\d+(\.\d+)+")

__all__ = ["bundled_contracts", "contract_problems", "find_contract", "load_contract"]


def bundled_contracts() -> dict[str, Path]:
    """The contracts that come with SessionProof, by name."""
    return {file.stem: file for file in sorted((bundle_root() / "contracts" / "openapi").glob("*.yaml"))}


def find_contract(name: str) -> Path:
    """The file that `name` stands for: a bundled contract's name or a path. Raises UsageError."""
    bundled = bundled_contracts()
    if name in bundled:
        return bundled[name]
    if Path(name).is_file():
        return Path(name)
    hint = did_you_mean(name, bundled) or f"bundled are {', '.join(bundled)}"
    raise UsageError(f"--contract {name}: no such contract or file; {hint}")


def load_contract(file: Path, sidecar: Path | None = None, served: Served | None = None) -> Contract:
    """The contract in `file`. Raises ContractError (file, line, reason, fix) for the first problem.

    With `sidecar`, `file` is a plain OpenAPI document and the sidecar says what its operations are. A sidecar given
    as `file` names its document itself, or `served` gives what the target serves at a path ("" for the usual ones).
    """
    sources, document, found = _read(file, sidecar, served)
    for problem in found:
        raise problem
    return build(document, str(sources[0].file))


def contract_problems(file: Path, sidecar: Path | None = None) -> list[ContractError]:
    """Everything that is wrong with a contract, in the order of its lines; empty when it can be used."""
    try:
        return _read(file, sidecar, None)[2]
    except ContractError as error:
        return [error]


def _read(
    file: Path, sidecar: Path | None, served: Served | None
) -> tuple[list[Source], dict[str, Any], list[ContractError]]:
    main = read_source(file)
    _must_be_object(main)
    if sidecar is None and "openapi" in main.document and "paths" in main.document:
        return [main], main.document, problems(main, main, main.document)
    side = main if sidecar is None else read_source(sidecar)
    _must_be_object(side)
    openapi = main if sidecar is not None else _openapi_of(side, file, served)
    _must_be_object(openapi)
    found = problems(openapi, side, None)
    document = openapi.document if found else _join(openapi, side)
    return [side, openapi], document, found or problems(openapi, side, document)


def _must_be_object(source: Source) -> None:
    if not isinstance(source.document, dict):
        raise source.error((), "holds no OpenAPI document", "write one as docs/contracts.md shows")


def _openapi_of(side: Source, file: Path, served: Served | None) -> Source:
    openapi = side.document.get("openapi")
    named = openapi if isinstance(openapi, str) and not _VERSION.fullmatch(openapi) else ""
    if named and not named.startswith("/"):
        return read_source(file.parent / named)
    text = served(named) if served is not None else None
    if text is not None:
        return parse_source(text, "the target's OpenAPI document")
    raise side.error(
        ("openapi",),
        "has neither `paths` of its own nor an OpenAPI document beside it or on the target",
        "say `openapi: FILE`, or give the document with --contract and this file with --sidecar",
    )


def _join(openapi: Source, side: Source) -> dict[str, Any]:
    document = {**openapi.document, "x-session": side.document["x-session"]}
    if not isinstance(document.get("paths"), dict):
        raise openapi.error(("paths",), "has no paths, or they are no object", "map each path to its operations")
    paths = {path: dict(item) for path, item in document["paths"].items() if isinstance(item, dict)}
    for key, operation in side.document.get("operations", {}).items():
        method, path = key.split(" ", 1)
        where = paths.get(path, {}).get(method.lower())
        if not isinstance(where, dict):
            raise side.error(("operations", key), f"the OpenAPI document has no {key}", _instead_of(path, paths))
        paths[path][method.lower()] = {**where, "x-session": operation}
    document["paths"] = paths
    return document


def _instead_of(path: str, paths: dict[str, dict[str, Any]]) -> str:
    if path in paths:
        methods = [method.upper() for method in METHODS if isinstance(paths[path].get(method), dict)]
        return f"{path} has {', '.join(methods) or 'no operation'}"
    return did_you_mean(path, paths) or f"paths there are {', '.join(sorted(paths)[:8])}"
