"""The OpenAPI document that a guess starts from: served by a target, or in a file."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from sessionproof.contract.source import parse_source
from sessionproof.errors import ContractError, SessionProofError, TargetError, UsageError
from sessionproof.guess.schema import as_list, as_map
from sessionproof.sender import Sender
from sessionproof.target import check_url, served_openapi

__all__ = ["Origin", "read_origin"]

_LARGEST = 16 * 2**20  # characters
_TIMEOUT = 10.0  # seconds for one answer


@dataclass(frozen=True)
class Origin:
    """A document and where it came from: `path` on the target at `url`, or the file at `path`."""

    document: Mapping[str, Any]
    text: str
    url: str  # "" for a file
    path: str

    @property
    def label(self) -> str:
        return f"{self.url}{self.path}"

    def error(self, reason: str) -> SessionProofError:
        """One line about this document, as the target's fault or as the call's."""
        return TargetError(f"{self.label}: {reason}") if self.url else UsageError(f"{self.label}: {reason}")

    def named_from(self, folder: Path) -> str:
        """The document as a sidecar in `folder` names it."""
        return self.path if self.url else Path(os.path.relpath(self.path, folder)).as_posix()

    @property
    def base_path(self) -> str:
        """The path that its first server adds to all others."""
        servers = [as_map(one).get("url") for one in as_list(self.document.get("servers"))]
        try:
            return urlsplit(servers[0]).path.rstrip("/") if servers and isinstance(servers[0], str) else ""
        except ValueError:
            return ""


def read_origin(source: str) -> Origin:
    """The document that `source` (a URL or a file) holds. Asks a target by GET only.

    Raises TargetError for a target and UsageError for a file that isn't or hasn't an OpenAPI 3 document.
    """
    if source.lower().startswith(("http://", "https://")):
        url = check_url(source)
        path, text = _served(url)
        found = Origin({}, text, url, path)
    else:
        found = Origin({}, _in_file(Path(source)), "", source)
    document = _parsed(found)
    version = document.get("openapi")
    if "swagger" in document:
        raise found.error("is Swagger 2, not OpenAPI 3; convert it first")
    if not (isinstance(version, str) and version.startswith("3.")) or not as_map(document.get("paths")):
        raise found.error("is not an OpenAPI 3 document with paths")
    if "x-session" in document:
        raise found.error("has x-session in it already; use it as it is, with --contract")
    return Origin(document, found.text, found.url, found.path)


def _served(url: str) -> tuple[str, str]:
    sender = Sender(url, timeout=_TIMEOUT)
    try:
        served = served_openapi(sender)
    finally:
        sender.close()
    if served is None:
        raise TargetError(
            f"{url}: serves no OpenAPI document at /openapi.json or the other usual paths; "
            "give the API's base URL, or the document as a file"
        )
    return served


def _in_file(file: Path) -> str:
    try:
        if file.stat().st_size > _LARGEST:
            raise UsageError(f"{file}: larger than {_LARGEST // 2**20} MiB; give the part that is about sessions")
        return file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError, ValueError) as error:
        raise UsageError(f"{file}: can't be read ({error}); give a URL or an OpenAPI file") from error


def _parsed(origin: Origin) -> Mapping[str, Any]:
    if len(origin.text) > _LARGEST:
        raise origin.error(f"larger than {_LARGEST // 2**20} MiB; give the part that is about sessions, as a file")
    try:
        is_json = origin.text.lstrip()[:1] == "{"
        document = json.loads(origin.text) if is_json else parse_source(origin.text, origin.label).document
    except ContractError as error:
        raise origin.error(f"line {error.line}: {error.reason}") from error
    except (ValueError, RecursionError) as error:
        raise origin.error(f"is neither JSON nor YAML ({error})") from error
    if not isinstance(document, dict):
        raise origin.error("is not an OpenAPI 3 document with paths")
    return document
