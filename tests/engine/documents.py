"""Small contracts, written in tests as a person would write them."""

from __future__ import annotations

import tempfile
from pathlib import Path

import yaml

from sessionproof.actors import Actor
from sessionproof.contract import Contract, load_contract

__all__ = ["ALICE", "BOB", "BUNDLED", "EXAMPLE", "ROOT", "contract_of", "written"]

ROOT = Path(__file__).resolve().parents[2]
BUNDLED = ROOT / "contracts" / "openapi" / "fm-session-service.yaml"
EXAMPLE = ROOT / "examples" / "other_server" / "contract.yaml"
ALICE = Actor("alice", "alice-1", client="tab", marker="zq00000000000a", secret="token-of-alice")
BOB = Actor("bob", "bob-1", client="tab", marker="zq00000000000b", secret="token-of-bob")


def written(folder: Path, **files: str) -> Path:
    """Each text in a file of its own, `name` in `name.yaml`; the path of the first."""
    paths = [folder / f"{name}.yaml" for name in files]
    for path, text in zip(paths, files.values(), strict=True):
        path.write_text(text, encoding="utf-8")
    return paths[0]


def contract_of(operations: str, top: str = "{identity: none}", rest: str = "{}") -> Contract:
    """The contract with these operations (YAML, by `METHOD /path`), this x-session, and the `rest` of its document."""
    document = {"openapi": "3.1.0", "x-session": yaml.safe_load(top), "paths": {}, **yaml.safe_load(rest)}
    for key, operation in yaml.safe_load(operations).items():
        method, path = key.split(" ", 1)
        document["paths"].setdefault(path, {})[method.lower()] = operation
    with tempfile.TemporaryDirectory() as folder:
        return load_contract(written(Path(folder), contract=yaml.safe_dump(document, sort_keys=False)))
