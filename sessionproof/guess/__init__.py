"""From a plain OpenAPI document to a first contract: what can be told by names and schemas, and how surely."""

from sessionproof.guess.draft import guess
from sessionproof.guess.model import Confidence, Draft, Guess, Operation

__all__ = ["Confidence", "Draft", "Guess", "Operation", "guess"]
