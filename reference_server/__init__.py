"""A small session server that keeps its contract, to read, to start, and to break on purpose.

model.py     what a session and a message are
clock.py     what time it is
lives.py     how long a session lives
stores/      where sessions are kept: in this process, or in a Redis that several share
core.py      the rules: create or resume, read, change, end, converse, stay alive
cases.py     queries, and the cases that they belong to
assistant.py what answers a query: an echo of what the session holds
uploads.py   files of a session
errors.py    how a request is refused
web/         HTTP: identity, bodies, errors, logs - the same for every contract
routes/      one file per contract: its paths and the form of its values
proxy.py     a client's proxy in front of a server with many clients
faults/      switches that break one rule each
settings.py, command.py, serving.py    how the server is started and stopped
local.py     the server in this process, for tests
"""
