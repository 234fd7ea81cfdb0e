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


class _Loader(_Base):  # type: ignore[misc, valid-type]
    """YAML as JSON would have it: no dates, and only true and false are booleans."""


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
    except (OSError, UnicodeDecodeError) as error:
        raise ContractError(str(file), 1, f"can't be read ({error})", "give a YAML or JSON file") from error
    return parse_source(text, str(file))


def parse_source(text: str, name: str) -> Source:
    """The document in `text`; `name` stands for the file in errors."""
    try:
        loader = _Loader(text)
        node = loader.get_single_node()
        document = loader.construct_document(node) if node is not None else None
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise ContractError(name, line, f"not valid YAML: {error.problem}", "mend the syntax at this line") from error
    except (yaml.YAMLError, RecursionError) as error:
        raise ContractError(
            name, 1, f"not valid YAML: {str(error).splitlines()[0]}", "save it as UTF-8 text"
        ) from error
    lines: dict[tuple[str, ...], int] = {}
    if node is not None:
        _note_lines(node, (), lines)
    return Source(name, _string_keys(document), lines)


def _note_lines(node: yaml.Node, path: tuple[str, ...], lines: dict[tuple[str, ...], int]) -> None:
    lines.setdefault(path, node.start_mark.line + 1)
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            below = (*path, str(key.value))
            lines.setdefault(below, key.start_mark.line + 1)
            _note_lines(value, below, lines)
    elif isinstance(node, yaml.SequenceNode):
        for index, value in enumerate(node.value):
            _note_lines(value, (*path, str(index)), lines)


def _string_keys(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(key): _string_keys(below) for key, below in value.items()}
    if isinstance(value, list):
        return [_string_keys(below) for below in value]
    return value
