"""The deployment's own Redis: its keys are made older, as if time had passed."""

from __future__ import annotations

import time
from typing import Any

from sessionproof.clocks.kind import ClockError
from sessionproof.errors import UsageError

__all__ = ["RedisAging"]

# Keys without a TTL stay as they are. One that would be over is left a millisecond, so that Redis itself expires it.
_AGE = """
for _, key in ipairs(KEYS) do
  local left = redis.call('PTTL', key)
  if left > 0 then redis.call('PEXPIRE', key, math.max(1, left - tonumber(ARGV[1]))) end
end
"""


class RedisAging:
    """Time of a deployment whose sessions end with their keys' TTL. The times that it shows don't follow."""

    jumps = True
    scale = 1.0
    tolerance = 1.0
    tells = False

    def __init__(self, where: str, timeout: float) -> None:
        import redis

        url, _, self._pattern = where.partition(",")
        self.name = f"redis:{url.rpartition('@')[2].removeprefix('redis://')},{self._pattern}"
        if not url or not self._pattern:
            raise UsageError(
                "--clock redis: write redis:URL,PATTERN, for example redis:redis://127.0.0.1:6379/0,session:*"
            )
        self._failed: Any = redis.RedisError
        try:
            self._redis: Any = redis.Redis.from_url(url, socket_timeout=timeout, socket_connect_timeout=timeout)
            self._redis.ping()
        except ValueError as error:
            raise UsageError(f"--clock redis: {url!r} is no URL of a Redis ({error})") from error
        except redis.RedisError as error:
            raise ClockError(f"--clock redis: {url.rpartition('@')[2]} doesn't answer ({error})") from error
        self._age = self._redis.register_script(_AGE)
        self.shift = 0.0

    def now(self) -> float:
        return time.monotonic() + self.shift

    def jump(self, seconds: float) -> None:
        try:
            keys = list(self._redis.scan_iter(match=self._pattern, count=1000))
            for start in range(0, len(keys), 500):
                self._age(keys=keys[start : start + 500], args=[int(seconds * 1000)])
        except self._failed as error:
            raise ClockError(f"--clock redis: the keys can't be aged ({error})") from error
        self.shift += seconds

    def in_shell(self, seconds: float) -> str:
        return f"sleep {seconds:.1f}  # or shorten the TTL of {self._pattern} by as much"

    def close(self) -> None:
        self._redis.close()
