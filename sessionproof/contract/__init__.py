"""What an implementation declares: OpenAPI plus the x-session vocabulary, as checked values."""

from sessionproof.contract.load import bundled_contracts, contract_problems, find_contract, load_contract
from sessionproof.contract.model import PAGING, Binding, Contract, Identity, Items, Life

__all__ = [
    "PAGING",
    "Binding",
    "Contract",
    "Identity",
    "Items",
    "Life",
    "bundled_contracts",
    "contract_problems",
    "find_contract",
    "load_contract",
]
