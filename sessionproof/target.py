"""Is there a session API at this URL, and which? Asked by GET requests only."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from urllib.parse import urlsplit

from sessionproof.actors import Actor
from sessionproof.contract import Contract, bundled_contracts, load_contract
from sessionproof.contract.model import Binding
from sessionproof.contract.source import parse_source
from sessionproof.errors import TargetError, UsageError
from sessionproof.sender import Sender
from sessionproof.wire import Answer, Request

__all__ = ["Recognised", "check_url", "fits", "recognise", "served_openapi"]

_OPENAPI = ("/openapi.json", "/api/openapi.json", "/openapi.yaml", "/v3/api-docs")
_NEVER = "never-issued"
_ENOUGH = 0.6  # of a contract's operations


@dataclass(frozen=True)
class Recognised:
    contract: Contract
    why: str


def check_url(url: str) -> str:
    """`url` without a trailing slash. Raises UsageError when it isn't an absolute http(s) URL."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise UsageError(f"{url}: not a URL ({error})") from error
    if parts.scheme not in ("http", "https") or not parts.hostname or port == 0:
        raise UsageError(f"{url}: not a URL; write it like http://127.0.0.1:8002")
    if parts.query or parts.fragment or parts.username:
        raise UsageError(f"{url}: give the base URL alone, without user, query or fragment")
    return url.rstrip("/")


def _get(sender: Sender, path: str) -> Answer:
    binding = Binding("probe", "GET", path, {}, {}, {})
    return sender.wait_for(sender.send(Request(binding, Actor("probe", None), "GET", path, (), b"", {})))[0]


def _answering(sender: Sender, path: str) -> Answer:
    answer = _get(sender, path)
    if answer.status is None:
        raise TargetError(
            f"{sender.base_url}{path}: {answer.failure}; is the API running there, and is the port right?"
        )
    return answer


def _is_page(answer: Answer) -> bool:
    kind = next((value for name, value in answer.headers if name.lower() == "content-type"), "")
    return "html" in kind or answer.content.lstrip()[:9].lower().startswith((b"<!doctype", b"<html"))


def served_openapi(sender: Sender, named: str = "") -> tuple[str, str] | None:
    """The path and text of an OpenAPI document that the target serves, at `named` or where such documents usually are.

    None when there is none. Raises TargetError without an answer.
    """
    for path in (named,) if named else _OPENAPI:
        answer = _answering(sender, path)
        if (answer.status == 200 and b'"openapi"' in answer.content[:4096]) or answer.content.startswith(b"openapi:"):
            return path, answer.content.decode("utf-8", "replace")
    return None


def recognise(sender: Sender) -> Recognised:
    """The bundled contract that the target follows, and why. Raises TargetError when none fits well or two do."""
    served = served_openapi(sender)
    contracts = [load_contract(file) for file in bundled_contracts().values()]
    ranked = sorted(
        ((*_evidence(contract, sender, served), contract) for contract in contracts),
        key=lambda found: -found[0],
    )
    share, why, contract = ranked[0]
    if share < _ENOUGH:
        if _is_page(_answering(sender, "/")) and served is None:
            raise TargetError(f"{sender.base_url}: answers with a web page, not an API; give the API's base URL")
        raise TargetError(
            f"{sender.base_url}: follows none of the bundled contracts ({', '.join(bundled_contracts())}); "
            "give one with --contract FILE (docs/contracts.md)"
        )
    if len(ranked) > 1 and ranked[1][0] >= share:
        raise TargetError(
            f"{sender.base_url}: could be {contract.name} or {ranked[1][2].name}; say which with --contract NAME"
        )
    return Recognised(contract, why)


def _evidence(contract: Contract, sender: Sender, served: tuple[str, str] | None) -> tuple[float, str]:
    wanted = {(binding.method, _shape(binding.path)) for binding in contract.bindings}
    if served is not None:
        found = wanted & _operations(served[1])
        return len(found) / len(wanted), f"{len(found)} of its {len(wanted)} operations are in {served[0]}"
    probes = [binding for binding in contract.bindings if binding.method == "GET" and "{" not in binding.path]
    answered = [binding for binding in probes if _looks_like(contract, binding, _answering(sender, binding.path))]
    names = ", ".join(binding.name for binding in answered)
    return len(answered) / max(1, len(probes)), f"{names} answer as it says" if answered else ""


def _looks_like(contract: Contract, binding: Binding, answer: Answer) -> bool:
    """A declared success in JSON, or the contract's own refusal of a caller without identity."""
    if answer.status in contract.no_identity and not binding.anonymous:
        return not _is_page(answer)
    try:
        return answer.status == 200 and isinstance(json.loads(answer.content), dict | list)
    except ValueError:
        return False


def _shape(path: str) -> str:
    return re.sub(r"{[^}]*}", "{}", path)


def _operations(text: str) -> set[tuple[str, str]]:
    document = parse_source(text, "the target's OpenAPI document").document
    paths = document.get("paths") if isinstance(document, dict) else None
    items = paths.items() if isinstance(paths, dict) else ()
    return {(method.upper(), _shape(path)) for path, item in items if isinstance(item, dict) for method in item}


def fits(contract: Contract, sender: Sender) -> None:
    """Make sure that the target speaks this contract at all. Raises TargetError with the reason.

    Asks by GET what the contract has to ask without a session: its list, its health, or a session that never was.
    """
    asked = [contract.first(name) for name in ("list", "health", "read") if contract.has(name)]
    paths = [_without_session(binding) for binding in asked if binding.method == "GET"] or ["/"]
    plain = []
    for path in paths:
        answer = _answering(sender, path)
        if _is_page(answer):
            raise TargetError(f"{sender.base_url}{path}: answers with a web page, not an API; give the API's base URL")
        plain += [answer.status] if _NEVER not in path else []
    if plain and set(plain) == {404} and 404 not in contract.no_identity:
        raise TargetError(
            f"{sender.base_url}{paths[0]}: answers 404; the base URL or the contract ({contract.name}) doesn't fit"
        )


def _without_session(binding: Binding) -> str:
    return re.sub(r"{[^}]*}", _NEVER, binding.path)
