"""Pact's library is loaded where pacts are replayed, and nowhere else."""

from __future__ import annotations

import ast
import sys

from sessionproof.bundle import bundle_root
from tests.engine.running import subcommand

PACKAGE = bundle_root() / "sessionproof"


def test_one_module_imports_it() -> None:
    found = {
        str(file.relative_to(PACKAGE))
        for file in PACKAGE.rglob("*.py")
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if (isinstance(node, ast.ImportFrom) and node.module == "pact")
        or (isinstance(node, ast.Import) and any(name.name.partition(".")[0] == "pact" for name in node.names))
    }
    assert found == {"pacts/replay.py"}


def test_looking_at_pacts_loads_nothing_of_it() -> None:
    program = "import sys, sessionproof.pacts.verify; print(sorted(name for name in sys.modules if 'pact_ffi' in name))"
    ended = subcommand([sys.executable, "-c", program])
    assert ended.out.strip() == "[]", ended.err
