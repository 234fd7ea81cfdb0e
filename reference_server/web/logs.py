"""One JSON line per event on stderr. Never in it: header values, bodies, query strings, paths, user ids."""

import json
import logging
import sys
import traceback
from datetime import UTC, datetime

LOG = logging.getLogger("reference_server")


class JsonLines(logging.Formatter):
    """A record as one line: when, how grave, what, and the fields it was logged with."""

    def format(self, record: logging.LogRecord) -> str:
        line = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "event": record.getMessage(),
            **getattr(record, "fields", {}),
        }
        if record.exc_info and record.exc_info[0] is not None:
            # Where it happened, but not the message: that may quote what somebody sent.
            frames = traceback.extract_tb(record.exc_info[2])
            line["error"] = record.exc_info[0].__name__
            line["at"] = [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames]
        return json.dumps(line)


def start_logging(level: str) -> None:
    """From now on all logging of this process is JSON lines on stderr."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines())
    logging.basicConfig(level=level, handlers=[handler], force=True)
    logging.getLogger("asyncio").setLevel("WARNING")
