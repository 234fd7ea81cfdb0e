"""Every refusal has a reason for programs and a sentence for people; neither repeats what was sent."""

from typing import Literal

Reason = Literal[
    "no_identity",
    "no_session",
    "session_ambiguous",
    "session_not_found",
    "case_not_found",
    "route_not_found",
    "method_not_allowed",
    "body_too_large",
    "unsupported_media_type",
    "invalid_request",
    "key_reused",
    "origin_not_allowed",
    "internal_error",
    "store_unavailable",
]


class RefusalError(Exception):
    """The request is not carried out, and nothing has changed."""

    def __init__(self, reason: Reason, detail: str) -> None:
        super().__init__(reason, detail)
        self.reason = reason
        self.detail = detail


class UnavailableError(RefusalError):
    """The store can't be used now. Nothing has changed, unless it fell silent in the middle of the change itself."""

    def __init__(self, detail: str = "The store can't be used now.") -> None:
        super().__init__("store_unavailable", detail)


def session_not_found() -> RefusalError:
    """The one answer for sessions that are unknown, deleted, over, or another user's."""
    return RefusalError("session_not_found", "There is no such session.")


def case_not_found() -> RefusalError:
    """No case of this session has that id; what other sessions have doesn't matter."""
    return RefusalError("case_not_found", "There is no such case in this session.")


def invalid(detail: str) -> RefusalError:
    """Something in the request is not of the contract's form."""
    return RefusalError("invalid_request", detail)
