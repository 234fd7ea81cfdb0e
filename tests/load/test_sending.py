"""Every call of a load user ends in time, whatever the server does."""

from __future__ import annotations

import socket
import subprocess
import sys

from tests.engine.raw_server import RawServer, raw_server

CODE = """
import sys
from locust.contrib.fasthttp import FastHttpSession
from sessionproof.actors import Actor
from sessionproof.contract import find_contract, load_contract
from sessionproof.locust.sending import Line
from sessionproof.wire import build_request
contract = load_contract(find_contract("fm-session-service"))
session = FastHttpSession(sys.argv[1], None, None, network_timeout=30, connection_timeout=30)
line = Line(session, 0.5)
for _ in range(2):
    print(line.send(build_request(contract, contract.first("list"), Actor("ann", "ann"), {}))[0].failure)
"""


def test_a_server_that_never_ends_its_answer_is_given_up() -> None:
    def drips(server: RawServer, connection: socket.socket) -> bool:
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n{")
        while not server.ended.wait(0.2):
            connection.sendall(b" ")
        return False

    with raw_server(drips) as server:
        ended = subprocess.run(
            [sys.executable, "-c", CODE, server.url], capture_output=True, text=True, timeout=60, check=False
        )
    assert ended.stdout.splitlines() == ["no complete answer within 0.5 s"] * 2, ended.stderr
