"""One exploration: kept cases first, then what Schemathesis generates, until the budget is spent."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from sessionproof.caller import SetUpFailed
from sessionproof.effort import Effort
from sessionproof.errors import TargetError
from sessionproof.fuzz.builtin import BUILTIN
from sessionproof.fuzz.cases import CASES, Kept, kept_from, request_of
from sessionproof.fuzz.casting import Cast, Role
from sessionproof.fuzz.looks import LOOKS
from sessionproof.fuzz.schemathesis_checks import malformed, violations
from sessionproof.fuzz.sessions import Sessions
from sessionproof.fuzz.stage import Heard, Stage
from sessionproof.fuzz.tally import Found
from sessionproof.report.progress import Progress
from sessionproof.report.words import seconds
from sessionproof.run import Run
from sessionproof.verdicts import CheckResult, Verdict

if TYPE_CHECKING:
    from schemathesis.engine.events import EngineEvent

    from sessionproof.fuzz.engine import Budget

__all__ = ["Explorer"]


@dataclass
class Explorer:
    """What is tried and what came of it. `look` is `begin` and then `explore`; `results` come last."""

    run: Run
    wanted: frozenset[str]
    stage: Stage
    budget: Budget
    cases: Path | None = None  # the folder in which they are kept
    max_time: float | None = None
    reports: Path | None = None
    interrupted: bool = False
    broken: list[str] = field(default_factory=list)
    kept: list[Kept] = field(default_factory=list)
    enough: Callable[[Found], bool] = lambda found: False  # whether a finding ends it
    _stop: Callable[[], None] = lambda: None
    _shares: Counter[Role] = field(default_factory=Counter)
    _replayed: int = 0
    _again: int = 0  # replayed cases that found something once more
    _ended: str = ""  # why before its end

    @classmethod
    def of(
        cls,
        run: Run,
        wanted: frozenset[str],
        max_time: float | None = None,
        cases: Path | None = None,
        reports: Path | None = None,
        effort: Effort | None = None,
    ) -> Explorer:
        """It goes on for `max_time` seconds, or as long as the effort says: the run's, unless another is given.
        Without a folder for `cases` nothing is kept.

        Raises UsageError for kept cases that can't be read, and MissingUser where no user can speak.
        """
        from sessionproof.fuzz.engine import BUDGETS

        kept = CASES.read(cases, run.contract) if cases else []
        budget = BUDGETS[effort or run.effort]
        explorer = cls(run, wanted, Stage(run, wanted, budget.looks), budget, cases, max_time, reports, kept=kept)
        explorer.stage.on_found = explorer._keep
        return explorer

    def look(self, progress: Progress) -> None:
        """All that is tried. Raises TargetError where no session can be made."""
        try:
            self.begin()
        except SetUpFailed as failure:
            raise TargetError(f"{self.run.sender.base_url}: no session to explore with: {failure}") from failure
        self.explore(progress)

    def begin(self) -> None:
        """Make the first sessions, and send every kept case again. Raises SetUpFailed where no session can be made."""
        self.stage.enter()
        self.stage.casting.sessions.witness()
        if self.stage.casting.stranger is not None:
            Sessions(
                self.stage.casting.stranger, self.stage.casting.chance
            ).made()  # with words that others must not see
        for case in list(self.kept):
            self._replay(case)
        self.stage.casting.chance.seed(f"{self.run.seed}/fuzz")  # what was kept has no part in a seed's chances

    def _replay(self, case: Kept) -> None:
        if case.requirement and case.requirement not in self.wanted:
            return
        role = Role(case.role)
        held, actor = self.stage.casting.held(role)
        cast = Cast(role, actor, held.session)
        heard = self.stage.sent(cast, request_of(case, cast, held, self.run.contract), surely=True)
        found = bool(self.stage.look(heard)) | self._complains_again(case, heard)
        self._replayed += 1
        self._again += found

    def _complains_again(self, case: Kept, heard: Heard) -> bool:
        reply = heard.reply
        again = {
            "not_a_server_error": reply.status is not None and reply.status >= 500,
            "negative_data_rejection": bool(reply.ok and malformed(reply)),
        }
        if not again.get(case.check, False):
            return False
        return any(self._take(case.check, malformed(reply) or f"status {reply.status}", heard))

    def explore(self, progress: Progress) -> None:
        """Read the engine's events until it has finished or the time is over."""
        from sessionproof.fuzz.engine import explore
        from sessionproof.fuzz.reports import Reports

        until = time.monotonic() + (self.max_time or self.budget.seconds)
        schema, stream = explore(self.stage, self.budget, self.max_time)
        self._stop = stream.stop
        reports = Reports(self.reports, schema) if self.reports else None
        progress.start(2 * schema.statistic.operations.selected + self.budget.chains)
        try:
            for event in stream:
                if reports is not None:
                    reports.write(event)
                self._note(event, progress)
                if self.run.lost or time.monotonic() > until:
                    self._ended = self._ended or (
                        "" if self.run.lost else f"stopped after {seconds(until - self.stage.began)}"
                    )
                    stream.stop()
        except KeyboardInterrupt:
            self.interrupted = True
            stream.stop()
            for _ in stream:
                pass
        finally:
            if reports is not None:
                reports.close()

    def _note(self, event: EngineEvent, progress: Progress) -> None:
        from schemathesis.engine import events

        from sessionproof.fuzz.engine import failures

        if isinstance(event, events.Interrupted) and not self._ended:
            self.interrupted = True
        if isinstance(event, events.NonFatalError) and not self.run.lost and not self.interrupted:
            self._hear_of(event)
        if not isinstance(event, events.ScenarioFinished):
            return
        self._shares.update(heard.cast.role for heard in self.stage.heard.values())
        before = len(self.stage.tally.found)
        for check, case_id, message in failures(event):
            if case_id in self.stage.heard:
                list(self._take(check, message, self.stage.heard[case_id]))
        for check, builtin in BUILTIN.items():
            if builtin.counts and builtin.requirement in self.wanted:
                self.stage.tally.exercised[check, builtin.requirement] += len(self.stage.heard)
        self.stage.heard.clear()
        bad = len(self.stage.tally.found) > before
        progress.step(f"{event.phase.value} {event.label or ''}", Verdict.FAILED if bad else Verdict.PASSED)

    def _hear_of(self, event: object) -> None:
        """An error of the engine's own: no answer, which the run has counted, or a fault of ours."""
        import requests

        error = getattr(event, "value", None)
        if not isinstance(error, requests.RequestException):
            text = self.run.redactor.text(f"{type(error).__name__}: {error}".splitlines()[0])
            line = f"Schemathesis could not go on at {getattr(event, 'label', '')}: {text}"[:300]
            self.broken += [line] if line not in self.broken else []

    def _take(self, check: str, message: str, heard: Heard) -> Iterator[Found]:
        for requirement, violation in violations(check, message, heard):
            if not requirement or requirement in self.wanted:
                yield self.stage.found(check, requirement, violation, heard)

    def _keep(self, found: Found, cast: Cast) -> None:
        if self.enough(found):
            self._ended = "stopped at the first finding"
            self._stop()
        reply = found.violation.reply
        if reply is None or not found.requirement:
            return
        ids = {"session": cast.session} if cast.session else {}
        ids |= {
            name: str(value) for name, value in reply.request.values.items() if name in ("case", "upload", "message")
        }
        kept = kept_from(found.check, found.requirement, cast, reply.request, ids, self.run.contract, self.run.redactor)
        if self.cases is not None and kept is not None and kept not in self.kept:
            self.kept.append(kept)
            CASES.keep(self.cases, self.run.contract, self.kept)

    @property
    def selected(self) -> frozenset[str]:
        """What the run was asked for, and what it found besides."""
        always = {requirement for look in LOOKS for requirement in look.counts_for}
        found = {one.requirement for one in self.stage.tally.found}
        return frozenset((always | found) & self.wanted)

    def results(self) -> Iterator[CheckResult]:
        lets_guests_in = self.run.contract.identity.guests  # so that nobody is refused for having no identity
        about = [
            (look.name, requirement)
            for look in LOOKS
            for requirement in look.counts_for
            if not (lets_guests_in and requirement == "ISO-05")
        ]
        yield from self.stage.tally.results(self.run, self.wanted, about)

    def notes(self) -> Iterator[str]:
        """What a reader has to know: how much was tried, what was not asked and why, what no requirement speaks of."""
        sent = sum(self._shares.values())
        words = f"fuzz: {sent} generated requests, {self._living} of them about living sessions"
        kept = (
            f"; {self._replayed} kept cases first, {self._again} of them found something again"
            if self._replayed
            else ""
        )
        yield f"{words}{kept}{f'; {self._ended}' if self._ended else ''}"
        off = "; ".join(f"{name} ({builtin.off})" for name, builtin in BUILTIN.items() if builtin.off)
        yield f"fuzz: of Schemathesis's own checks these were not asked: {off}"
        yield from self.stage.tally.notes()

    @property
    def _living(self) -> str:
        sent = sum(self._shares.values())
        living = sum(self._shares[role] for role in (Role.OWN, Role.MADE, Role.STRANGER, Role.NOBODY))
        return f"{100 * living / sent:.0f} %" if sent else "none"
