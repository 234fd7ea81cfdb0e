"""From an application to a listening process that says when it is ready and stops when it is told."""

import os
import signal
import socket
import threading
from collections.abc import Callable
from typing import Any

import uvicorn
from starlette.types import ASGIApp

LONGEST_HEAD = 2 * 1024 * 1024  # bytes of request line and headers that still get a proper answer
KEEP_ALIVE = 75  # seconds that an idle connection stays open
GRACE = 2  # seconds for requests under way when the server stops


class AddressError(Exception):
    """The address can't be listened on; the message is one line that says why."""


def listen(host: str, port: int) -> socket.socket:
    """A bound socket; port 0 takes a free one. Raises AddressError."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        bound = socket.socket(family, kind, protocol)
    except OSError as error:
        raise AddressError(f"cannot listen on {host!r}: {error.strerror or error}") from None
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        bound.bind(address)
        bound.listen()
    except OSError as error:
        bound.close()
        raise AddressError(f"cannot listen on {host} port {port}: {error.strerror or error}") from None
    return bound


def url(bound: socket.socket) -> str:
    """Where the socket can be reached."""
    host, port = bound.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def serve(app: ASGIApp, bound: socket.socket, ready: Callable[[str], None], *, until_stdin_closes: bool) -> None:
    """Serve until SIGTERM, SIGINT or, if so wished, the end of stdin; `ready` is told the URL, once."""
    config = uvicorn.Config(
        app,
        http="h11",
        h11_max_incomplete_event_size=LONGEST_HEAD,
        loop="asyncio",
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        proxy_headers=False,
        server_header=False,
        timeout_keep_alive=KEEP_ALIVE,
        timeout_graceful_shutdown=GRACE,
    )
    server = _Server(config, lambda: ready(url(bound)))

    def stop(*_: Any) -> None:
        server.should_exit = True

    # The server takes signals over while it runs and raises them again at its end, for these to swallow.
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, stop)
    if until_stdin_closes:
        threading.Thread(target=_wait_for_end_of_stdin, args=(stop,), daemon=True).start()
    server.run(sockets=[bound])


class _Server(uvicorn.Server):
    def __init__(self, config: uvicorn.Config, ready: Callable[[], None]) -> None:
        super().__init__(config)
        self._ready = ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._ready()


def _wait_for_end_of_stdin(stop: Callable[[], None]) -> None:
    # Not through sys.stdin: a thread that waits in there would hold up the interpreter's end.
    try:
        while os.read(0, 4096):
            pass
    except OSError:  # stdin was never open
        pass
    stop()
