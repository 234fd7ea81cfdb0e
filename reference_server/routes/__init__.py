"""The contracts that this server can keep, by name."""

from collections.abc import Callable

from fastapi import FastAPI

from ..web.app import Plan
from . import fm_session_service

CONTRACTS: dict[str, Callable[[Plan], FastAPI]] = {
    "fm-session-service": fm_session_service.make,
}
