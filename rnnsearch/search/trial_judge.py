"""What is done with the trials of a search: their reports are recorded, and each ends once."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from rnnsearch.errors import DataError, InputError
from rnnsearch.events import (
    RANKED,
    EndState,
    EpochsReported,
    Listener,
    ProposalsRefused,
    RungsChanged,
    TrialStarted,
    TrialState,
)
from rnnsearch.goal import standing
from rnnsearch.search.bounded import Bounded
from rnnsearch.search.goals.values import BesideMetric, OneGoal
from rnnsearch.search.job import LOSS, Job
from rnnsearch.search.ledger.ledger import Ledger
from rnnsearch.search.ledger.trial_record import (
    BEST_LOSS,
    STOPPED,
    TRAIN_LOSSES,
    VIOLATIONS,
    TrialRecord,
)
from rnnsearch.search.messages import Departure, PackReport
from rnnsearch.search.pack_book import PackBook
from rnnsearch.search.ran_on import Stays, devices_of, nodes_of
from rnnsearch.search.shelf import Shelf
from rnnsearch.space.goals import AT_END
from rnnsearch.space.spec import StudySpec
from rnnsearch.space.trial import trial_config
from rnnsearch.stopping.rule import StoppingRule, rungs_called
from rnnsearch.tasks.families import family
from rnnsearch.training.codec import config_to_json
from rnnsearch.training.report import Divergence, EpochReport
from rnnsearch.training.weights import Weights

FEW = 3
"""A script that fails on so many trials, and on none before it, fails on whatever it is given."""

GRADIENT_NORM = "gradient_norm"
"""Among an epoch's metrics, the norm of the gradient in its last training step, before clipping."""

CRASHED = "it was aboard when its packs crashed, at last alone"
IN_A_PROCESS = "With `process: own` under `task` a script crashes alone, and at once for good."


@dataclass(eq=False)
class TrialJudge:
    """Records reports, and ends each trial as complete, pruned, diverged or failed.

    When which report is recorded, and when a trial is decided, is the business of a stage.

    Args:
        shelf: Keeps the weights of the best trials.
        rule: Decides which trials go on; the stage tells it what the ledger knows already.
        on_end: Called whenever a trial has been given its final state.
        beside: Notes the values of trials in the goals beside the metric.

    Attributes:
        grace: Epochs from which on a trial's value counts; see `StoppingRule.grace`.
    """

    spec: StudySpec
    ledger: Ledger
    listener: Listener
    shelf: Shelf
    rule: StoppingRule
    on_end: Callable[[], None]
    beside: BesideMetric = field(default_factory=OneGoal)

    def __post_init__(self) -> None:
        self._metric = self.spec.search.metric
        self._goal = self.spec.search.goal
        self.grace = self.rule.grace
        self._bounded = Bounded(self.spec, self.ledger)
        self._refused: dict[str, int] = {}
        self._script = family(str(self.spec.values["task.type"])).own_loop

    def started(self, job: Job, pack: PackBook) -> None:
        """Tell the listener that a training goes aboard a pack.

        Where packs ask for GPUs, the ledger notes what it is trained on: those without one may be
        among them, because the space file wants it or torch finds none.
        """
        ran_on: Stays = ()
        if self.spec.resources.gpus_per_pack > 0:
            ran_on = self.ledger.note_ran_on(job.number, pack.device, pack.node)
        self.listener.on_event(
            TrialStarted(
                time=time.time(),
                number=job.number,
                name=job.trial.name,
                params=dict(job.trial.params),
                config=config_to_json(job.config),
                seed=job.config.seed,
                pack=pack.name,
                attempt=job.trial.attempts,
                parent=job.trial.parent,
                parent_epoch=job.trial.parent_epoch,
                replaces=job.trial.replaces,
                devices=devices_of(ran_on),
                nodes=nodes_of(ran_on),
            )
        )

    def diverged(self, job: Job, divergence: Divergence) -> None:
        """End a trial whose numbers ceased to be finite."""
        norm = divergence.gradient_norm
        self._finish(
            job,
            "diverged",
            f"loss or gradient stopped being finite at step {divergence.step} "
            f"(epoch {divergence.epoch}); gradient norm {norm:.3g}",
            {
                "diverged_epoch": divergence.epoch,
                "diverged_step": divergence.step,
                "gradient_norm": repr(float(norm)),
            },
        )

    def keep(self, job: Job, weights: Weights | None) -> None:
        """Put the weights that a pack gave of a departed trial on the shelf, if it had any."""
        if weights is not None:
            self.shelf.put(job, job.with_history(weights, self._metric))

    def interrupt(self, job: Job, reason: str) -> Departure | None:
        """End a trial amid its training where its value counts; None where it had better wait."""
        best = job.best(self._goal)
        if best is not None and job.epoch >= max(self.grace, job.known_epoch):
            return self._finish(job, "pruned", reason)
        return None

    def put_back(self, job: Job, *, crashed: bool, snapshot: str | None) -> bool:
        """Let a trial wait whose pack is gone or drained; False of one that fails instead.

        The arguments are those of `Stage.hand_back`.
        """
        if self.ledger.put_back(job.number, snapshot=snapshot, crashed=crashed):
            return True
        self.on_end()
        self._tell_end(job, "failed", CRASHED)
        if self._script:
            self._check_script(job, f"{CRASHED}. {IN_A_PROCESS}")
        return False

    def refuse(self, job: Job, reason: str) -> None:
        """Fail a trial that a pack cannot take or train."""
        self._finish(job, "failed", reason)
        if self._script:
            self._check_script(job, reason)

    def _check_script(self, job: Job, reason: str) -> None:
        """End the study where a script fails on whatever it is given.

        Raises:
            DataError: The first few trials have all failed, and none has finished an epoch.
        """
        trials = [one for one in self.ledger.trials() if one.state == "failed" or one.epoch]
        if any(one.epoch for one in trials) or len(trials) < min(FEW, self.ledger.num_trials):
            return
        function = self.spec.values["task.function"]
        many = f"on all of the first {len(trials)} trials" if len(trials) > 1 else "on its trial"
        raise DataError(
            f"the script {function} failed {many}, before any finished an epoch, so the study was "
            f"ended. Mend the script and start it again. Trial {job.number}: {reason}",
            "task.function",
        )

    def tell_waiting(self, job: Job) -> None:
        """Tell the listener that a trial waits at the end of this run."""
        self._tell_end(job, "waiting", "put back; `resume` goes on with it")

    def note_snapshots(
        self, jobs: Mapping[str, Job], report: PackReport, leaving: Collection[str]
    ) -> None:
        """Note in the ledger which trials a pack's newest snapshot holds.

        Args:
            jobs: The trainings that the pack had aboard.
            leaving: The names of those that leave it now.
        """
        held = (report.snapshot_holds & report.roster.keys()) - set(leaving)
        self.ledger.note_snapshots(
            {job.number: report.snapshot for trial_id, job in jobs.items() if trial_id in held}
        )

    def job(self, trial: TrialRecord, before: Job | None = None) -> Job | None:
        """A training of a trial; where its configuration is impossible, the trial fails instead.

        Args:
            before: The trial's training in an earlier pack of this run, which knows its curves.
        """
        try:
            config = trial_config(self.spec, trial.params, trial.seed)
        except InputError as error:
            self.ledger.finish(trial.number, "failed", reason=str(error), seconds=0.0)
            self.on_end()
            return None
        job = Job(
            trial_id=str(trial.number),
            trial=trial,
            config=config,
            limit=self.rule.next_limit(trial.epoch),
            alone=trial.alone,
            snapshot=trial.snapshot,
            known_epoch=trial.epoch,
            curve=dict(trial.values_by_epoch),
            own_loss=self.ledger.notes.tie_break,
        )
        if before is not None:
            job.curve, job.losses, job.answers = before.curve, before.losses, before.answers
            job.own_losses, job.seconds = before.own_losses, before.seconds
        return job

    def record(self, jobs: Mapping[str, Job], reports: Sequence[EpochReport]) -> None:
        """Enter finished epochs in the ledger, tell the listener, and then hand all to the rule."""
        rows: list[tuple[int, int, float]] = []
        fresh: dict[str, list[EpochReport]] = {}
        for report in reports:
            if (job := jobs.get(report.trial_id)) is None:
                continue
            value, new = job.take(report, self._metric)
            if new:
                fresh.setdefault(report.trial_id, []).append(report)
                if math.isfinite(value):
                    rows.append((job.number, report.epoch, value))
        if rows:
            self.ledger.report(rows)
        self._bounded.note(jobs, fresh)
        self.beside.note(jobs, fresh)
        now = time.time()
        for trial_id, epochs in fresh.items():
            self.listener.on_event(
                EpochsReported(
                    time=now,
                    number=jobs[trial_id].number,
                    epochs=[report.epoch for report in epochs],
                    metrics=[_recorded(report) for report in epochs],
                    training_steps=sum(report.training_steps for report in epochs),
                )
            )
        if (refused := self.ledger.refused()) != self._refused:
            self._refused = refused
            self.listener.on_event(ProposalsRefused(now, refused))
        changed = [self.rule.record(*row) for row in rows]
        if any(changed):
            self.listener.on_event(
                RungsChanged(now, self.rule.populations(), rungs_called(self.rule))
            )

    def decide(self, job: Job) -> Departure | None:
        """Decide whether a job that stands at its limit goes on; if so, its limit is raised."""
        if job.epoch not in job.curve:
            reason = f"{self._metric} is not finite at epoch {job.epoch}"
            return self._finish(job, "diverged", reason, {"diverged_epoch": job.epoch})
        if job.epoch >= job.config.training.max_epochs:
            return self._finish(job, "complete", f"reached epoch {job.epoch}, the last")
        if stop := self.rule.decide(job.number):
            return self.stop(job, stop)
        job.limit = self.rule.next_limit(job.epoch)
        return None

    def stop(self, job: Job, reason: str) -> Departure:
        """End a trial that the rule stops, for a reason that it gives."""
        numbers = getattr(reason, "numbers", {})  # a rule of a person's own may give words alone
        return self._finish(job, "pruned", str(reason), {STOPPED: dict(numbers)})

    def _finish(
        self, job: Job, state: EndState, reason: str, attributes: Mapping[str, object] | None = None
    ) -> Departure:
        """End a trial in the ledger, tell the listener, and ask for its weights if they matter.

        Args:
            attributes: What the ledger is to note of the end beside what it notes of every trial.
        """
        best = job.best(self._goal)
        beyond = self._bounded.violations(job) if state in RANKED else {}
        goals = self.beside.at_end(job) if state != "failed" else {}
        self.ledger.finish(
            job.number,
            state,
            **self._end(job, reason),
            seconds=job.seconds,
            attributes={
                "training_steps": job.training_steps,
                "kernel": job.kernel,
                BEST_LOSS: best.loss if best else None,
                **({TRAIN_LOSSES: job.losses} if job.losses and self._metric != LOSS else {}),
                **({VIOLATIONS: beyond} if beyond else {}),
                **({AT_END: goals} if goals else {}),
                **(attributes or {}),
            },
        )
        self.on_end()
        self._tell_end(job, state, reason)
        keep = False
        counts = best is not None and best.epoch > job.trial.parent_epoch  # else it is the parent's
        if state in RANKED and job.epoch >= self.grace and best is not None and counts:
            rank = standing(self._goal, best.value, best.loss)
            keep = self.shelf.offer(job.number, rank, sum(beyond.values()))
        return Departure(job.trial_id, keep_weights=keep)

    def _tell_end(self, job: Job, state: TrialState, reason: str) -> None:
        """Tell the listener that a trial has ended, or waits at the end of this run."""
        trial = replace(
            self.ledger.trial(job.number),
            state=state,
            seconds=job.seconds,
            **self._end(job, reason),
        )
        self.listener.on_event(trial.ended_event(time.time(), job.kernel))

    def _end(self, job: Job, reason: str) -> dict[str, Any]:
        """What the ledger and the listeners are told alike of a trial's end."""
        best = job.best(self._goal)
        return {
            "reason": reason,
            "epoch": job.epoch,
            "best_value": best.value if best else None,
            "best_epoch": best.epoch if best else None,
        }


def _recorded(report: EpochReport) -> dict[str, float]:
    """What listeners hear of an epoch: its metrics, and the norm of its last gradient if known."""
    norm = report.gradient_norm
    known = {GRADIENT_NORM: norm} if math.isfinite(norm) else {}
    return {**known, **report.metrics}
