"""Tabs that start together: creates with one client id, sent at the same moment, lead to one session.

locust -f load/resumption_storm.py --host http://127.0.0.1:8002 --headless -u 20 -t 20s
sessionproof load http://127.0.0.1:8002 --shape resumption-storm
"""

from locust import task

from sessionproof.locust import SessionUser

TABS = 5
RESUMES = 3


class ResumptionStorm(SessionUser):
    """A browser whose tabs all start at once, come back some times, and are closed for good."""

    about = ("RES-06", "RES-01", "RES-02")

    @task
    def starts(self) -> None:
        tabs = self.at_once([self.resume] * TABS)
        if self.can("list"):
            self.list()
        for _ in range(RESUMES):
            self.resume()
        self.at_once([self.resume] * TABS)
        for session in dict.fromkeys(tab.session for tab in tabs if tab.session):
            self.closes(session)

    def closes(self, session: str) -> None:
        if self.can("delete"):
            self.delete(session)
