"""Settings come from the environment; the command line may override some of them."""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Self
from urllib.parse import urlsplit

LOG_LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")


class SettingError(Exception):
    """A setting has a value that can't be used; the message is one line for the person who set it."""


@dataclass(frozen=True)
class Settings:
    """All that can be set. Lives are in minutes; `minute` says how many seconds a minute of a life lasts."""

    service_name: str = "fm-session-service"
    environment: str = "development"
    port: int = 8002
    redis_url: str | None = None  # none: sessions are in memory
    redis_prefix: str = "fm-session-service:"
    default_minutes: float = 180
    longest_minutes: float = 480
    cors_origins: tuple[str, ...] = ("*",)
    log_level: str = "INFO"
    minute: float = 60
    guests: bool = False  # whether a call without an identity is a guest's, where the contract has guests
    life_variable: str = "SESSION_TTL_MINUTES"

    @classmethod
    def from_environment(cls, environment: Mapping[str, str], defaults: Self | None = None) -> Self:
        """What the variables say; one that is missing or empty has its default. Raises SettingError."""
        usual = defaults or cls()
        given = {name: value.strip() for name, value in environment.items() if value.strip()}
        most = given.get("MAX_SESSION_TTL_MINUTES", str(usual.longest_minutes))
        longest = number("MAX_SESSION_TTL_MINUTES", most, 1, 10_000_000)
        life = given.get(usual.life_variable, str(usual.default_minutes))
        return replace(
            usual,
            service_name=given.get("SERVICE_NAME", usual.service_name),
            environment=given.get("ENVIRONMENT", usual.environment),
            port=port("PORT", given.get("PORT", str(usual.port))),
            redis_url=redis_url("REDIS_URL", given.get("REDIS_URL", "memory")),
            redis_prefix=given.get("REDIS_PREFIX", usual.redis_prefix),
            default_minutes=number(usual.life_variable, life, 1, longest),
            longest_minutes=longest,
            guests=switch("GUESTS", given.get("GUESTS", "no")),
            cors_origins=origins(given.get("CORS_ORIGINS", "*")),
            log_level=log_level(given.get("LOG_LEVEL", "INFO")),
        )


def number(name: str, text: str, lowest: float, highest: float) -> float:
    """A finite number within a range; whole ones stay whole."""
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not lowest <= value <= highest:
        raise SettingError(f"{name} must be a number from {lowest:g} to {highest:g}, not {text!r}")
    return int(value) if value.is_integer() else value


def switch(name: str, text: str) -> bool:
    """On or off."""
    if text.lower() not in ("yes", "no"):
        raise SettingError(f"{name} must be yes or no, not {text!r}")
    return text.lower() == "yes"


def port(name: str, text: str) -> int:
    """A TCP port; 0 stands for any free one."""
    if not (text.isascii() and text.isdecimal() and int(text) < 65536):
        raise SettingError(f"{name} must be a whole number from 0 to 65535, not {text!r}")
    return int(text)


def redis_url(name: str, text: str) -> str | None:
    """Where a Redis is; none for `memory`. The text isn't repeated: it may have a password in it."""
    if text == "memory":
        return None
    wrong = SettingError(f"{name} must be memory, or a URL like redis://localhost:6379/0")
    if not re.fullmatch(r"rediss?://([^\s/?#@]*@)?[^\s/?#@]+(/[0-9]{0,9})?", text):
        raise wrong
    try:
        urlsplit(text).port  # noqa: B018 - it is what fails
    except ValueError:
        raise wrong from None
    return text


def origins(text: str) -> tuple[str, ...]:
    """Origins separated by commas, or `*` for all."""
    found = tuple(origin.strip() for origin in text.split(",") if origin.strip())
    if "*" in found:
        return ("*",)
    for origin in found:
        if "://" not in origin or origin.endswith("/"):
            raise SettingError(f"CORS_ORIGINS must be * or origins like https://example.org, not {origin!r}")
    return found


def log_level(text: str) -> str:
    """One of the usual names, in either case."""
    if text.upper() not in LOG_LEVELS:
        raise SettingError(f"LOG_LEVEL must be one of {', '.join(LOG_LEVELS)}, not {text!r}")
    return text.upper()
