"""What a run is told: options, SESSIONPROOF_* variables and sessionproof.toml, in this order of precedence."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from sessionproof.effort import Effort
from sessionproof.errors import UsageError
from sessionproof.suggest import did_you_mean

__all__ = ["CHECK_OPTIONS", "OPTIONS", "Option", "Settings", "gather"]

CONFIG_FILE = "sessionproof.toml"


@dataclass(frozen=True)
class Option:
    """One setting: its name everywhere, how its text is read, and what it is for."""

    name: str  # underscores; --with-dashes on the command line, SESSIONPROOF_UPPER in the environment
    metavar: str
    help: str
    read: Callable[[str], Any] = str
    several: bool = False

    @property
    def flag(self) -> str:
        return f"--{self.name.replace('_', '-')}"

    @property
    def variable(self) -> str:
        return f"SESSIONPROOF_{self.name.upper()}"


def _positive(text: str) -> float:
    number = float(text)
    if not 0 < number < 1e9:
        raise ValueError("must be greater than 0")
    return number


def _whole(text: str) -> int:
    return int(text)


def _processes(text: str) -> int:
    number = int(text)
    if not 1 <= number <= 64:
        raise ValueError("must be from 1 to 64")
    return number


def _effort(text: str) -> Effort:
    return Effort(text.lower())


def _one_of(*words: str) -> Callable[[str], str]:
    def read(text: str) -> str:
        if text.lower() not in words:
            raise ValueError("is one of these words")
        return text.lower()

    return read


OPTIONS = (
    Option(
        "contract",
        "NAME|FILE",
        "The contract: a bundled one's name, an annotated OpenAPI file, or a sidecar.",
    ),
    Option("sidecar", "FILE", "An x-session file beside the plain OpenAPI document given by --contract.", Path),
    Option(
        "user",
        "NAME=HEADER:VALUE",
        "A user to speak as; VALUE may be env:VARIABLE or @FILE. Repeatable.",
        several=True,
    ),
    Option(
        "node",
        "URL",
        "Another node of the deployment; the calls of each check take turns. Repeatable.",
        several=True,
    ),
    Option("restart", "COMMAND", "Restarts the deployment, or a node of it; then it is seen what a restart does."),
    Option(
        "stop_store", "COMMAND", "Stops the store of sessions, or has it hang; it is seen what an outage looks like."
    ),
    Option("start_store", "COMMAND", "Starts the store of sessions again, with what it held."),
    Option(
        "clock",
        "NAME",
        "How time passes: wall, scaled:SECONDS_PER_MINUTE, control, redis:URL,PATTERN or faketime:COMMAND.",
    ),
    Option("life", "SECONDS", "How long the deployment's sessions live unless they ask for something else.", _positive),
    Option("patience", "SECONDS", "Wait at most so long for sessions to end (default: 180).", _positive),
    Option("only", "ID|GROUP", "Judge only these requirements. Repeatable.", several=True),
    Option("effort", "quick|normal|thorough", "How hard to try (default: normal).", _effort),
    Option(
        "explore",
        "no|yes|only",
        "Random walks besides the checks (default: yes, at quick effort no).",
        _one_of("no", "yes", "only"),
    ),
    Option("max_time", "SECONDS", "Explore, or fuzz, for this long (default: by effort).", _positive),
    Option("cases", "DIR", "Where walks and requests that found something are kept (default: a cache folder).", Path),
    Option("max_rps", "N", "At most this many requests a second.", _positive),
    Option("timeout", "SECONDS", "Give a request up after this time (default: 10).", _positive),
    Option("seed", "N", "Repeat the chances of an earlier run.", _whole),
    Option(
        "baseline",
        "FILE",
        "Outcomes that are accepted today, each with a reason, an owner and an end date.",
        Path,
    ),
    Option("json", "FILE", "Write the report as JSON.", Path),
    Option("junit", "FILE", "Write the report as JUnit XML.", Path),
    Option("html", "FILE", "Write the report as one HTML page.", Path),
    Option("history", "FILE", "Write every call as a JSON line (docs/history.md).", Path),
)

# What only `check` takes.
CHECK_OPTIONS = (
    Option(
        "traffic",
        "whole|part",
        "Whether all calls to the sessions are there (default: whole; HAR files: part).",
        _one_of("whole", "part"),
    ),
    Option("jobs", "N", "Judge by so many processes (default: as many as there are cores, if it is long).", _processes),
    Option("minimised", "DIR", "Leave the few calls that show a failure there (default: beside the history).", Path),
)


@dataclass(frozen=True)
class Settings:
    """The settings of one run; `base_url` is empty when no target was named."""

    base_url: str = ""
    contract: str | None = None
    sidecar: Path | None = None
    user: tuple[str, ...] = ()
    node: tuple[str, ...] = ()
    restart: str | None = None
    stop_store: str | None = None
    start_store: str | None = None
    clock: str | None = None
    life: float | None = None
    patience: float = 180.0
    only: tuple[str, ...] = ()
    effort: Effort = Effort.NORMAL
    explore: str | None = None
    max_time: float | None = None
    cases: Path | None = None
    max_rps: float | None = None
    timeout: float = 10.0
    seed: int | None = None
    baseline: Path | None = None
    json: Path | None = None
    junit: Path | None = None
    html: Path | None = None
    history: Path | None = None
    traffic: str | None = None
    jobs: int = 0
    minimised: Path | None = None

    @property
    def explores(self) -> bool:
        """Whether random walks are part of the run."""
        return self.explore != "no" if self.explore else self.effort is not Effort.QUICK


def gather(
    given: Mapping[str, Any], environment: Mapping[str, str] | None = None, folder: Path | None = None
) -> Settings:
    """Settings from what was `given` as text, then the environment, then `sessionproof.toml` in `folder`.

    Raises UsageError for a value that can't be read, naming where it came from.
    """
    environment = os.environ if environment is None else environment
    in_file = _from_file((folder or Path.cwd()) / CONFIG_FILE)
    values: dict[str, Any] = {}
    for option in (Option("base_url", "URL", ""), *OPTIONS, *CHECK_OPTIONS):
        for source, text in (
            (option.flag, given.get(option.name)),
            (option.variable, environment.get(option.variable)),
            (f"{CONFIG_FILE}: {option.name}", in_file.get(option.name)),
        ):
            if text not in (None, "", (), []):
                values[option.name] = _read(option, text, source)
                break
    return Settings(**values)


def _read(option: Option, text: Any, source: str) -> Any:
    try:
        if not option.several:
            return option.read(str(text))
        parts = text.split() if isinstance(text, str) else text
        if not isinstance(parts, list | tuple):
            raise ValueError("must be a list of texts")
        return tuple(option.read(str(part)) for part in parts)
    except ValueError as error:
        why = (
            ""
            if "could not" in str(error) or "invalid literal" in str(error) or "is not a valid" in str(error)
            else f" ({error})"
        )
        raise UsageError(f"{source}: {text!r} is not {option.metavar}{why}") from error


def _from_file(file: Path) -> dict[str, Any]:
    if not file.is_file():
        return {}
    try:
        content = tomllib.loads(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, RecursionError) as error:
        raise UsageError(f"{file.name}: not valid TOML: {error}") from error
    known = {field.name for field in fields(Settings)}
    for name in content:
        if name.replace("-", "_") not in known:
            hint = did_you_mean(name, known) or f"known are {', '.join(sorted(known))}"
            raise UsageError(f"{file.name}: unknown key {name!r}; {hint}")
    return {name.replace("-", "_"): value for name, value in content.items()}
