"""Who calls: any name logs in with the password that it came with first, and gets a token for it."""

from __future__ import annotations

import hashlib
import hmac
import secrets
import threading

from refused import Refused

__all__ = ["Accounts"]


class Accounts:
    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._passwords: dict[str, tuple[bytes, bytes]] = {}  # name -> salt and hash
        self._tokens: dict[str, str] = {}  # token -> name

    def log_in(self, name: str, password: str) -> str:
        """A new token for `name`. Raises Refused for another password than the first one."""
        salt = secrets.token_bytes(16)
        fresh = (salt, _hashed(password, salt))
        with self._lock:
            salt, known = self._passwords.setdefault(name, fresh)
        if not hmac.compare_digest(known, _hashed(password, salt)):
            raise Refused(401, "unauthenticated", "wrong name or password")
        token = secrets.token_urlsafe(32)
        with self._lock:
            self._tokens[token] = name
        return token

    def caller(self, authorization: list[str]) -> str:
        """The name that the Authorization headers stand for. Raises Refused."""
        scheme, _, token = authorization[0].partition(" ") if len(authorization) == 1 else ("", "", "")
        name = self._tokens.get(token.strip()) if scheme.lower() == "bearer" else None
        if name is None:
            raise Refused(401, "unauthenticated", "send `Authorization: Bearer TOKEN` with a token from /v2/login")
        return name


def _hashed(password: str, salt: bytes) -> bytes:
    return hashlib.scrypt(password.encode(), salt=salt, n=1024, r=8, p=1)
