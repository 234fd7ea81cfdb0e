"""A recording proxy between a client that is under test and the deployment."""

from sessionproof.proxy.actions import Action, Answers, Cuts, Holds
from sessionproof.proxy.proxy import Proxy

__all__ = ["Action", "Answers", "Cuts", "Holds", "Proxy"]
