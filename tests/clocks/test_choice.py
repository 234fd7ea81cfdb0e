"""--clock: what names no clock, or one that isn't there, is told in one line before anything is asked of the target."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from sessionproof.clocks import CLOCKS, clock_named, without_credentials
from sessionproof.commands.options import _values
from tests.engine.running import REFERENCE, said, served
from tests.redis_server import RedisServer

NOWHERE = "http://127.0.0.1:9"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("sundial", "no such clock; it is one of wall, scaled, control, redis, faketime"),
        ("wal", "did you mean wall?"),
        ("wall:3", "takes nothing; use scaled:SECONDS_PER_MINUTE"),
        ("control:3", "takes nothing"),
        *((f"scaled{rest}", "how many seconds the deployment's minute lasts") for rest in ("", ":", ":x", ":0", ":-1")),
        *((f"scaled:{number}", "how many seconds the deployment's minute lasts") for number in ("nan", "inf", "1e9")),
        *((f"redis{rest}", "write redis:URL,PATTERN") for rest in ("", ":", ":redis://127.0.0.1/0", ":,session:*")),
        ("redis:127.0.0.1,s:*", "is no URL of a Redis"),
        *((f"faketime{rest}", "write faketime:COMMAND") for rest in ("", ":", ":  ")),
        ("faketime:serve 'it", "is no command"),
        ("faketime:no-such-command --port 1", "no-such-command can't be started"),
    ],
)
def test_a_wrong_clock_is_a_usage_error_in_one_line(text: str, words: str) -> None:
    ended = said("verify", NOWHERE, "--clock", text)
    assert (ended.code, ended.out, ended.err.count("\n")) == (4, "", 1)
    assert ended.err.startswith("sessionproof: --clock ")
    assert words in ended.err


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("control", "http://127.0.0.1:9/_test/clock doesn't answer"),
        ("redis:redis://127.0.0.1:9/0,session:*", "127.0.0.1:9/0 doesn't answer"),
        (
            f"faketime:{sys.executable} -c 'import sys; sys.exit(\"no port\")'",
            "the server ended with 1, nothing listens",
        ),
    ],
)
def test_a_clock_that_isn_t_there_is_told_in_one_line(text: str, words: str) -> None:
    ended = said("verify", NOWHERE, "--clock", text)
    assert (ended.code, ended.out, ended.err.count("\n")) == (3, "", 1)
    assert words in ended.err


def test_a_server_without_a_test_clock_says_what_to_do() -> None:
    with served(*REFERENCE) as url:
        ended = said("verify", url, "--clock", "control")
    assert (ended.code, ended.err.count("\n")) == (3, 1)
    assert "answered 404: this deployment has no test clock" in ended.err
    assert "--clock control); try wall, or redis:URL,PATTERN" in ended.err


def test_libfaketime_that_isn_t_there_says_how_to_get_it(tmp_path: Path) -> None:
    elsewhere = str(tmp_path / "libfaketime.so")
    ended = said("verify", NOWHERE, "--clock", "faketime:true", SESSIONPROOF_LIBFAKETIME=elsewhere)
    assert (ended.code, ended.err.count("\n")) == (4, 1)
    assert "apt-get install faketime" in ended.err


@pytest.mark.parametrize("text", ["redis:redis://127.0.0.1:9/0,session:*", "faketime:true"])
def test_the_bundled_server_has_no_such_time(text: str) -> None:
    ended = said("verify", "--clock", text)
    assert (ended.code, ended.err.count("\n")) == (4, 1)
    assert "give a URL, or take another clock" in ended.err


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("redis:redis://:secret@h:1/0,s:*", "redis:redis://h:1/0,s:*"),
        ("redis:rediss://ann:se@cret@h/0,a@b:*", "redis:rediss://h/0,a@b:*"),
        ("redis:redis://h/0,ann@home:*", "redis:redis://h/0,ann@home:*"),
        ("faketime:serve --user ann@home", "faketime:serve --user ann@home"),
    ],
)
def test_no_password_is_shown(text: str, shown: str) -> None:
    assert without_credentials(text) == shown


@pytest.mark.parametrize("url", ["redis://:secret@127.0.0.1:9/0", "http://ann:secret@h/0"])
def test_no_password_is_in_an_error(url: str) -> None:
    ended = said("verify", NOWHERE, "--clock", f"redis:{url},s:*")
    assert ended.code in (3, 4)
    assert "secret" not in ended.err


def test_no_password_is_in_a_report(redis_server: RedisServer, tmp_path: Path) -> None:
    url, report = redis_server.url.replace("//", "//default:nobody-asks@"), tmp_path / "report.json"
    with served(*REFERENCE, "--fault", "F-RES-02") as target:
        clock = f"redis:{url},session:*"
        ended = said("verify", target, "--clock", clock, "--only", "RES-01", "--json", report)
    assert ended.code == 1
    assert f"--clock 'redis:{redis_server.url},session:*'" in ended.out
    assert "nobody-asks" not in ended.out + ended.err + report.read_text(encoding="utf-8")


def test_names_are_completed() -> None:
    assert _values("clock") == ["wall", "scaled:", "control", "redis:", "faketime:"]
    assert {name.rstrip(":") for name in _values("clock")} == set(CLOCKS)


def test_a_minute_of_a_scaled_clock_lasts_as_told() -> None:
    clock = clock_named("scaled:0.5", NOWHERE, 1.0)
    assert (clock.name, clock.jumps, clock.scale * 60) == ("scaled:0.5", False, 0.5)
    assert clock_named("wall", NOWHERE, 1.0).scale == 1.0
