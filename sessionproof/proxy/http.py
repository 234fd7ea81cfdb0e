"""HTTP/1.1 on one connection, as a server: a request in, an answer out."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from http.client import responses

import h11

__all__ = ["Incoming", "read_request", "write_answer"]

Pairs = tuple[tuple[str, str], ...]

_LARGEST = 32 * 1024 * 1024  # bytes of one request
_BETWEEN_HOPS = frozenset(
    (
        *("accept-encoding", "connection", "content-length", "expect", "host", "keep-alive", "proxy-connection"),
        *("te", "trailer", "transfer-encoding", "upgrade"),
    )
)


@dataclass(frozen=True)
class Incoming:
    """A client's request, without what concerns its connection alone."""

    method: str
    target: str
    headers: Pairs
    content: bytes


async def read_request(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> Incoming | None:
    """The one request of a connection; None when the client sends none, or no HTTP."""
    connection, head, parts, size = h11.Connection(h11.SERVER), None, [], 0
    try:
        while True:
            event = connection.next_event()
            if event is h11.NEED_DATA:
                if connection.they_are_waiting_for_100_continue:
                    go_on = h11.InformationalResponse(status_code=100, headers=[])
                    writer.write(connection.send(go_on) or b"")
                connection.receive_data(await reader.read(65536))
            elif isinstance(event, h11.Request):
                head = event
            elif isinstance(event, h11.Data):
                parts.append(bytes(event.data))
                size += len(event.data)
                if size > _LARGEST:
                    return None
            elif isinstance(event, h11.EndOfMessage) and head is not None:
                return Incoming(_text(head.method), _text(head.target), _end_to_end(_pairs(head)), b"".join(parts))
            else:
                return None
    except (h11.RemoteProtocolError, OSError):
        return None


async def write_answer(writer: asyncio.StreamWriter, method: str, status: int, headers: Pairs, content: bytes) -> None:
    """The answer, after which the connection ends: a browser tries again unasked where an older one breaks."""
    bare = method == "HEAD" or status in (204, 304)
    kept = [pair for pair in _end_to_end(headers) if pair[0].lower() != "content-encoding"]  # it came decoded
    kept += [("Connection", "close"), *([] if bare else [("Content-Length", str(len(content)))])]
    lines = [f"HTTP/1.1 {status} {responses.get(status, '')}", *(f"{name}: {value}" for name, value in kept)]
    writer.write("\r\n".join([*lines, "", ""]).encode("latin-1", "replace") + (b"" if bare else content))
    await writer.drain()


def _end_to_end(headers: Pairs) -> Pairs:
    """Headers without those that are between two neighbours (RFC 9110 section 7.6.1)."""
    return tuple((name, value) for name, value in headers if name.lower() not in _BETWEEN_HOPS)


def _pairs(head: h11.Request) -> Pairs:
    return tuple((_text(name), _text(value)) for name, value in head.headers)


def _text(data: bytes) -> str:
    try:
        return data.decode()
    except UnicodeDecodeError:
        return data.decode("latin-1")
