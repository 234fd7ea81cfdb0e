"""Where Locust calls us: before a run, when it stops, and when its processes tell each other what they saw.

Workers send their counts with each report to the master. At the end the master has them stop and clean up, and waits
until each has sent its last ones; then it judges all of it together.
"""

from __future__ import annotations

import logging
import os
import signal
import sys
import time
from pathlib import Path
from typing import Any

import gevent
from locust import events
from locust.env import Environment
from locust.runners import LocalRunner, MasterRunner, WorkerRunner

from sessionproof.errors import SessionProofError
from sessionproof.load.outcome import Outcome, report_on
from sessionproof.load.plan import PLAN, Plan, asked_elsewhere, check_host, read_plan
from sessionproof.load.tally import Tally
from sessionproof.locust.campaign import Campaign
from sessionproof.locust.user import SessionUser
from sessionproof.report.load import Call

__all__ = ["install"]

_STOP, _LAST = "sessionproof-stop", "sessionproof-last"  # messages: to the workers, and their last answer
_WORKERS_STOP_WITHIN = 45.0  # seconds
_USERS, _SECONDS, _FINISH_WITHIN = 20, 20, 10


def install() -> None:
    """Listen to Locust. Called once, when `sessionproof.locust` is imported."""
    listen: Any = events
    listen.init_command_line_parser.add_listener(_defaults)
    listen.init.add_listener(_begin)


def _defaults(parser: Any, **_: Any) -> None:
    """Bounded unless told otherwise: so many users for so many seconds, who finish what they are at."""
    parser.set_defaults(
        num_users=_USERS, spawn_rate=float(_USERS), run_time=_SECONDS, stop_timeout=float(_FINISH_WITHIN)
    )


def _begin(environment: Environment, runner: Any, **_: Any) -> None:
    ours = [user for user in environment.user_classes if issubclass(user, SessionUser)]
    if not ours:
        return
    host = environment.host or ours[0].host or ""
    try:
        Hooks(environment, runner, _campaign(host, runner), ours)
    except SessionProofError as error:
        print(f"sessionproof: {error}", file=sys.stderr, flush=True)
        os._exit(error.exit_code)  # Locust's master and its listeners would wait for workers that never come
    gevent.get_hub().loop.update_now()  # its clock stood still meanwhile, and the run's time is counted by it


def _campaign(host: str, runner: Any) -> Campaign:
    check_host(host)
    file = os.environ.get(PLAN)
    plan: Plan = read_plan(Path(file)) if file else asked_elsewhere(host)
    for node in plan.settings.node:
        check_host(node)
    worker = runner.worker_index + 1 if isinstance(runner, WorkerRunner) else 0
    SessionUser.campaign = Campaign(plan, host, worker, records=not isinstance(runner, MasterRunner))
    return SessionUser.campaign


class Hooks:
    """What one process does for the run, whatever its part is."""

    def __init__(
        self, environment: Environment, runner: Any, campaign: Campaign, users: list[type[SessionUser]]
    ) -> None:
        self.environment, self.runner, self.campaign, self.users = environment, runner, campaign, users
        self.reports: dict[str, dict[str, Any]] = {}  # by worker, its newest
        self.last: set[str] = set()  # workers that have sent their last one
        self.began = time.time()
        self.seconds = 0.0
        self.interrupted = False
        if campaign.plan.quiet:
            logging.getLogger("locust.stats_logger").disabled = True
        listen: Any = environment.events
        listen.test_start.add_listener(self.start)
        if isinstance(runner, MasterRunner):
            runner.register_message(_LAST, self.ended)
            listen.worker_report.add_listener(self.reported)
            listen.test_stopping.add_listener(self.stop_workers)
            listen.quitting.add_listener(self.judge)
        elif isinstance(runner, WorkerRunner):
            runner.register_message(_STOP, self.stop_here, concurrent=True)
            listen.report_to_master.add_listener(self.report)
            listen.test_stop.add_listener(self.clean_up)
        elif isinstance(runner, LocalRunner):
            listen.test_stop.add_listener(self.clean_up)
            listen.quitting.add_listener(self.judge)
        if not isinstance(runner, WorkerRunner):
            _interrupt_only(gevent.getcurrent())

    # Everywhere

    def start(self, **_: Any) -> None:
        self.began = time.time()

    def clean_up(self, **_: Any) -> None:
        self.seconds = time.time() - self.began
        self.campaign.clean_up()

    # A worker

    def report(self, client_id: str, data: dict[str, Any], **_: Any) -> None:
        data["sessionproof"] = self.seen()

    def seen(self) -> dict[str, Any]:
        return {"tally": self.campaign.tally.as_dict(), "left_behind": self.campaign.left_behind}

    def stop_here(self, **_: Any) -> None:
        self.runner.stop()
        self.runner.send_message(_LAST, self.seen())

    # The master

    def reported(self, client_id: str, data: dict[str, Any], **_: Any) -> None:
        if "sessionproof" in data and client_id not in self.last:
            self.reports[client_id] = data["sessionproof"]

    def ended(self, msg: Any, **_: Any) -> None:
        self.reports[msg.node_id] = msg.data
        self.last.add(msg.node_id)

    def stop_workers(self, **_: Any) -> None:
        self.seconds = time.time() - self.began
        workers = set(self.runner.clients)
        self.runner.send_message(_STOP)
        deadline = time.monotonic() + _WORKERS_STOP_WITHIN
        while workers - self.last and time.monotonic() < deadline:
            gevent.sleep(0.05)

    # Whoever judges

    def judge(self, **_: Any) -> None:
        self.interrupted = not self.seconds  # a run that ends by itself has stopped before Locust quits
        self.runner.quit()
        report = report_on(self.outcome(), self.campaign.plan, self.campaign.host)
        self.environment.process_exit_code = int(report.exit)
        from rich.console import Console

        from sessionproof.outputs import write_reports
        from sessionproof.report.terminal import render

        try:
            write_reports(report, self.campaign.settings)
        except SessionProofError as error:
            print(f"sessionproof: {error}", file=sys.stderr)
            self.environment.process_exit_code = error.exit_code
        render(report, Console(soft_wrap=False, highlight=False))

    def outcome(self) -> Outcome:
        tally, left = self.campaign.tally, list(self.campaign.left_behind)
        for seen in self.reports.values():
            tally.merge(Tally.from_dict(seen["tally"]))
            left += seen["left_behind"]
        about = tuple(dict.fromkeys(name for user in self.users for name in user.about))
        broken = [f"a user failed: {error['msg']}" for error in self.runner.exceptions.values()]
        silent = set(self.reports) - self.last if self.reports else set()
        broken += [f"worker {name} ended without its last report" for name in sorted(silent)]
        return Outcome(
            shape=self.users[0].__name__,
            about=about,
            users=self.runner.target_user_count,
            workers=len(self.reports),
            began=self.began,
            seconds=self.seconds,
            means=self.campaign.means,
            tally=tally,
            calls=_calls(self.environment),
            left_behind=left,
            broken=broken,
            interrupted=self.interrupted,
        )


def _interrupt_only(main: Any) -> None:
    """Ctrl-C reaches `main`, once, which has Locust end: raised in a user, it would come again from whoever waits for
    that user, in the middle of the end. Another one is Python's own."""

    def interrupt() -> None:
        handler.cancel()
        signal.signal(signal.SIGINT, signal.default_int_handler)
        gevent.get_hub().loop.run_callback(main.throw, KeyboardInterrupt())

    handler = gevent.signal_handler(signal.SIGINT, interrupt)


def _calls(environment: Environment) -> tuple[Call, ...]:
    entries = sorted(environment.stats.entries.values(), key=lambda entry: -entry.num_requests)
    return tuple(
        Call(
            operation=str(entry.method),
            call=str(entry.name),
            requests=entry.num_requests,
            failures=entry.num_failures,
            per_second=float(entry.total_rps),
            p50=float(entry.get_response_time_percentile(0.5)),
            p95=float(entry.get_response_time_percentile(0.95)),
            p99=float(entry.get_response_time_percentile(0.99)),
        )
        for entry in entries
    )
