"""A client to drive: an extension's folder, and the file that says how to drive it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError, best_match

from sessionproof.bundle import bundle_root
from sessionproof.contract.source import Source, read_source
from sessionproof.errors import UsageError
from sessionproof.suggest import did_you_mean

__all__ = ["Client", "OptionsPage", "bundled_extension", "read_client"]


_BACKEND = "`storage: {backend: KEY}`, `page: {fill: {backend: SELECTOR}}` and `address: URL`"


@dataclass(frozen=True)
class OptionsPage:
    """A page of options: the inputs to fill in, by what goes into them, and what saves it."""

    at: str
    fill: Mapping[str, str]  # backend, user, token -> selector
    save: str


@dataclass(frozen=True)
class Client:
    """An extension, and how it is driven. Pages are paths in its folder; the rest are CSS selectors and keys."""

    folder: Path
    name: str  # its own, with its version
    panel: str
    input: str
    send: str
    answers: str
    notice: str
    id: str  # JSON pointer to the session's id in the reply to `message`, or in the value of the key `stored`
    message: Any = None
    stored: str = ""
    storage: Mapping[str, str] = field(default_factory=dict)  # backend, user, token -> key in chrome.storage.local
    options: OptionsPage | None = None
    address: str = ""  # of the back end that is built into it
    new_chat: str = ""
    shows: Mapping[str, str] = field(default_factory=dict)  # session, case -> what shows its id
    contract: str = "faultmaven"

    @property
    def knows_its_user(self) -> bool:
        """Whether it can be told on whose behalf it speaks."""
        told = {*self.storage, *(self.options.fill if self.options else ())}
        return bool(told & {"user", "token"})


def bundled_extension() -> tuple[Path, Path]:
    """The folder of the reference extension, and the file that says how to drive it."""
    fixtures = bundle_root() / "fixtures"
    return fixtures / "extension", fixtures / "extension.yaml"


def read_client(folder: Path, file: Path) -> Client:
    """The extension in `folder`, driven as `file` says. Raises UsageError, in one line, for what is wrong with them."""
    manifest = _manifest(folder)
    source = read_source(file)
    if (problem := _problem(source)) is not None:
        raise problem
    said = source.document
    settings, session, page = said["settings"], said["session"], said["settings"].get("page")
    for path, at in ((said["panel"], ("panel",)), *([(page["at"], ("settings", "page", "at"))] if page else [])):
        if not (folder / path).is_file():
            raise source.error(at, f"{path} is no file in {folder}", "name a page of the extension")
    ways = [settings.get("storage", {}), page["fill"] if page else {}, {"backend"} if "address" in settings else {}]
    if sum("backend" in way for way in ways) != 1:
        raise source.error(("settings",), "settings say not once how the back end is set", f"one of {_BACKEND}")
    return Client(
        folder=folder,
        name=f"{manifest.get('name', folder.name)} {manifest.get('version', '')}".strip(),
        panel=said["panel"],
        **{name: said[name] for name in ("input", "send", "answers", "notice")},
        id=session["id"],
        message=session.get("message"),
        stored=session.get("storage", ""),
        storage=settings.get("storage", {}),
        options=OptionsPage(page["at"], page["fill"], page["save"]) if page else None,
        address=settings.get("address", ""),
        new_chat=said.get("new_chat", ""),
        shows=said.get("shows", {}),
        contract=_contract(said.get("contract", "faultmaven"), file),
    )


def _contract(name: str, file: Path) -> str:
    beside = file.parent / name
    return str(beside) if beside.is_file() else name


def _manifest(folder: Path) -> Mapping[str, Any]:
    file = folder / "manifest.json"
    try:
        manifest = json.loads(file.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise UsageError(f"--extension {folder}: has no manifest.json; give the folder that a browser loads") from error
    except ValueError as error:
        raise UsageError(f"{file}: not valid JSON: {error}") from error
    if not isinstance(manifest, dict) or manifest.get("manifest_version") != 3:
        raise UsageError(f"{file}: manifest_version is not 3; browsers load no other any more")
    return manifest


def _problem(source: Source) -> Exception | None:
    schema = json.loads((bundle_root() / "contracts/schemas/client.schema.json").read_text(encoding="utf-8"))
    error = best_match(Draft202012Validator(schema).iter_errors(source.document))
    return None if error is None else _explained(source, error)


def _explained(source: Source, error: ValidationError) -> Exception:
    rule: Any = error.validator_value
    schema: Any = error.schema
    instance: Any = error.instance
    path = tuple(str(step) for step in error.absolute_path)
    where = ".".join(path) or "the file"
    known = list(schema.get("properties", {}))
    if error.validator == "additionalProperties":
        (unknown, *_) = sorted(set(instance) - set(known))
        hint = did_you_mean(unknown, known) or f"known are {', '.join(known)}"
        return source.error((*path, unknown), f"unknown key {unknown!r} in {where}", hint)
    if error.validator == "required":
        missing = next(name for name in rule if name not in instance)
        return source.error(path, f"{where} lacks {missing!r}", f"add `{missing}:` (docs/browser.md)")
    if error.validator in ("minProperties", "maxProperties") and known:
        return source.error(path, f"{where} has {len(instance)} keys", f"choose among {', '.join(known)}")
    return source.error(path, f"{where}: {error.message[:160]}", "see docs/browser.md")
