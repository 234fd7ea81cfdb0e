"""Settings: read from options, environment and file, in this order; a wrong one says where it stands."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest

from sessionproof.effort import Effort
from sessionproof.errors import UsageError
from sessionproof.settings import CHECK_OPTIONS, OPTIONS, Settings, gather

# name -> three texts that differ, and what they are read as
TEXTS: dict[str, tuple[tuple[Any, Any], ...]] = {
    "base_url": (("http://a", "http://a"), ("http://b", "http://b"), ("http://c", "http://c")),
    "contract": (("one", "one"), ("two", "two"), ("three", "three")),
    "sidecar": (("a.yaml", Path("a.yaml")), ("b.yaml", Path("b.yaml")), ("c.yaml", Path("c.yaml"))),
    "user": (("a=X:1", ("a=X:1",)), ("b=X:1", ("b=X:1",)), ("c=X:1", ("c=X:1",))),
    "node": (("http://a", ("http://a",)), ("http://b", ("http://b",)), ("http://c", ("http://c",))),
    "restart": (("a b", "a b"), ("c", "c"), ("d", "d")),
    "stop_store": (("a b", "a b"), ("c", "c"), ("d", "d")),
    "start_store": (("a b", "a b"), ("c", "c"), ("d", "d")),
    "clock": (("wall", "wall"), ("scaled:0.5", "scaled:0.5"), ("redis:redis://h,s:*", "redis:redis://h,s:*")),
    "life": (("60", 60.0), ("0.5", 0.5), ("1e3", 1000.0)),
    "patience": (("60", 60.0), ("0.5", 0.5), ("1e3", 1000.0)),
    "only": (("RES-01", ("RES-01",)), ("RES-02", ("RES-02",)), ("RES-03", ("RES-03",))),
    "effort": (("quick", Effort.QUICK), ("NORMAL", Effort.NORMAL), ("thorough", Effort.THOROUGH)),
    "explore": (("no", "no"), ("ONLY", "only"), ("yes", "yes")),
    "max_time": (("1", 1.0), ("2.5", 2.5), ("60", 60.0)),
    "cases": (("a", Path("a")), ("b", Path("b")), ("c", Path("c"))),
    "max_rps": (("0.5", 0.5), ("20", 20.0), ("1e3", 1000.0)),
    "timeout": (("1", 1.0), ("2.5", 2.5), ("60", 60.0)),
    "seed": (("0", 0), ("-1", -1), ("7", 7)),
    "baseline": (("a.toml", Path("a.toml")), ("b.toml", Path("b.toml")), ("c.toml", Path("c.toml"))),
    "json": (("a", Path("a")), ("b", Path("b")), ("c", Path("c"))),
    "junit": (("a", Path("a")), ("b", Path("b")), ("c", Path("c"))),
    "html": (("a", Path("a")), ("b", Path("b")), ("c", Path("c"))),
    "history": (("a", Path("a")), ("b", Path("b")), ("c", Path("c"))),
    "traffic": (("whole", "whole"), ("PART", "part"), ("part", "part")),
    "jobs": (("1", 1), ("2", 2), ("3", 3)),
    "minimised": (("a", Path("a")), ("b", Path("b")), ("c", Path("c"))),
}


def variable(name: str) -> str:
    return f"SESSIONPROOF_{name.upper()}"


def test_every_setting_is_an_option_a_variable_and_a_key() -> None:
    names = {field.name for field in fields(Settings)}
    assert {option.name for option in (*OPTIONS, *CHECK_OPTIONS)} | {"base_url"} == names == set(TEXTS)
    for option in (*OPTIONS, *CHECK_OPTIONS):
        assert option.flag == "--" + option.name.replace("_", "-")
        assert option.variable == variable(option.name)
        assert option.help.endswith(".") or option.help.endswith(")")


@pytest.mark.parametrize("name", TEXTS)
def test_options_before_variables_before_the_file(tmp_path: Path, name: str) -> None:
    (one, as_option), (two, as_variable), (three, as_key) = TEXTS[name]
    (tmp_path / "sessionproof.toml").write_text(f'{name.replace("_", "-")} = "{three}"\n', encoding="utf-8")
    environment = {variable(name): two}
    given: dict[str, Any] = {name: (one,) if name in ("user", "node", "only") else one}
    assert getattr(gather(given, environment, tmp_path), name) == as_option
    assert getattr(gather({name: None}, environment, tmp_path), name) == as_variable
    assert getattr(gather({}, environment, tmp_path), name) == as_variable
    assert getattr(gather({}, {variable(name): ""}, tmp_path), name) == as_key, "an empty variable is none"
    assert getattr(gather({}, {}, tmp_path), name) == as_key
    assert gather({}, {}, tmp_path / "elsewhere") == Settings()


def test_several_values(tmp_path: Path) -> None:
    (tmp_path / "sessionproof.toml").write_text(
        'only = ["RES-01", "isolation"]\nmax_rps = 3\nseed = 0\n', encoding="utf-8"
    )
    settings = gather({}, {"SESSIONPROOF_USER": "a=X:1  b=X:2"}, tmp_path)
    assert settings.only == ("RES-01", "isolation")
    assert settings.user == ("a=X:1", "b=X:2")
    assert (settings.max_rps, settings.seed) == (3.0, 0)
    assert gather({"only": ()}, {}, tmp_path).only == ("RES-01", "isolation"), "no option at all is none"


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("effort", "hard", "quick|normal|thorough"),
        ("max_rps", "many", "'many' is not N"),
        ("max_rps", "0", "must be greater than 0"),
        ("max_rps", "nan", "must be greater than 0"),
        ("timeout", "-1", "must be greater than 0"),
        ("timeout", "inf", "must be greater than 0"),
        ("seed", "1.5", "'1.5' is not N"),
        ("seed", "x", "'x' is not N"),
    ],
)
def test_a_wrong_value_says_where_it_came_from(tmp_path: Path, name: str, text: str, words: str) -> None:
    (tmp_path / "sessionproof.toml").write_text(f'{name} = "{text}"\n', encoding="utf-8")
    flag = f"--{name.replace('_', '-')}"
    for given, environment, source in (
        ({name: text}, {}, flag),
        ({}, {variable(name): text}, variable(name)),
        ({}, {}, f"sessionproof.toml: {name}"),
    ):
        with pytest.raises(UsageError) as raised:
            gather(given, environment, tmp_path)
        assert str(raised.value).startswith(f"{source}: ")
        assert words in str(raised.value)
        assert len(str(raised.value).splitlines()) == 1


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("nonsense", "not valid TOML"),
        ("effrt = 'quick'", "unknown key 'effrt'; did you mean effort?"),
        ("zzz = 1", "unknown key 'zzz'; known are "),
        ("effort = []\nseed = [1]", "seed"),
        ("timeout = true", "timeout"),
        ("effort = {a = 1}", "effort"),
        ("[seed]\na = 1", "seed"),
    ],
)
def test_a_wrong_file_is_one_clear_line(tmp_path: Path, text: str, words: str) -> None:
    (tmp_path / "sessionproof.toml").write_text(text, encoding="utf-8")
    with pytest.raises(UsageError, match=r"^sessionproof\.toml: ") as raised:
        gather({}, {}, tmp_path)
    assert words in str(raised.value)


def test_a_file_that_is_no_text_is_one_clear_line(tmp_path: Path) -> None:
    (tmp_path / "sessionproof.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(UsageError, match=r"^sessionproof\.toml: not valid TOML"):
        gather({}, {}, tmp_path)


@pytest.mark.parametrize("text", ["only = 5", "user = true", "only = 2030-01-01"])
def test_one_value_that_is_no_text_where_several_are_wanted(tmp_path: Path, text: str) -> None:
    (tmp_path / "sessionproof.toml").write_text(text, encoding="utf-8")
    with pytest.raises(UsageError, match=r"^sessionproof\.toml: "):
        gather({}, {}, tmp_path)


def test_a_file_of_brackets_in_brackets(tmp_path: Path) -> None:
    (tmp_path / "sessionproof.toml").write_text(f"only = {'[' * 5000}{']' * 5000}", encoding="utf-8")
    with pytest.raises(UsageError, match=r"^sessionproof\.toml: "):
        gather({}, {}, tmp_path)
