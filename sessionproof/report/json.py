"""The JSON report, as `contracts/schemas/report.schema.json` describes it."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from sessionproof.report.document import Report, as_dict
from sessionproof.report.files import save

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["write_json"]


def write_json(report: Report, file: Path) -> None:
    """Writes the whole report as UTF-8 JSON that strict parsers read; same report, same bytes."""
    text = json.dumps(as_dict(report), ensure_ascii=False, indent=2, allow_nan=False)
    save(file, _without_lone_surrogates(text + "\n").encode())


def _without_lone_surrogates(text: str) -> str:
    # They come from undecodable bytes, can't be UTF-8, and strict parsers refuse their \u form as well.
    return re.sub("[\ud800-\udfff]", lambda match: f"\\\\u{ord(match.group()):04x}", text)
