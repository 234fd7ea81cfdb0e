"""What can go wrong outside the judged API, as one tree.

SessionProofError
├── UsageError           the call is off: options, files, names              exit 4
│   └── ContractError    a contract breaks the vocabulary: file, line, reason, fix
└── TargetError          the target can't be reached or recognised, or set-up failed   exit 3

Every message is one clear line that says what to do next; no command shows a traceback for these.
"""

from __future__ import annotations

__all__ = ["ContractError", "SessionProofError", "TargetError", "UsageError"]


class SessionProofError(Exception):
    """An error that a person can mend; `str()` is one line, `exit_code` is the command's."""

    exit_code = 3


class TargetError(SessionProofError):
    """The target is unreachable, isn't what it should be, or couldn't be set up."""

    exit_code = 3


class UsageError(SessionProofError):
    """An option, a file or a name in the call is wrong."""

    exit_code = 4


class ContractError(UsageError):
    """A contract that can't be used: where (file, line), why, and how to mend it."""

    def __init__(self, file: str, line: int, reason: str, fix: str) -> None:
        self.file, self.line, self.reason, self.fix = file, line, reason, fix
        super().__init__(f"{file}:{line}: {reason}; {fix}")
