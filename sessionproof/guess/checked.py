"""A sidecar, read back as `verify` will read it, before anybody is given it."""

from __future__ import annotations

import tempfile
from pathlib import Path

from sessionproof.contract import Contract, load_contract
from sessionproof.errors import ContractError
from sessionproof.guess.document import Origin

__all__ = ["read_back"]


def read_back(origin: Origin, sidecar: str) -> Contract:
    """The contract that `sidecar` makes of the document. Raises the origin's error where it makes none."""
    with tempfile.TemporaryDirectory() as folder:
        openapi, side = Path(folder) / "openapi.yaml", Path(folder) / "sidecar.yaml"
        openapi.write_text(origin.text, encoding="utf-8")
        side.write_text(sidecar, encoding="utf-8")
        try:
            return load_contract(openapi, side)
        except ContractError as error:
            raise origin.error(f"can't be used as a contract: {error.reason}") from error
        except (AttributeError, KeyError, TypeError, ValueError, RecursionError) as error:
            # The document isn't of OpenAPI's form somewhere that a contract has to look at.
            raise origin.error(f"is not a well-formed OpenAPI document ({type(error).__name__}: {error})") from error
