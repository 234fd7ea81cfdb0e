"""Several processes of the bundled server with one store, and a command that restarts the last of them."""

from __future__ import annotations

import shlex
import socket
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass

from sessionproof.deployments.bundled import bundled_server

__all__ = ["Nodes", "bundled_nodes"]

# What the command does: it knocks, and waits until it is told that the node is there again.
_KNOCK = "import socket,sys; c=socket.create_connection(('127.0.0.1',{port}),60); sys.exit(c.recv(9)!=b'restarted')"


@dataclass(frozen=True)
class Nodes:
    """Where the nodes are, and what restarts one of them."""

    urls: tuple[str, ...]
    restart: str


@contextmanager
def bundled_nodes(contract: str, store: str, *arguments: str, nodes: int = 2) -> Iterator[Nodes]:
    """So many reference servers that share `store` (redis://...); they end with the block.

    Raises TargetError when one doesn't start.
    """
    arguments = ("--store", store, *arguments)
    with ExitStack() as fixed, ExitStack() as last:
        urls = [fixed.enter_context(bundled_server(contract, *arguments)) for _ in range(nodes - 1)]
        urls.append(last.enter_context(bundled_server(contract, *arguments)))
        port = urls[-1].rpartition(":")[2]

        def again() -> None:
            last.close()
            last.enter_context(bundled_server(contract, *arguments, port=port))

        with _knocked(again) as knock:
            yield Nodes(tuple(urls), knock)


@contextmanager
def _knocked(work: Callable[[], None]) -> Iterator[str]:
    """A command of a shell that has `work` done, in this process, and ends when it is; it fails where that does."""
    listening = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        with suppress(OSError):  # the end of the block
            while True:
                connection, _ = listening.accept()
                with connection, suppress(Exception):
                    work()
                    connection.sendall(b"restarted")

    thread = threading.Thread(target=serve, name="sessionproof-restarts", daemon=True)
    thread.start()
    try:
        command = [sys.executable, "-c", _KNOCK.format(port=listening.getsockname()[1])]
        yield shlex.join(command)
    finally:
        with suppress(OSError):
            listening.shutdown(socket.SHUT_RDWR)
        listening.close()
        thread.join()
