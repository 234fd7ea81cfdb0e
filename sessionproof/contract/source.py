"""YAML and JSON documents with the line of every value, so that an error can say where it is."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from sessionproof.errors import ContractError

__all__ = ["Source", "read_source"]

_Base = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


_DEEPEST = 200  # levels; the C parser overflows the stack at some ten thousand
_MOST = 1_000_000  # values, those behind aliases counted as often as they are named


class _Loader(_Base):  # type: ignore[misc, valid-type]
    """YAML as JSON would have it: no dates, no sets, and only true and false are booleans."""

    depth = 0

    def descend_resolver(self, parent: yaml.Node | None, index: Any) -> None:
        """Called by the parser for each value, before those inside it."""
        self.depth += 1
        if parent is not None and self.depth > _DEEPEST:
            raise _at(parent, "it is nested too deep")

    def ascend_resolver(self) -> None:
        self.depth -= 1

    def construct_object(self, node: yaml.Node, deep: bool = False) -> Any:
        kind = node.tag.rsplit(":")[-1]
        try:
            value = super().construct_object(node, deep)
        except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as error:
            raise _at(node, f"{str(node.value)[:80]!r} is no {kind}") from error
        if not isinstance(value, str | int | float | list | dict | None):
            raise _at(node, f"JSON has no {kind}")
        return value


def _at(node: yaml.Node, problem: str) -> yaml.MarkedYAMLError:
    return yaml.MarkedYAMLError(problem=problem, problem_mark=node.start_mark)


_Loader.yaml_implicit_resolvers = {
    first: [
        (tag, form) for tag, form in resolvers if tag not in ("tag:yaml.org,2002:timestamp", "tag:yaml.org,2002:bool")
    ]
    for first, resolvers in _Base.yaml_implicit_resolvers.items()
}
_Loader.add_implicit_resolver("tag:yaml.org,2002:bool", re.compile("^(?:true|false|True|False)$"), list("tTfF"))


@dataclass(frozen=True)
class Source:
    """A document and, for each JSON path in it, the line (from 1) on which it starts."""

    file: str
    document: Any
    lines: dict[tuple[str, ...], int]

    def line(self, path: tuple[object, ...]) -> int:
        """The line of the value at `path`, or of the nearest value around it."""
        steps = tuple(str(step) for step in path)
        while steps and steps not in self.lines:
            steps = steps[:-1]
        return self.lines.get(steps, 1)

    def error(self, path: tuple[object, ...], reason: str, fix: str) -> ContractError:
        return ContractError(self.file, self.line(path), reason, fix)


def read_source(file: Path) -> Source:
    """The document in `file` (YAML or JSON). Raises ContractError when it can't be read or parsed."""
    try:
        text = file.read_text(encoding="utf-8")
    except (OSError, ValueError) as error:
        raise ContractError(str(file), 1, f"can't be read ({error})", "give a YAML or JSON file") from error
    return parse_source(text, str(file))


def parse_source(text: str, name: str) -> Source:
    """The document in `text`; `name` stands for the file in errors."""
    lines: dict[tuple[str, ...], int] = {}
    try:
        loader = _Loader(text)
        node = loader.get_single_node()
        if node is not None:
            _measure(node, {})
            _note_lines(node, (), lines, len(text))
        document = loader.construct_document(node) if node is not None else None
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise ContractError(name, line, f"not valid YAML: {error.problem}", "mend the syntax at this line") from error
    except (yaml.YAMLError, RecursionError) as error:
        raise ContractError(
            name, 1, f"not valid YAML: {str(error).splitlines()[0]}", "save it as UTF-8 text"
        ) from error
    return Source(name, _string_keys(document), lines)


def _measure(node: yaml.Node, known: dict[int, tuple[int, int]]) -> tuple[int, int]:
    """How many values a node has with those inside it, and on how many levels. Raises where that is no end."""
    if id(node) not in known:
        known[id(node)] = (_MOST, _DEEPEST)  # until it is known; seen from inside, it refers to itself
        below = [_measure(child, known) for child in _children(node)]
        known[id(node)] = 1 + sum(size for size, _ in below), 1 + max((depth for _, depth in below), default=0)
    size, depth = known[id(node)]
    if size > _MOST or depth > _DEEPEST:
        raise _at(node, "it is nested too deep, too large or refers to itself")
    return size, depth


def _children(node: yaml.Node) -> list[yaml.Node]:
    if isinstance(node, yaml.MappingNode):
        return [child for pair in node.value for child in pair]
    return node.value if isinstance(node, yaml.SequenceNode) else []


def _note_lines(node: yaml.Node, path: tuple[str, ...], lines: dict[tuple[str, ...], int], most: int) -> None:
    """The line of every value. Only aliases can name more than `most`, which is the length of the text."""
    lines.setdefault(path, node.start_mark.line + 1)
    if len(lines) > most:
        return
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            below = (*path, str(key.value))
            if below in lines:
                raise _at(key, f"the key {below[-1]!r} is there twice")
            lines[below] = key.start_mark.line + 1
            _note_lines(value, below, lines, most)
    elif isinstance(node, yaml.SequenceNode):
        for index, value in enumerate(node.value):
            _note_lines(value, (*path, str(index)), lines, most)


def _string_keys(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(key): _string_keys(below) for key, below in value.items()}
    if isinstance(value, list):
        return [_string_keys(below) for below in value]
    return value
