"""The clock of a deployment's own Redis: keys end earlier by as much as it jumps, and no others are touched."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from typing import Any

import pytest
import redis

from sessionproof.clocks import Clock, ClockError, clock_named
from sessionproof.verdicts import Exit, Verdict
from tests.engine.running import REFERENCE, judged, plain_environment, served, verdicts
from tests.redis_server import RedisServer, needs, running_redis


@pytest.fixture
def prefix(redis_server: RedisServer) -> str:
    return redis_server.prefix()


@pytest.fixture
def store(redis_server: RedisServer) -> Iterator[redis.Redis]:
    client = redis_server.client()
    yield client
    client.close()


@pytest.fixture
def clock(redis_server: RedisServer, prefix: str) -> Iterator[Clock]:
    made = clock_named(f"redis:{redis_server.url},{prefix}s:*", "http://127.0.0.1:9", 5.0)
    yield made
    made.close()


def left(store: redis.Redis, *keys: str) -> list[int]:
    return [int(store.pttl(key)) for key in keys]


def test_keys_like_the_pattern_are_older_and_others_are_not(clock: Clock, store: redis.Redis, prefix: str) -> None:
    for kind in ("s", "other"):
        store.set(f"{prefix}{kind}:1", "", px=60_000)
    clock.jump(20.0)
    aged, other = left(store, f"{prefix}s:1", f"{prefix}other:1")
    assert 30_000 < aged <= 40_000
    assert other > 50_000
    assert clock.shift == 20.0


def test_a_key_that_is_over_ends_and_one_without_an_end_stays(clock: Clock, store: redis.Redis, prefix: str) -> None:
    store.set(f"{prefix}s:short", "", px=60_000)
    store.set(f"{prefix}s:for ever", "")
    clock.jump(60.001)
    assert store.exists(f"{prefix}s:short") == 0
    assert left(store, f"{prefix}s:for ever") == [-1]


def test_thousands_of_keys_are_aged(clock: Clock, store: redis.Redis, prefix: str) -> None:
    pipe = store.pipeline()
    for number in range(2345):
        pipe.set(f"{prefix}s:{number}", "", px=3_600_000)
    pipe.execute()
    clock.jump(1800.0)
    assert all(ttl <= 1_800_000 for ttl in left(store, *(f"{prefix}s:{number}" for number in range(2345))))


def test_its_line_of_shell_ages_them_too(clock: Clock, store: redis.Redis, prefix: str) -> None:
    needs("redis-cli")
    store.set(f"{prefix}s:1", "", px=60_000)
    store.set(f"{prefix}s:for ever", "")
    subprocess.run(["bash", "-c", clock.in_shell(20.0)], check=True, env=plain_environment())
    aged, for_ever = left(store, f"{prefix}s:1", f"{prefix}s:for ever")
    assert 30_000 < aged <= 40_000
    assert for_ever == -1


@pytest.mark.parametrize(
    ("key", "words"), [("elsewhere", "no key is like the pattern"), ("s:for ever", "1 keys are like the pattern, none")]
)
def test_a_first_jump_that_moves_nothing_is_told(
    clock: Clock, store: redis.Redis, prefix: str, key: str, words: str
) -> None:
    store.set(prefix + key, "")
    with pytest.raises(ClockError, match=re.escape(words)):
        clock.jump(20.0)
    assert clock.shift == 0.0


def test_a_redis_that_went_away_is_told() -> None:
    with running_redis() as server:
        clock = clock_named(f"redis:{server.url},s:*", "http://127.0.0.1:9", 5.0)
    with pytest.raises(ClockError, match="the keys can't be aged"):
        clock.jump(20.0)
    clock.close()


ONLY: dict[str, Any] = {"contract": "fm-session-service", "only": ("EXP-01", "EXP-02", "RES-07")}


def test_a_wrong_pattern_is_an_error_not_a_failure(redis_server: RedisServer) -> None:
    with served(*REFERENCE, "--store", redis_server.url) as url:
        report = judged(url, clock=f"redis:{redis_server.url},sessions/*", **ONLY)
    assert report.exit is Exit.TARGET
    assert set(verdicts(report).values()) == {Verdict.ERROR}


def test_a_server_that_doesn_t_use_it_is_an_error_not_a_failure(redis_server: RedisServer) -> None:
    with served(*REFERENCE) as url:
        report = judged(url, clock=f"redis:{redis_server.url},nobody-has-this:*", **ONLY)
    assert set(verdicts(report).values()) == {Verdict.ERROR}
