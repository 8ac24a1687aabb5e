"""Another stopping rule on the curves of a study: what it would have saved, and what lost.

The reports come to the rule in the order in which they came to the study, and those that arrived
together are recorded before any is decided, as in a search. Nothing is trained: a curve that ends
where its trial was stopped stays so, and what the rule would have decided beyond is not known.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Sequence
from dataclasses import dataclass

from rnnsearch.events import RANKED
from rnnsearch.goal import Goal
from rnnsearch.search.leaderboard import Row
from rnnsearch.search.ledger.report_order import RecordedOrder, Report
from rnnsearch.search.ledger.trial_record import TrialRecord
from rnnsearch.stopping.rule import StoppingRule

CURVES_END = ("complete", "diverged", "failed")
"""States of trials that no rule would have trained for longer than they were."""


@dataclass(frozen=True, slots=True)
class Course:
    """What a rule did in a study, or would have done.

    Attributes:
        stopped: How many trials it stopped.
        epochs: Epochs that were trained.
        seconds: Seconds of training, all trials together, where they are known.
        best: The best value of the study's metric of the trials that count; None where none does.
        best_number: The trial that has it.
    """

    stopped: int
    epochs: int
    seconds: float
    best: float | None
    best_number: int | None


@dataclass(frozen=True, slots=True)
class Replay:
    """A rule on recorded curves, beside what was recorded.

    Attributes:
        trials: How many trials have reports.
        recorded: What the study did.
        replayed: What the rule would have done, as far as the curves go.
        stops: A row for each epoch at which it would have stopped some: `epoch`, `trials`.
        favourite: The study's champion, or its best trial while there is none.
        favourite_stop: The epoch at which that would have been stopped; None where it goes on.
        favourite_reason: Why, in the rule's words; empty where it goes on.
        cut_short: How many trials the rule would have trained beyond the end of their curves.
        cut_epochs: For how many epochs more at most, which `replayed` does not count.
        together_known: Whether it is known which reports arrived together; see `RecordedOrder`.
    """

    trials: int
    recorded: Course
    replayed: Course
    stops: Sequence[Row]
    favourite: int | None
    favourite_stop: int | None
    favourite_reason: str
    cut_short: int
    cut_epochs: int
    together_known: bool

    @property
    def exact(self) -> bool:
        """Whether no decision is unknown, as in a study that stopped nobody."""
        return not self.cut_short and self.together_known


def replay(
    trials: Sequence[TrialRecord],
    order: RecordedOrder,
    rule: StoppingRule,
    goal: Goal,
    max_epochs: int,
    champion: int | None = None,
) -> Replay:
    """Give recorded reports to another rule.

    Args:
        trials: All trials of the study by number.
        order: Their reports; see `reports_in_order`.
        rule: One that knows of no trial.
        max_epochs: Epochs of a complete trial.
        champion: The study's champion, if it has one.
    """
    stops = stops_of(rule, order.batches, max_epochs)
    with_reports = [one for one in trials if one.values_by_epoch]
    ends = {one.number: one.epoch for one in with_reports}
    ends |= {number: epoch for number, (epoch, _) in stops.items()}
    open_ended = [
        one
        for one in with_reports
        if one.number not in stops and one.state not in CURVES_END and one.epoch < max_epochs
    ]
    pruned = sum(one.state == "pruned" for one in with_reports)
    all_of_it = {one.number: one.epoch for one in with_reports}
    recorded = _course(with_reports, all_of_it, pruned, 1, goal)
    favourite = recorded.best_number if champion is None else champion
    stop = stops.get(-1 if favourite is None else favourite)
    by_epoch = Counter(epoch for epoch, _ in stops.values())
    return Replay(
        trials=len(with_reports),
        recorded=recorded,
        replayed=_course(with_reports, ends, len(stops), rule.grace, goal),
        stops=[{"epoch": epoch, "trials": by_epoch[epoch]} for epoch in sorted(by_epoch)],
        favourite=favourite,
        favourite_stop=stop[0] if stop else None,
        favourite_reason=stop[1] if stop else "",
        cut_short=len(open_ended),
        cut_epochs=sum(max_epochs - one.epoch for one in open_ended),
        together_known=order.together_known,
    )


def stops_of(
    rule: StoppingRule, batches: Sequence[Sequence[Report]], max_epochs: int
) -> dict[int, tuple[int, str]]:
    """At which epoch a rule stops each trial that it stops, and why.

    A trial waits for its decision at each of the rule's limits, so that of reports that arrived
    together those beyond a limit come to the rule only after all up to it are decided.
    """
    first = rule.next_limit(0)
    limits: dict[int, int] = {}
    stops: dict[int, tuple[int, str]] = {}
    for batch in batches:
        waiting: dict[int, deque[Report]] = {}
        for report in batch:
            if report[0] not in stops:
                waiting.setdefault(report[0], deque()).append(report)
        while waiting:
            at_limits = {}
            for number, reports in waiting.items():
                limit, epoch = limits.setdefault(number, first), 0
                while reports and reports[0][1] <= limit:
                    epoch = reports[0][1]
                    rule.record(*reports.popleft())
                if reports or epoch == limit:
                    at_limits[number] = limit
            for number, limit in at_limits.items():
                if limit < max_epochs:
                    if (reason := rule.decide(number)) is not None:
                        stops[number] = limit, str(reason)
                        waiting.pop(number)
                    limits[number] = rule.next_limit(limit)
            waiting = {number: left for number, left in waiting.items() if left}
    return stops


def _course(
    trials: Sequence[TrialRecord], ends: dict[int, int], stopped: int, grace: int, goal: Goal
) -> Course:
    """What it is to train each trial to its end among `ends`.

    A trial counts for the best value if it has come to the grace period, as in a search.
    """
    bests: dict[int, float] = {}
    for one in trials:
        end = ends[one.number]
        values = [value for epoch, value in one.values_by_epoch.items() if epoch <= end]
        if one.state in (*RANKED, "running", "waiting") and end >= grace and values:
            bests[one.number] = goal.best(values)
    best = min(bests, key=lambda number: (goal.cost(bests[number]), number), default=None)
    return Course(
        stopped=stopped,
        epochs=sum(ends.values()),
        seconds=sum((one.seconds or 0.0) * ends[one.number] / max(1, one.epoch) for one in trials),
        best=None if best is None else bests[best],
        best_number=best,
    )
