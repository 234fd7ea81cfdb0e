"""Exploration as the last part of a thorough `sessionproof verify`: the same run, the same judge, the same report."""

from __future__ import annotations

import pytest

from sessionproof.caller import SetUpFailed
from sessionproof.effort import Effort
from sessionproof.fuzz.exploring import Explorer
from sessionproof.fuzz.running import about
from sessionproof.plugin.judging import Judging
from sessionproof.prepare import Prepared
from sessionproof.report.progress import Progress
from sessionproof.requirements import select
from sessionproof.settings import Settings

__all__ = ["Beside"]


class Beside:
    """A pytest plugin that explores when the suites are done, and adds what it saw to what they found."""

    def __init__(self, prepared: Prepared, settings: Settings, progress: Progress) -> None:
        self._prepared, self._settings, self._progress = prepared, settings, progress

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        judging = session.config.pluginmanager.get_plugin("sessionproof-judging")
        narrowed = session.config.option.keyword or session.config.option.markexpr or session.config.option.collectonly
        run, wanted = self._prepared.run, about() & select(self._settings.only)
        if not isinstance(judging, Judging) or judging.interrupted or run.lost or narrowed or not wanted:
            return
        explorer = Explorer.of(run, wanted, effort=Effort.NORMAL)  # the suites have taken their time already
        try:
            explorer.begin()
            explorer.explore(self._progress)
        except SetUpFailed as failure:
            judging.broken.append(f"exploring could not begin: {failure}")
            return
        except KeyboardInterrupt:
            explorer.interrupted = True
        finally:
            self._progress.stop()
        judging.interrupted |= explorer.interrupted
        judging.broken += explorer.broken
        judging.results += explorer.results()
        run.notes = (*run.notes, *explorer.notes())
