"""Sessions come and go: what was deleted, or whose life is over, stays dead, whatever comes in beside its end.

    locust -f load/expiry_churn.py --host http://127.0.0.1:8002 --headless -u 20 -t 20s
    sessionproof load http://127.0.0.1:8002 --shape expiry-churn

With a clock that passes by itself and lives short enough (SESSIONPROOF_CLOCK=scaled:1, say, on a deployment whose
minute lasts a second), sessions are also left to expire.
"""

import random
import time
from functools import partial

from locust import task

from sessionproof.load.memory import Known
from sessionproof.locust import SessionUser
from sessionproof.wire import Reply

SHORT = 4.0  # seconds; lives up to so long are waited for
WAITING = 5  # sessions of one user that are left to expire


class ExpiryChurn(SessionUser):
    """Makes sessions, fills them, deletes them while something else is under way, and asks the dead."""

    about = ("LIF-05", "RES-08", "CON-02")

    def on_start(self) -> None:
        self.expiring: list[Known] = []

    @task(4)
    def fills_and_deletes(self) -> None:
        session = self.resume().session
        if self.can("add_message"):
            self.say(session)
        self.delete(session)
        self.asks(session)
        if self.can("list"):
            self.list()

    @task(2)
    def deletes_beside_other_calls(self) -> None:
        session = self.resume().session
        beside = [call for name, call in self.calls(session).items() if name != "read"]
        self.at_once([*random.sample(beside, min(2, len(beside))), partial(self.delete, session)])
        self.asks(session)

    @task(2)
    def lets_expire(self) -> None:
        life = self.shortest()
        if life is None or len(self.expiring) >= WAITING:
            return
        reply = self.create(client=self.text("client"), life=life)
        known = self._joined[1].sessions.get(reply.session)
        self.expiring += [known] if known is not None else []

    @task(2)
    def asks_the_expired(self) -> None:
        over = [known for known in self.expiring if known.over_after < time.monotonic()]
        for known in over:
            self.expiring.remove(known)
            self.asks(known.id)

    def asks(self, session: str) -> None:
        """One call to a session that is dead."""
        random.choice([*self.calls(session).values()])()  # noqa: S311

    def calls(self, session: str) -> dict[str, partial[Reply]]:
        wanted = {"read": self.read, "heartbeat": self.heartbeat, "add_message": self.say, "query": self.ask}
        return {name: partial(call, session) for name, call in wanted.items() if self.can(name)}

    def shortest(self) -> float | None:
        """The shortest life that may be asked for, in seconds of the contract, where it can be waited for."""
        campaign = self.campaign
        minimum = campaign.contract.life.minimum
        if campaign.clock is None or minimum is None or "timeout" not in campaign.contract.capabilities:
            return None
        return minimum if minimum * campaign.clock.scale <= SHORT else None
