"""The deployment's own Redis: its keys are made older, as if time had passed."""

from __future__ import annotations

import shlex
import time
from typing import Any

from sessionproof.clocks.kind import ClockError, without_credentials
from sessionproof.errors import UsageError

__all__ = ["RedisAging"]

# Keys without a TTL stay as they are. One that would be over is left a millisecond, so that Redis itself expires it.
_AGE = """
local aged = 0
for _, key in ipairs(KEYS) do
  local left = redis.call('PTTL', key)
  if left > 0 then
    redis.call('PEXPIRE', key, math.max(1, left - tonumber(ARGV[1])))
    aged = aged + 1
  end
end
return aged
"""
# The same for a shell: all keys like ARGV[1], by ARGV[2] milliseconds.
_AGE_ALL = (
    'for _, key in ipairs(redis.call("KEYS", ARGV[1])) do local left = redis.call("PTTL", key) '
    'if left > 0 then redis.call("PEXPIRE", key, math.max(1, left - ARGV[2])) end end'
)
_LAST_MOMENT = 0.01  # seconds after which what was left that millisecond has ended


class RedisAging:
    """Time of a deployment whose sessions end with their keys' TTL. The times that it shows don't follow."""

    jumps = True
    scale = 1.0
    tolerance = 1.0
    tells = False

    def __init__(self, where: str, timeout: float) -> None:
        import redis

        url, _, self._pattern = where.partition(",")
        self._url = without_credentials(url)
        self._shown = self._url.removeprefix("redis://")
        self.name = f"redis:{self._shown},{self._pattern}"
        if not url or not self._pattern:
            raise UsageError(
                "--clock redis: write redis:URL,PATTERN, for example redis:redis://127.0.0.1:6379/0,session:*"
            )
        self._failed: Any = redis.RedisError
        try:
            self._redis: Any = redis.Redis.from_url(url, socket_timeout=timeout, socket_connect_timeout=timeout)
            self._redis.ping()
        except ValueError as error:
            raise UsageError(f"--clock redis: {self._shown!r} is no URL of a Redis ({error})") from error
        except redis.RedisError as error:
            raise ClockError(f"--clock redis: {self._shown} doesn't answer ({error})") from error
        self._age = self._redis.register_script(_AGE)
        self.shift = 0.0

    def now(self) -> float:
        return time.monotonic() + self.shift

    def jump(self, seconds: float) -> None:
        try:
            keys = list(self._redis.scan_iter(match=self._pattern, count=1000))
            parts = [keys[start : start + 500] for start in range(0, len(keys), 500)]
            aged = sum(self._age(keys=part, args=[int(seconds * 1000)]) for part in parts)
        except self._failed as error:
            raise ClockError(f"--clock redis: the keys can't be aged ({error})") from error
        if not aged and not self.shift:  # at the first jump there are sessions, whose ends are waited for
            what = f"{len(keys)} keys are like the pattern, none with a TTL" if keys else "no key is like the pattern"
            raise ClockError(f"--clock {self.name}: {what}; sessions are elsewhere, or end in another way")
        time.sleep(_LAST_MOMENT)
        self.shift += seconds

    def in_shell(self, seconds: float) -> str:
        where, pattern = shlex.quote(self._url), shlex.quote(self._pattern)
        return f"redis-cli -u {where} eval {shlex.quote(_AGE_ALL)} 0 {pattern} {seconds * 1000:.0f} > /dev/null"

    def close(self) -> None:
        self._redis.close()
