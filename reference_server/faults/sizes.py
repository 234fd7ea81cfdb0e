"""Faults in how the declared greatest sizes are enforced, and on whom."""

from typing import Any

from starlette.requests import Request

from ..errors import invalid
from ..model import Session, Upload
from ..uploads import LONGEST_FILE, Uploads
from ..web.forms import Part
from ..web.views import Views
from .registry import ALL, FM_SESSION, WITH_QUERIES, fault
from .tools import everyone, memory

LONGEST_TEXT = 100_000  # characters of a question or a message
TEXTS = ("query", "message", "content")


class Texts(Views):
    """Looks at the text of a question or message before its form is checked."""

    def text(self, text: str) -> str:
        raise NotImplementedError

    async def json(self, request: Request, *, required: bool) -> Any:
        sent = await super().json(request, required=required)
        if not isinstance(sent, dict):
            return sent
        texts = {name: self.text(sent[name]) for name in TEXTS if isinstance(sent.get(name), str)}
        return {**sent, **texts}


@fault(
    "F-SEC-45",
    "SEC-10",
    "A text of just the greatest length is refused.",
    conditional=True,
    contracts=ALL,
)
class OneTooFew(Texts):
    def text(self, text: str) -> str:
        if len(text) == LONGEST_TEXT:
            raise invalid(f"A text must be shorter than {LONGEST_TEXT} characters.")
        return text


@fault(
    "F-SEC-46",
    "SEC-10",
    "The length of a text is counted in bytes: with other letters than English ones half of it is too long.",
    conditional=True,
    contracts=ALL,
)
class CountsBytes(Texts):
    def text(self, text: str) -> str:
        if len(text.encode()) > LONGEST_TEXT:
            raise invalid(f"A text may have {LONGEST_TEXT} characters at most.")
        return text


@fault(
    "F-SEC-47",
    "SEC-10 SEC-03",
    "A text that is too long is cut off and accepted.",
    contracts=ALL,
)
class CutsTexts(Texts):
    def text(self, text: str) -> str:
        return text[:LONGEST_TEXT]


@fault(
    "F-SEC-53",
    "SEC-10",
    "After a text that is too long the next one is refused, whoever sends it.",
    conditional=True,
    contracts=ALL,
)
class RefusesTheNextText(Texts):
    def text(self, text: str) -> str:
        too_long = memory(self, "too long")
        if too_long.pop("last", False):
            raise invalid(f"A text may have {LONGEST_TEXT} characters at most.")
        if len(text) > LONGEST_TEXT:
            too_long["last"] = True
        return text


class Files(Views):
    """Looks at the file of a form before its size is checked."""

    def sent(self, content: bytes) -> bytes:
        raise NotImplementedError

    async def form(self, request: Request) -> dict[str, Part]:
        parts = await super().form(request)
        return {name: Part(name, part.filename, self.sent(part.content)) for name, part in parts.items()}


@fault("F-SEC-48", "SEC-10 UPL-01", "A file that is too large is cut off and accepted.", contracts=WITH_QUERIES)
class CutsFiles(Files):
    def sent(self, content: bytes) -> bytes:
        return content[:LONGEST_FILE]


@fault(
    "F-SEC-49",
    "SEC-10",
    "A file of just the greatest size is refused.",
    conditional=True,
    contracts=WITH_QUERIES,
)
class OneByteTooFew(Files):
    def sent(self, content: bytes) -> bytes:
        if len(content) == LONGEST_FILE:
            raise invalid(f"file: must be smaller than {LONGEST_FILE} bytes")
        return content


@fault(
    "F-SEC-50",
    "SEC-10",
    "After a file that is too large the next one is refused, whoever sends it.",
    conditional=True,
    contracts=WITH_QUERIES,
)
class RefusesTheNextFile(Files):
    def sent(self, content: bytes) -> bytes:
        too_large = memory(self, "too large")
        if too_large.pop("last", False):
            raise invalid(f"file: may have {LONGEST_FILE} bytes at most")
        if len(content) > LONGEST_FILE:
            too_large["last"] = True
        return content


@fault(
    "F-SEC-51",
    "SEC-10",
    "The greatest size of one file is that of all files of all sessions together.",
    conditional=True,
    contracts=WITH_QUERIES,
)
class SizesAreAddedUp(Uploads):
    def accepted(self, session: Session, name: str, content: bytes) -> Upload:
        stored = sum(upload.size for other in everyone(self.core) for upload in other.uploads)
        if stored + len(content) > LONGEST_FILE:
            raise invalid(f"file: may have {LONGEST_FILE} bytes at most")
        return super().accepted(session, name, content)


@fault(
    "F-SEC-52",
    "SEC-10",
    "Messages of the assistant may have only a tenth of the greatest length.",
    conditional=True,
    contracts=(FM_SESSION,),
)
class AssistantsAreShorter(Views):
    async def json(self, request: Request, *, required: bool) -> Any:
        sent = await super().json(request, required=required)
        if isinstance(sent, dict) and sent.get("role") == "assistant" and len(str(sent.get("content"))) > 10_000:
            raise invalid("content: may have 10000 characters at most")
        return sent
