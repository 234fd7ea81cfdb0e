"""The same mix twice: by a bare FastHttpUser, and by a SessionUser that judges every answer; run by verified.py."""

import json
import time
from itertools import count
from typing import Any

import gevent
from locust import FastHttpUser, events, task

from sessionproof.locust import SessionUser

SESSIONS = "/api/v1/sessions"
ONE = f"{SESSIONS}/{{session_id}}"
NUMBERS = count()
TEXT = "a line as people write it, with some forty words less than they would need to make themselves clear "
SAID = 4
LOOKS = 2


class Bare(FastHttpUser):
    """Sends what the contract fm-session-service wants, and looks at nothing but the new id."""

    def on_start(self) -> None:
        self.number = next(NUMBERS)
        self.as_me = {"X-User-ID": f"bare-{self.number}"}

    @task
    def talks(self) -> None:
        client_id = f"bare-{self.number}-{next(NUMBERS)}"
        new = self.client.post(SESSIONS, json={"client_id": client_id}, headers=self.as_me, name=SESSIONS)
        here = f"{SESSIONS}/{new.json()['session_id']}"
        for _ in range(SAID):
            body = {"role": "user", "content": f"{TEXT}{next(NUMBERS)}"}
            self.client.post(f"{here}/messages", json=body, headers=self.as_me, name=f"{ONE}/messages")
        for _ in range(LOOKS):
            self.client.get(here, headers=self.as_me, name=ONE)
            self.client.get(f"{here}/messages", headers=self.as_me, name=f"{ONE}/messages")
        self.client.get(SESSIONS, headers=self.as_me, name=SESSIONS)
        self.client.post(f"{here}/heartbeat", headers=self.as_me, name=f"{ONE}/heartbeat")
        self.client.post(SESSIONS, json={"client_id": client_id}, headers=self.as_me, name=SESSIONS)
        self.client.delete(here, headers=self.as_me, name=ONE)


class Verified(SessionUser):
    """The same calls in the same order, each answer judged."""

    @task
    def talks(self) -> None:
        client = f"{self.client_id}-{next(NUMBERS)}"
        here = self.create(client=client).session
        for _ in range(SAID):
            self.say(here, f"{TEXT}{next(NUMBERS)} {self.actor.marker}")
        for _ in range(LOOKS):
            self.read(here)
            self.conversation(here)
        self.list()
        self.heartbeat(here)
        self.create(client=client)
        self.delete(here)


def begin(**_: Any) -> None:
    gevent.get_hub().loop.update_now()  # its clock stood still while this was loaded


def start(environment: Any, **_: Any) -> None:
    environment.cpu = time.process_time()


def stop(environment: Any, **_: Any) -> None:
    used, requests = time.process_time() - environment.cpu, environment.stats.total.num_requests
    failures = environment.stats.total.num_failures
    print(json.dumps({"cpu": used, "requests": requests, "failures": failures}), flush=True)


listen: Any = events
listen.init.add_listener(begin)
listen.test_start.add_listener(start)
listen.test_stopping.add_listener(stop)
