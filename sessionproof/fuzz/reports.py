"""Schemathesis's own reports of an exploration, by its own writers."""

from __future__ import annotations

from pathlib import Path

from schemathesis.engine import events
from schemathesis.reporting.har import HarWriter
from schemathesis.reporting.junitxml import JunitXmlWriter
from schemathesis.reporting.ndjson import NdjsonWriter

from sessionproof.errors import UsageError
from sessionproof.fuzz.transport import Explored

__all__ = ["Reports"]


class Reports:
    """`junit.xml`, `traffic.har` and `events.ndjson` in a folder. Raises UsageError where it can't be written."""

    def __init__(self, folder: Path, schema: Explored) -> None:
        config = schema.config
        try:
            folder.mkdir(parents=True, exist_ok=True)
            self._junit = JunitXmlWriter(folder / "junit.xml", config.output)
            self._har = HarWriter(folder / "traffic.har", config.output)
            self._ndjson = NdjsonWriter(folder / "events.ndjson", config.output.sanitization)
            self._har.open(seed=config.seed)
            self._ndjson.open(seed=config.seed, command="sessionproof fuzz")
        except OSError as error:
            raise UsageError(f"--schemathesis-report {folder}: can't be written: {error.strerror}") from error

    def write(self, event: events.EngineEvent) -> None:
        self._ndjson.write_event(event)
        if isinstance(event, events.ScenarioFinished):
            self._har.write(event.recorder)
            self._junit.write(event.recorder, event.elapsed_time, status=event.status, message=event.skip_reason)

    def close(self) -> None:
        for writer in (self._junit, self._har, self._ndjson):
            writer.close()
