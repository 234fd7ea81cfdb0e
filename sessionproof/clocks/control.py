"""The test clock of a deployment that has one, as the reference server does with --test-clock."""

from __future__ import annotations

import time

import httpx

from sessionproof.clocks.kind import ClockError

__all__ = ["PATH", "Control"]

PATH = "/_test/clock"  # POST {"advance_seconds": 12.5}; GET says that it is there, and {"advanced_seconds": 0} in all


class Control:
    """Time of a server that moves its own clock on request; of several nodes, whether they share it or not."""

    name = "control"
    jumps = True
    scale = 1.0
    tolerance = 0.25
    tells = True

    def __init__(self, base_url: str, *others: str, timeout: float) -> None:
        self._client = httpx.Client(timeout=timeout, trust_env=False)
        self._advanced = {url.rstrip("/") + PATH: 0.0 for url in (base_url, *others)}  # by node
        for url in self._advanced:
            self._advanced[url] = self._told(url)
        self.shift = next(iter(self._advanced.values()))

    def now(self) -> float:
        return time.monotonic() + self.shift

    def jump(self, seconds: float) -> None:
        for place, url in enumerate(self._advanced):
            if place == 0 or self._told(url) < self._advanced[url] + seconds / 2:  # it hasn't moved with the first
                answer = self._asked("POST", url, {"advance_seconds": seconds})
                if not answer.is_success:
                    raise ClockError(f"--clock control: POST {url} answered {answer.status_code}")
            self._advanced[url] += seconds
        self.shift += seconds

    def in_shell(self, seconds: float) -> str:
        body = f'{{"advance_seconds": {seconds:.1f}}}'
        return f"curl -sS -X POST \"$URL\"{PATH} -H 'Content-Type: application/json' -d '{body}' -o /dev/null"

    def close(self) -> None:
        self._client.close()

    def _told(self, url: str) -> float:
        answer = self._asked("GET", url)
        if answer.status_code != 200:
            raise ClockError(
                f"--clock control: GET {url} answered {answer.status_code}: this deployment has no test clock "
                "(the reference server has one when started with --clock control); try wall, or redis:URL,PATTERN"
            )
        return _advanced(answer)

    def _asked(self, method: str, url: str, body: object = None) -> httpx.Response:
        try:
            return self._client.request(method, url, json=body)
        except httpx.HTTPError as error:
            raise ClockError(f"--clock control: {url} doesn't answer ({error})") from error


def _advanced(answer: httpx.Response) -> float:
    """How far the clock was moved before this run, by `advanced_seconds` in the answer; 0 where it doesn't say."""
    try:
        body = answer.json()
    except ValueError:
        return 0.0
    advanced = body.get("advanced_seconds") if isinstance(body, dict) else None
    return float(advanced) if isinstance(advanced, int | float) else 0.0
