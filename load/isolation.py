"""Many users at once on connections that they share: each sees its own sessions and words, and nobody else's.

locust -f load/isolation.py --host http://127.0.0.1:8002 --headless -u 20 -t 20s
sessionproof load http://127.0.0.1:8002 --shape isolation
"""

from geventhttpclient.client import HTTPClientPool
from locust import task

from sessionproof.locust import SessionUser

LONGEST = 12  # messages, before a session is left for a new one
AT_ONCE = 3
CLIENT = "a-product-name-that-everybody-sends"


class Isolation(SessionUser):
    """Talks in a session of its own, looks at it, and tries somebody else's."""

    about = ("ISO-01", "CON-01")
    client_pool = HTTPClientPool(concurrency=10, network_timeout=10, connection_timeout=10)
    session = ""
    said = 0

    def on_start(self) -> None:
        self.open()

    def open(self) -> None:
        """A session by the client id that everybody sends, which is each user's own all the same."""
        mine = self.campaign.contract.resumes_by_user
        reply = self.create(client=CLIENT if mine else self.client_id)
        self.session, self.said = reply.session, 0

    @task(6)
    def talks(self) -> None:
        if self.can("add_message"):
            self.say(self.session)
        elif self.can("query"):
            self.ask(self.session)
        self.said += 1
        if self.said >= LONGEST:
            self.leaves()

    @task(1)
    def talks_at_once(self) -> None:
        if self.can("add_message"):
            self.at_once([lambda: self.say(self.session)] * AT_ONCE)
            self.conversation(self.session)
            self.said += AT_ONCE

    @task(4)
    def looks(self) -> None:
        self.read(self.session)

    @task(3)
    def listens(self) -> None:
        if self.campaign.contract.reads_conversation:
            self.conversation(self.session)

    @task(3)
    def lists(self) -> None:
        if self.can("list"):
            self.list()

    @task(2)
    def stays(self) -> None:
        if self.can("heartbeat"):
            self.heartbeat(self.session)

    @task(1)
    def names_it(self) -> None:
        if self.can("update") and "title" in self.campaign.contract.first("update").sends:
            self.update(self.session, title=self.text("title"))

    @task(2)
    def comes_back(self) -> None:
        self.open_again() if self.campaign.contract.resume_scope else self.looks()

    def open_again(self) -> None:
        mine = self.campaign.contract.resumes_by_user
        self.create(client=CLIENT if mine else self.client_id)

    @task(2)
    def tries_somebody_elses(self) -> None:
        other = self.somebody_elses()
        if other and self.campaign.world.keeps_users_apart:
            self.read(other)
            if self.can("add_message"):
                self.say(other)

    def leaves(self) -> None:
        if self.can("delete"):
            self.delete(self.session)
        self.open()
