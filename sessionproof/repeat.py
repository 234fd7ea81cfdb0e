"""A shell script that shows again what a check saw: the same calls, with ids taken from the answers."""

from __future__ import annotations

import re
import shlex
import string
from collections.abc import Sequence
from dataclasses import dataclass, field

from sessionproof.history.redact import Redactor
from sessionproof.wire import Reply

__all__ = ["exchange", "repeat_script"]

_MOST_CALLS = 80
_REPETITION = re.compile(r"([^\n]{1,9}?)\1{60,}")
_LONGEST_LINE = 2000  # characters of an exchange's body
_ISSUED = ("session", "message", "case", "upload", "next")  # values that a later call may need
_HIDDEN = ("accept", "accept-encoding", "connection", "user-agent", "content-length", "host")
_PICK = """pick() { python3 -c 'import json,sys
v=json.load(sys.stdin)
for k in sys.argv[1].split("/")[1:]: v=v[int(k) if isinstance(v,list) else k.replace("~1","/").replace("~0","~")]
print(v)' "$1"; }"""


def exchange(reply: Reply, redactor: Redactor) -> str:
    """The request and the answer as text, redacted; long bodies are cut with a mark."""
    request, answer = reply.request, reply.answer
    lines = [f"> {request.method} {redactor.text(request.target)}  (as {request.actor.name})"]
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
    transcript: Sequence[Reply], shown: Sequence[Reply], redactor: Redactor, base_url: str, expected: str, seen: str
) -> str:
    """The calls up to the last of `shown` as curl lines; "" when they are too many to be of use.

    The answers to `shown`, and to earlier calls that are the same, are printed; other calls are made for their effect,
    and reads among them left out. Ids that the server issued are taken from the answers, users and texts are made anew
    by each run of the script, and secrets stand as variables that the reader sets.
    """
    wanted = {_same(reply) for reply in shown}
    last = max((place for place, reply in enumerate(transcript) if reply is shown[-1]), default=len(transcript) - 1)
    calls = [reply for reply in transcript[: last + 1] if _same(reply) in wanted or reply.request.method != "GET"]
    if not calls or len(calls) > _MOST_CALLS:
        return ""
    names = _Names(calls, about=f"{expected} {seen}")
    steps = [_step(call, names, redactor, printed=_same(call) in wanted) for call in calls]
    lines = [f"URL={shlex.quote(base_url)} RUN=$(date +%s)$$", *_secrets(steps, redactor), *names.settings()]
    if any("| pick " in step for step in steps):
        lines.append(_PICK)
    told = [f'echo "# {name}=${name}"' for name in names.known.values()]
    words = [names.told(_one_line(redactor.text(text))) for text in (expected, seen)]
    comment = [f"# expected: {words[0]}", f"# seen:     {words[1]}"]
    return "\n".join([*comment, *lines, *steps[:-1], *told, steps[-1]])


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
    """Shell variables for what differs from run to run: issued ids that later calls use, and actors' canaries."""

    calls: list[Reply]
    about: str = ""  # what is said of them: the ids in it are wanted as well
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
        used = [name for marker, name in self.actors.items() if any(_mentions(call, marker) for call in self.calls)]
        made = [f'{name}="zq${{RUN}}{letters[place % 26]}"' for place, name in enumerate(used)]
        return [" ".join(made)] if made else []

    def issued_by(self, reply: Reply) -> list[tuple[str, str, str]]:
        """(variable, place in the answer, value) of the new ids in `reply` that a later call uses."""
        later = self.calls[next(i for i, call in enumerate(self.calls) if call is reply) + 1 :]
        found = []
        for kind in _ISSUED:
            value, place = reply[kind], reply.request.binding.returns.get(kind)
            if not isinstance(value, str) or not value or value in self.known or not place or place.part != "body":
                continue
            if value in self.about or any(_mentions(call, value) for call in later):
                self.known[value] = f"{kind}{len(self.known) + 1}"
                found.append((self.known[value], place.pointer, value))
        return found

    def told(self, text: str) -> str:
        """`text` with the variables' names for the ids that they stand for."""
        for value, name in self.known.items():
            text = text.replace(value, f"${name}")
        return text

    def quoted(self, text: str) -> str:
        """`text` as one shell word in which known ids and canaries are variables."""
        words = {value: f'"${name}"' for value, name in (*self.known.items(), *self.actors.items())}
        parts = re.split("(" + "|".join(map(re.escape, sorted(words, key=len, reverse=True))) + ")", text)
        return "".join(words.get(part) or (_short_word(part) if part else "") for part in parts) or "''"


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


def _mentions(call: Reply, value: str) -> bool:
    request = call.request
    return (
        value in request.target
        or value.encode() in request.content
        or any(value in text for _, text in request.headers)
    )


def _step(call: Reply, names: _Names, redactor: Redactor, *, printed: bool) -> str:
    issued = names.issued_by(call) if call.ok else []
    token, at = call["token"], call.request.binding.returns.get("token")
    if isinstance(token, str) and at is not None and at.part == "body":
        issued.append((redactor.text(token).removeprefix("$"), at.pointer, token))
    if not issued:
        curl = _curl(call, names, redactor, "-i" if printed else "")
        return f"{curl}; echo" if printed else f"{curl} -o /dev/null"
    curl = _curl(call, names, redactor, "")
    (first, place, _), *others = issued
    if not others and not printed:
        return f"{first}=$({curl} | pick {shlex.quote(place)})"
    lines = [f"answer=$({curl})", *(['printf "%s\\n" "$answer"'] if printed else [])]
    lines += [f'{name}=$(printf %s "$answer" | pick {shlex.quote(place)})' for name, place, _ in issued]
    return "\n".join(lines)


def _curl(call: Reply, names: _Names, redactor: Redactor, options: str) -> str:
    request = call.request
    method = f"-X {request.method}" if request.method != "GET" or request.content else ""
    literal = "--globoff" if set("[]{}") & set(request.target) else ""
    parts = ["curl -sS --path-as-is", literal, options, method]
    parts.append('"$URL"' + (names.quoted(redactor.text(request.target)) if request.target else ""))
    shown = [(name, value) for name, value in request.headers if name.lower() not in _HIDDEN]
    parts += [f"-H {_header(name, value, names, redactor)}" for name, value in shown]
    if request.content:
        parts.append(f"--data-binary {_data(request.content, names, redactor)}")
    return " ".join(part for part in parts if part)


def _header(name: str, value: str, names: _Names, redactor: Redactor) -> str:
    hidden = redactor.text(value)
    if hidden != value:
        return f'"{name}: {hidden}"'
    return names.quoted(f"{name}: {value}" if value else f"{name};")


def _data(content: bytes, names: _Names, redactor: Redactor) -> str:
    try:
        text = content.decode()
    except UnicodeDecodeError:
        text = ""
    if text and "\0" not in text and not text.startswith("@"):
        return names.quoted(redactor.text(text))
    octal = "".join(f"\\{byte:03o}" for byte in content)
    return f"@<(printf '{octal}')"
