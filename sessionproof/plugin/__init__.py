"""The pytest plugin: actors and expectations as fixtures, verdicts per requirement.

In a conftest.py: `pytest_plugins = ["sessionproof.plugin"]`; then `pytest --base-url http://127.0.0.1:8002`. A test
marked `@pytest.mark.requirement("RES-01")` counts for that requirement. Without --base-url nothing is changed, except
that the tests which use a deployment say so and fail.
"""

from __future__ import annotations

import inspect
from dataclasses import replace
from typing import Any

import pytest

from sessionproof.errors import TargetError, UsageError
from sessionproof.plugin.exploring import exploration
from sessionproof.plugin.fixtures import (
    alice,
    bob,
    bursts,
    carol,
    chance,
    expect,
    extension,
    lives,
    new_caller,
    newcomer,
    nobody,
    numbers,
    stranger,
    target,
)
from sessionproof.plugin.judging import Judging
from sessionproof.plugin.stash import EXPLORED_WITH, PREPARED, requirement_of, requirement_of_item
from sessionproof.plugin.timed import Timed
from sessionproof.prepare import prepare
from sessionproof.settings import OPTIONS, Settings, gather

__all__ = [
    "alice",
    "bob",
    "bursts",
    "carol",
    "chance",
    "expect",
    "exploration",
    "extension",
    "lives",
    "new_caller",
    "newcomer",
    "nobody",
    "numbers",
    "stranger",
    "target",
]

_PREFIX = "--sessionproof"


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("sessionproof", "session flows (sessionproof)")
    if not _has_option(parser, "--base-url"):  # pytest-base-url has the same option with the same meaning
        group.addoption("--base-url", metavar="URL", dest="base_url", help="The deployment to judge.")
    for option in OPTIONS:
        group.addoption(
            f"{_PREFIX}-{option.name.replace('_', '-')}",
            metavar=option.metavar,
            dest=f"sessionproof_{option.name}",
            action="append" if option.several else "store",
            help=option.help,
        )


def _has_option(parser: pytest.Parser, name: str) -> bool:
    """Whether another plugin has declared the option; pytest itself would only say so once all are read."""
    groups = [getattr(parser, "_anonymous", None), *getattr(parser, "_groups", [])]
    return any(name in option.names() for group in groups if group is not None for option in group.options)


@pytest.hookimpl(trylast=True)
def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "requirement(id): the test counts for this requirement of session flows")
    prepared = config.stash.get(PREPARED, None)
    settings = config.stash.get(SETTINGS, None)
    try:
        if prepared is None:
            settings = gather(_given(config))
            if not settings.base_url:
                return
            at_work = getattr(config, "workerinput", None)
            seed = at_work["sessionproof_seed"] if at_work else settings.seed
            prepared = prepare(replace(settings, seed=seed), joins=at_work is not None)
        assert settings is not None
        config.stash[PREPARED] = prepared
        config.stash[EXPLORED_WITH] = settings
        config.pluginmanager.register(Judging(config, prepared, settings), "sessionproof-judging")
        if prepared.run.clock is not None:
            config.pluginmanager.register(
                Timed(config, prepared.run, prepared.run.clock, settings), "sessionproof-timed"
            )
    except UsageError as error:
        raise pytest.UsageError(str(error)) from None
    except TargetError as error:
        pytest.exit(str(error), returncode=error.exit_code)


SETTINGS = pytest.StashKey[Settings]()


def _given(config: pytest.Config) -> dict[str, Any]:
    given = {option.name: config.getoption(f"sessionproof_{option.name}") for option in OPTIONS}
    return {**given, "base_url": config.getoption("base_url", None)}


def pytest_pycollect_makeitem(collector: Any, name: str, obj: Any) -> list[Any] | None:
    """Where every function could be a test (suites), only those that name a requirement are."""
    only_marked = collector.config.getini("python_functions") == ["*"] and not name.startswith("test")
    return [] if only_marked and callable(obj) and not inspect.isclass(obj) and not requirement_of(obj) else None


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    marked = [requirement_of_item(item) for item in items]
    if PREPARED not in config.stash and marked and all(marked) and not hasattr(config, "workerinput"):
        raise pytest.UsageError("these checks need a deployment: add --base-url URL (or run `sessionproof verify`)")
