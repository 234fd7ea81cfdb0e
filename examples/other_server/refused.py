"""Why a call isn't carried out."""

from __future__ import annotations

__all__ = ["Refused", "invalid"]


class Refused(Exception):
    """A call that isn't carried out: the HTTP status, a code for programs, a message for people."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status, self.code, self.message = status, code, message


def invalid(message: str) -> Refused:
    return Refused(400, "invalid", message)
