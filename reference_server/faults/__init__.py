"""Switches that break one rule each, to find out who notices.

A fault is a small class over a part of the server - its rules, its routes, its outer layers - that does one
step wrong. Parts know nothing of faults; they are put together with them when the server is built (`weave`).
Without a switch nothing here has any effect. One file per group of requirements.
"""

from . import (
    case_histories,
    cases,
    clearing,
    expiry,
    files,
    grown,
    idempotency,
    isolation,
    lifecycle,
    lives,
    messages,
    nodes,
    opening,
    outages,
    queries,
    races,
    races_kept,
    resumption,
    security,
    sharing,
    sizes,
    uploads,
    used,
)
from .registry import FAULTS, Fault, UnknownFaultError, listing, weave

__all__ = [
    "FAULTS",
    "Fault",
    "UnknownFaultError",
    "case_histories",
    "cases",
    "clearing",
    "expiry",
    "files",
    "grown",
    "idempotency",
    "isolation",
    "lifecycle",
    "listing",
    "lives",
    "messages",
    "nodes",
    "opening",
    "outages",
    "queries",
    "races",
    "races_kept",
    "resumption",
    "security",
    "sharing",
    "sizes",
    "uploads",
    "used",
    "weave",
]
