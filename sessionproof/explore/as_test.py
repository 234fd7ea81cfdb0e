"""A failure as a pytest test: the calls of its walk, and what has to be seen at the end, with the plugin's fixtures."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from sessionproof.contract.expressions import ABSENT
from sessionproof.explore.claims import View
from sessionproof.explore.walk import Walk
from sessionproof.wire import Raw, Reply

__all__ = ["as_test"]

_TEXT = re.compile(r"[a-z][a-z ]* zq[0-9a-f]{12} [0-9a-f]{8}")
_MARK = re.compile(r"zq[0-9a-f]{12} [0-9a-f]{8}")
_ISSUED = ("session", "case", "upload", "message")
_MOST = 60  # calls


def as_test(requirement: str, walk: Walk, test: View | tuple[Any, ...], shown: Reply) -> str:
    """The source of a module with one test; "" where the walk is too long for one, or can't be told as one."""
    calls = [reply for reply in walk.told(shown) if reply.request.binding.operation != "login"]
    if not test or len(calls) > _MOST or not calls:
        return ""
    return _Test(requirement, walk, calls, test).source()


class _Test:
    def __init__(self, requirement: str, walk: Walk, calls: Sequence[Reply], test: View | tuple[Any, ...]) -> None:
        self.requirement, self.walk, self.calls, self.test = requirement, walk, calls, test
        self.names: dict[str, str] = {}  # value -> variable
        self.texts: dict[str, str] = {}  # mark -> variable
        self._before: Reply | None = None

    def source(self) -> str:
        *before, last = self.calls
        lines = [line for reply in before for line in self._step(reply)]
        lines += [*self._time(last), *self._end(last)]
        actors = list(dict.fromkeys(reply.request.actor.name for reply in self.calls))
        cast = self.walk.cast
        begin = ["tag = token_hex(4)"]
        if cast.users:
            made = dict(zip(("alice", "bob", "carol", "dave"), cast.users, strict=True))
            begin += [f'{name} = new_caller("{name}", {self.literal(made[name])})' for name in actors if name in made]
            fixtures = ["new_caller", *(name for name in actors if name not in made)]
        else:
            fixtures = actors
        body = [*begin, *lines]
        if not any("tag" in line for line in body[1:]):
            body = body[1:]
        text = "\n    ".join(body)
        fixtures += ["expect", *(["target"] if "target." in text else [])]
        imports = ["import pytest", ""]
        imports += ["from secrets import token_hex"] if "token_hex" in text else []
        imports += ["from sessionproof.lists import listed"] if "listed(" in text else []
        imports += ["from sessionproof.wire import Raw"] if "Raw(" in text else []
        name = self.requirement.lower().replace("-", "_")
        head = f'@pytest.mark.requirement("{self.requirement}")\ndef test_{name}_as_explored({", ".join(fixtures)}):'
        return "\n".join([*imports, "", "", head, f"    {text}", ""])

    # Lines

    def _step(self, reply: Reply) -> list[str]:
        lines = [*self._time(reply), *self._new_texts(reply)]
        call = self.call(reply)
        names = self._issued(reply)
        if len(names) == 1 and names[0][0] == "session":
            return [*lines, f"{names[0][1]} = {call}.session"]
        if not names:
            return [*lines, call]
        lines.append(f"answer = {call}")
        return lines + [f'{name} = answer["{kind}"]' for kind, name in names]

    def _time(self, reply: Reply) -> list[str]:
        seconds, self._before = self.walk.passed(self._before, reply), reply
        return [f"target.clock.jump({seconds:g})"] if seconds else []

    def _new_texts(self, reply: Reply) -> list[str]:
        lines = []
        for text in dict.fromkeys(_TEXT.findall(repr(dict(reply.request.values)))):
            mark = _MARK.findall(text)[0]
            if mark not in self.texts:
                self.texts[mark] = f"text{len(self.texts) + 1}"
                about = text[: -len(mark)].strip()
                lines.append(f'{self.texts[mark]} = {reply.request.actor.name}.text("{about}")')
        return lines

    def _issued(self, reply: Reply) -> list[tuple[str, str]]:
        """(kind, variable) of what this answer issued and a later call, or the end, names."""
        later = self.calls[next(i for i, call in enumerate(self.calls) if call is reply) + 1 :]
        said = repr([dict(call.request.values) for call in later]) + repr(self.test) if reply.ok else ""
        found = []
        for kind in _ISSUED:
            value = reply[kind]
            if isinstance(value, str) and value and value not in self.names and value in said:
                self.names[value] = f"{kind}{len(self.names) + 1}"
                found.append((kind, self.names[value]))
        return found

    def call(self, reply: Reply) -> str:
        request, raw = reply.request, self.walk.raw_of(reply)
        values = {name: value for name, value in request.values.items() if name != "session"}
        same = self.walk.contract.all(request.binding.operation)
        binding = f'"{request.binding.operation}"'
        if len(same) > 1:
            binding = f"target.contract.all({binding})[{same.index(request.binding)}]"
        parts = [binding] + ([self.literal(request.session)] if request.session is not None else [])
        parts += [f"raw={self._raw(raw)}"] if raw is not None else []
        parts += [f"{name}={self.literal(value)}" for name, value in values.items()]
        return f"{request.actor.name}.call({', '.join(parts)})"

    def _raw(self, raw: Raw) -> str:
        plain = Raw()
        given = {
            name: getattr(raw, name) for name in raw.__dataclass_fields__ if getattr(raw, name) != getattr(plain, name)
        }
        return f"Raw({', '.join(f'{name}={self.literal(value)}' for name, value in given.items())})"

    def _end(self, last: Reply) -> list[str]:
        lines = self._new_texts(last)
        if isinstance(self.test, View):
            return lines + self._view(last, self.test)
        expectation, *values = self.test
        arguments = ", ".join(self.literal(value) for value in values)
        return [*lines, f"expect({self.call(last)}).{expectation}({arguments})"]

    def _view(self, last: Reply, view: View) -> list[str]:
        who, filters = (
            last.request.actor.name,
            "".join(f", {name}={self.literal(value)}" for name, value in view.filters),
        )
        if view.inside:
            seen = f'[entry["{view.field}"] for entry in {self.call(last)}.items("{view.inside}")]'
        else:
            session = f", {self.literal(view.session)}" if view.session is not None else ""
            page = f", page={view.page}" if view.page is not None else ""
            seen = f'listed({who}, "{view.operation}"{session}{page}{filters}).values("{view.field}")'
        wanted = self.literal(list(view.wanted))
        if view.ordered:
            return [f"seen = {seen}", f"expect.that(seen == {wanted}, expected={wanted!r}, seen=repr(seen))"]
        return [
            f"seen = sorted({seen})",
            f"expect.that(seen == sorted({wanted}), expected={wanted!r}, seen=repr(seen))",
        ]

    # Values

    def literal(self, value: Any) -> str:
        """`value` as Python, with variables for what differs from run to run."""
        if isinstance(value, str):
            return self._text(value)
        if isinstance(value, bytes):
            try:
                return f"({self._text(value.decode())}).encode()" if _MARK.search(value.decode()) else repr(value)
            except UnicodeDecodeError:
                return repr(value)
        if isinstance(value, Mapping):
            return "{" + ", ".join(f"{self.literal(key)}: {self.literal(below)}" for key, below in value.items()) + "}"
        if isinstance(value, list):
            return "[" + ", ".join(map(self.literal, value)) + "]"
        if isinstance(value, tuple):
            return "(" + "".join(f"{self.literal(below)}, " for below in value) + ")"
        return "None" if value is ABSENT else repr(value)

    def _text(self, text: str) -> str:
        tag = self.walk.cast.tag
        forms = [re.escape(value) for value in sorted(self.names, key=len, reverse=True)]
        pattern = "|".join([*forms, _TEXT.pattern, _MARK.pattern, tag, tag.upper()])
        parts = re.split(f"({pattern})", text)
        words = [self._word(part) if place % 2 else _quoted(part) for place, part in enumerate(parts) if part]
        return " + ".join(words) or '""'

    def _word(self, part: str) -> str:
        tag = self.walk.cast.tag
        if part in self.names:
            return self.names[part]
        if part in (tag, tag.upper()):
            return "tag" if part == tag else "tag.upper()"
        mark = _MARK.findall(part)[0]
        return self.texts.get(mark, repr(part))


def _quoted(text: str) -> str:
    """As Python, in double quotes where that needs no escapes."""
    plain = repr(text)
    return f'"{plain[1:-1]}"' if plain[0] == "'" and '"' not in plain else plain


def _is(condition: str, wanted: str) -> list[str]:
    return [f"wanted = {wanted}", f"expect.that({condition}, expected=repr(wanted), seen=repr(seen))"]
