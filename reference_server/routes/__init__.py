"""The contracts that this server can keep, by name, and the settings that each has where nothing else is said."""

from collections.abc import Callable

from fastapi import FastAPI

from ..settings import Settings
from ..web.app import Plan
from . import agentic_multi_client, faultmaven, fm_session_service

CONTRACTS: dict[str, Callable[[Plan], FastAPI]] = {
    "fm-session-service": fm_session_service.make,
    "faultmaven": faultmaven.make,
    "agentic-multi-client": agentic_multi_client.make,
}
DEFAULTS: dict[str, Settings] = {
    "fm-session-service": Settings(),
    "faultmaven": faultmaven.DEFAULTS,
    "agentic-multi-client": agentic_multi_client.DEFAULTS,
}
