"""`SessionUser`: a Locust user that speaks a contract and judges every answer. Import it in a locustfile, nowhere else.

Importing it imports Locust, which patches the whole process for gevent: `locust -f FILE` and `sessionproof load` give
it a process of its own.
"""

from sessionproof.locust import hooks
from sessionproof.locust.user import SessionUser

__all__ = ["SessionUser"]

hooks.install()
