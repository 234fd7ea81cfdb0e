"""A shell script that shows again what a check saw: the same calls, with ids taken from the answers."""

from __future__ import annotations

import re
import shlex
import string
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

from sessionproof.contract.expressions import Expression
from sessionproof.history.redact import Redactor, spellings
from sessionproof.wire import Reply

__all__ = ["exchange", "repeat_script", "with_test"]

_MOST_CALLS = 80
_REPETITION = re.compile(r"([^\n]{1,9}?)\1{60,}")
_LONGEST_LINE = 2000  # characters of an exchange's body
_ISSUED = ("session", "message", "case", "upload", "next")  # values that a later call may need
_HIDDEN = ("accept", "accept-encoding", "connection", "user-agent", "content-length", "host")
_SHORT = 8  # characters; an id shorter than that may stand in other words by chance
_HELPERS = {  # where a script has this -> the shell function that it needs
    "| pick ": """pick() { python3 -c 'import json,sys
s=sys.stdin.read()
v=json.loads(s.partition("\\r\\n\\r\\n")[2] if s.startswith("HTTP/") else s)
for k in sys.argv[1].split("/")[1:]: v=v[int(k) if isinstance(v,list) else k.replace("~1","/").replace("~0","~")]
print(v)' "$1"; }""",
    "| field ": """field() { python3 -c 'import sys,urllib.parse as u
for line in sys.stdin.read().partition("\\r\\n\\r\\n")[0].splitlines():
  k,_,v=line.partition(":")
  if k.lower()!=sys.argv[1]: continue
  print(u.unquote(u.urlsplit(v.strip()).path.rstrip("/").split("/")[-1]) if "location" in k.lower() else v.strip())
' "$1"; }""",
    "$(url ": """url() { python3 -c 'import sys,urllib.parse as u; print(u.quote(sys.argv[1],""))' "$1"; }""",
    "$(json ": """json() { python3 -c 'import json,sys; print(json.dumps(sys.argv[1])[1:-1])' "$1"; }""",
}


def exchange(reply: Reply, redactor: Redactor) -> str:
    """The request and the answer as text, redacted; long bodies are cut with a mark."""
    request, answer = reply.request, reply.answer
    at = f", at {request.node}" if request.node else ""
    lines = [f"> {request.method} {redactor.text(request.target)}  (as {request.actor.name}{at})"]
    lines += [f"> {name}: {value}" for name, value in redactor.headers(request.headers)]
    lines += [f"> {line}" for line in _body(request.content, redactor)]
    failure = f"no answer: {redactor.text(answer.failure)}"
    lines.append(f"< {failure if answer.status is None else answer.status}")
    shown = ((name, value) for name, value in answer.headers if name.lower() not in ("date", "server", "connection"))
    lines += [f"< {name}: {value}" for name, value in redactor.headers(shown)]
    lines += [f"< {line}" for line in _body(answer.content, redactor)]
    return "\n".join(lines)


def _body(content: bytes, redactor: Redactor) -> list[str]:
    if not content:
        return []
    text = redactor.text(content.decode("utf-8", "backslashreplace"))
    if len(text) > _LONGEST_LINE:
        text = f"{text[:_LONGEST_LINE]}... ({len(text)} characters in all)"
    return text.splitlines()


def repeat_script(
    transcript: Sequence[Reply],
    shown: Sequence[Reply],
    redactor: Redactor,
    base_url: str,
    expected: str,
    seen: str,
    pause: Callable[[float], str] | None = None,
    commands: Sequence[tuple[float, str]] = (),
) -> str:
    """The calls up to the last of `shown` as curl lines; "" when they are too many to be of use.

    The answers to `shown`, and to earlier calls that are the same, are printed; other calls are made for their effect,
    and reads among them left out. Ids that the server issued are taken from the answers, users and texts are made anew
    by each run of the script, and secrets stand as variables that the reader sets. Each call goes to the node that it
    went to. Where time has to pass between two calls, `pause` gives the line for so many seconds. `commands`, each with
    its time, stand between the calls between which they were carried out.
    """
    wanted = {_same(reply) for reply in shown}
    last = max((place for place, reply in enumerate(transcript) if reply is shown[-1]), default=len(transcript) - 1)
    calls = [reply for reply in transcript[: last + 1] if _same(reply) in wanted or reply.request.method != "GET"]
    if not calls or len(calls) > _MOST_CALLS:
        return ""
    names = _Names(calls, about=f"{expected} {seen}", secrets=_used(redactor.secrets, calls))
    nodes = _nodes(base_url, calls)
    steps = [_step(call, names, redactor, nodes, printed=_same(call) in wanted) for call in calls]
    if pause is not None:
        steps = [f"{pause(gap)}\n{step}" if gap > 1 else step for gap, step in zip(_gaps(calls), steps, strict=True)]
    steps, afterwards = _with_commands(steps, calls, [(at, redactor.text(command)) for at, command in commands])
    urls = " ".join(f"{name}={shlex.quote(url)}" for url, name in nodes.items())
    lines = [f"{urls} RUN=$(date +%s)$$", *_secrets(steps, redactor), *names.settings()]
    lines += [helper for mark, helper in _HELPERS.items() if any(mark in step for step in steps)]
    told = [f'echo "# {name}=${name}"' for name in names.known.values()]
    words = [names.told(_one_line(redactor.text(text))) for text in (expected, seen)]
    comment = [f"# expected: {words[0]}", f"# seen:     {words[1]}"]
    return "\n".join([*comment, *lines, *steps[:-1], *told, steps[-1], *afterwards])


def _nodes(base_url: str, calls: Sequence[Reply]) -> dict[str, str]:
    """Base URLs, and the shell variables that stand for them: URL for the target itself, NODE2, NODE3 for others."""
    others = dict.fromkeys(call.request.node for call in calls if call.request.node not in ("", base_url))
    return {base_url: "URL"} | {url: f"NODE{place}" for place, url in enumerate(others, 2)}


def with_test(script: str, test: str) -> str:
    """A repeat that carries a pytest module besides, which the shell passes over."""
    return f"{script}\n\n: <<'A_PYTEST_MODULE'\n{test.rstrip()}\nA_PYTEST_MODULE" if test else script


def _gaps(calls: Sequence[Reply]) -> list[float]:
    """Seconds on the run's clock between each call and the one before it."""
    return [0.0, *(later.began - earlier.ended for earlier, later in pairwise(calls))]


def _with_commands(
    steps: Sequence[str], calls: Sequence[Reply], commands: Sequence[tuple[float, str]]
) -> tuple[list[str], list[str]]:
    """The steps, each after the commands that came before its call, and what is left to do after the last one."""
    waiting, found = list(commands), []
    for step, call in zip(steps, calls, strict=True):
        before = [command for at, command in waiting if at < call.began]
        waiting = waiting[len(before) :]
        found.append("\n".join([*before, step]))
    return found, [command for _, command in waiting if len(waiting) < len(commands)]


def _same(reply: Reply) -> tuple[str, str]:
    return reply.request.method, reply.request.target


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _secrets(steps: Sequence[str], redactor: Redactor) -> list[str]:
    """Demands for the secrets that `steps` use and don't get from a log-in of their own."""
    script = "\n".join(steps)
    used = [name for name in redactor.names if re.search(rf"\${name}\b", script)]
    return [
        f": ${{{name}:?set it to the credential that stands for it}}"
        for name in used
        if not re.search(rf"^{name}=", script, re.MULTILINE)
    ]


@dataclass
class _Names:
    """Shell variables for secrets and what differs from run to run: ids that later calls use, and actors' canaries."""

    calls: list[Reply]
    about: str = ""  # what is said of them: the ids in it are wanted as well
    secrets: dict[str, str] = field(default_factory=dict)  # secret -> variable
    known: dict[str, str] = field(default_factory=dict)  # issued value -> variable, in the order of their issue
    actors: dict[str, str] = field(default_factory=dict)  # canary -> variable

    def __post_init__(self) -> None:
        for call in self.calls:
            actor = call.request.actor
            name = re.sub(r"\W", "", actor.name)
            taken = sum(variable.rstrip("0123456789") == name for variable in self.actors.values())
            self.actors.setdefault(actor.marker, f"{name}{taken + 1 if taken else ''}")

    def settings(self) -> list[str]:
        """A canary for each actor, made anew by each run of the script."""
        letters = string.ascii_lowercase
        used = [
            name for marker, name in self.actors.items() if any(_mentions(call, _form(marker)) for call in self.calls)
        ]
        made = [f'{name}="zq${{RUN}}{letters[place % 26]}"' for place, name in enumerate(used)]
        return [" ".join(made)] if made else []

    def issued_by(self, reply: Reply) -> list[tuple[str, str, str]]:
        """(variable, what reads it from the answer, value) of the new ids in `reply` that a later call uses."""
        later = self.calls[next(i for i, call in enumerate(self.calls) if call is reply) + 1 :]
        found = []
        for kind in _ISSUED:
            value, place = _text(reply[kind]), reply.request.binding.returns.get(kind)
            if not value or value in self.known or not place:
                continue
            if _is_told(value, self.about) or any(_mentions(call, _id_form(value)) for call in later):
                self.known[value] = f"{kind}{len(self.known) + 1}"
                found.append((self.known[value], _reader(place), value))
        return found

    def told(self, text: str) -> str:
        """`text` with the variables' names for the ids that they stand for."""
        for value, name in self.known.items():
            if _is_told(value, text):
                text = re.sub(_id_form(value), f"${name}", text)
        return text

    def quoted(self, text: str) -> str:
        """`text` as one shell word in which secrets, known ids and canaries are variables."""
        forms = {value: _id_form(value) for value in self.known}
        forms |= {value: _form(value) for value in (*self.actors, *self.secrets)}
        anything = "|".join(forms[value] for value in sorted(forms, key=len, reverse=True))
        words = _words(self.known | self.actors | self.secrets)
        parts = re.split(f"({anything})", text)
        shown = (words[part] if place % 2 else _short_word(part) for place, part in enumerate(parts) if part)
        return "".join(shown) or "''"


def _words(variables: dict[str, str]) -> dict[str, str]:
    """The shell word for each spelling of each value."""
    words = {}
    for value, name in variables.items():
        for spelled, way in spellings(value).items():
            words[spelled] = f'"$({way} "${name}")"' if way else f'"${name}"'
    return words


def _form(value: str) -> str:
    """A pattern of `value`, however it is spelled."""
    return f"(?:{'|'.join(map(re.escape, sorted(spellings(value), key=len, reverse=True)))})"


def _id_form(value: str) -> str:
    """A pattern of an id; of a short one, where it is a word of its own."""
    return rf"(?<![\w-]){_form(value)}(?![\w-])" if len(value) < _SHORT else _form(value)


def _is_told(value: str, text: str) -> bool:
    """Whether `text`, made for people, speaks of an id; a small number in it is none."""
    return not (value.isdigit() and len(value) < _SHORT) and re.search(_id_form(value), text) is not None


def _text(value: Any) -> str:
    """An issued value as later calls name it; "" when it is none."""
    return str(value) if isinstance(value, str | int) and not isinstance(value, bool) else ""


def _short_word(text: str) -> str:
    """`text` as a shell word; a long repetition in it is left to the shell."""
    found = _REPETITION.search(text)
    if found is None:
        return shlex.quote(text)
    unit, times = found[1], len(found[0]) // len(found[1])
    form = unit.replace("\\", "\\\\").replace("%", "%%") + "%.0s"
    before, after = text[: found.start()], text[found.end() :]
    repeated = f'"$(printf {shlex.quote(form)} $(seq {times}))"'
    return (shlex.quote(before) if before else "") + repeated + (_short_word(after) if after else "")


def _said(call: Reply) -> str:
    request = call.request
    return "\n".join(
        (request.target, request.content.decode("utf-8", "replace"), *(text for _, text in request.headers))
    )


def _mentions(call: Reply, form: str) -> bool:
    return re.search(form, _said(call)) is not None


def _used(secrets: dict[str, str], calls: Sequence[Reply]) -> dict[str, str]:
    said = "\n".join(map(_said, calls))
    return {secret: name for secret, name in secrets.items() if any(spelled in said for spelled in spellings(secret))}


def _step(call: Reply, names: _Names, redactor: Redactor, nodes: dict[str, str], *, printed: bool) -> str:
    url = f'"${nodes.get(call.request.node, "URL")}"'
    issued = names.issued_by(call) if call.ok else []
    token, at = call["token"], call.request.binding.returns.get("token")
    if isinstance(token, str) and at is not None:
        issued.append((redactor.text(token).removeprefix("$"), _reader(at), token))
    if not issued:
        curl = _curl(call, url, names, redactor, "-i" if printed else "")
        return f"{curl}; echo" if printed else f"{curl} -o /dev/null"
    curl = _curl(call, url, names, redactor, "-i" if any(reader.startswith("field") for _, reader, _ in issued) else "")
    (first, reader, _), *others = issued
    if not others and not printed:
        return f"{first}=$({curl} | {reader})"
    lines = [f"answer=$({curl})", *(['printf "%s\\n" "$answer"'] if printed else [])]
    lines += [f'{name}=$(printf %s "$answer" | {reader})' for name, reader, _ in issued]
    return "\n".join(lines)


def _reader(place: Expression) -> str:
    """The command that takes a value out of an answer that it is piped: from its body, or from a header."""
    return f"pick {shlex.quote(place.pointer)}" if place.part == "body" else f"field {shlex.quote(place.name.lower())}"


def _curl(call: Reply, url: str, names: _Names, redactor: Redactor, options: str) -> str:
    request = call.request
    method = f"-X {request.method}" if request.method != "GET" or request.content else ""
    literal = "--globoff" if set("[]{}") & set(request.target) else ""
    parts = ["curl -sS --path-as-is", literal, options, method]
    parts.append(url + (names.quoted(request.target) if request.target else ""))
    shown = [(name, value) for name, value in request.headers if name.lower() not in _HIDDEN]
    parts += [f"-H {_header(name, value, names, redactor)}" for name, value in shown]
    if request.content:
        parts.append(f"--data-binary {_data(request.content, names)}")
    return " ".join(part for part in parts if part)


def _header(name: str, value: str, names: _Names, redactor: Redactor) -> str:
    hidden = redactor.text(value)
    if hidden != value:
        return f'"{name}: {hidden}"'
    return names.quoted(f"{name}: {value}" if value else f"{name};")


def _data(content: bytes, names: _Names) -> str:
    try:
        text = content.decode()
    except UnicodeDecodeError:
        text = ""
    if text and "\0" not in text and not text.startswith("@"):
        return names.quoted(text)
    octal = "".join(f"\\{byte:03o}" for byte in content)
    return f"@<(printf '{octal}')"
