"""One side of a comparison: a study or one of its trials, and what is known of it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rnnsearch.cli.show import trial_of
from rnnsearch.errors import InputError
from rnnsearch.events import RANKED
from rnnsearch.space.words import duration, short

if TYPE_CHECKING:
    from rnnsearch.search.ledger.trial_record import TrialRecord
    from rnnsearch.study import StudyResult

BEST = "best"
"""The word for a study's winner in the place of a trial's number."""
HOW = (
    "Name two trials as NAME:NUMBER or NAME:best, such as sine:3 sine:best, or two studies by "
    "their names."
)


@dataclass(frozen=True)
class Side:
    """What is compared: a study, and one of its trials where trials are compared.

    Attributes:
        trial: None where whole studies are compared.
        shown: The trial whose curve is drawn: that, or the study's best; None where it has none.
    """

    name: str
    result: StudyResult
    trial: TrialRecord | None
    shown: TrialRecord | None

    def facts(self) -> dict[str, Any]:
        """What is known beside configuration and curve, by its name for people."""
        if self.trial is not None:
            return _trial_facts(self.trial, self.result)
        return _study_facts(self.result)


def side_of(text: str, storage: Path) -> Side:
    """The side that a person named: `NAME`, `NAME:NUMBER` or `NAME:best`.

    Raises:
        InputError: It names none.
    """
    from rnnsearch.errors import NoUsableTrialError
    from rnnsearch.study import Study

    name, colon, number = text.partition(":")
    result = Study.open(name, storage=storage).result()
    if colon and number != BEST:
        if not number.isdecimal():
            raise InputError(f"{text!r}: {number!r} is no number of a trial. {HOW}")
        trial = trial_of(result, int(number))
        return Side(text, result, trial, trial)
    try:
        best = result.best_trial
    except NoUsableTrialError as error:
        if colon:
            raise InputError(f"{text!r}: {error}.") from error
        return Side(text, result, None, None)
    return Side(text, result, best if colon else None, best)


def _trial_facts(record: TrialRecord, result: StudyResult) -> dict[str, Any]:
    """What is known of a trial beside its configuration and its curve."""
    from rnnsearch.search.finalist import mean_of

    reruns = result.rerun_seeds.get(record.number, {})
    facts: dict[str, Any] = {
        "state": record.state,
        f"best {result.spec.search.metric}": record.best_value,
        "at epoch": record.best_epoch,
        "last value": record.value,
        "epochs": record.epoch,
        "seed": record.seed,
        "training": None if record.seconds is None else f"{record.seconds:.1f} s",
        "training steps": record.attributes.get("training_steps"),
        "computed by": record.attributes.get("kernel") or None,
        "reason": record.reason or None,
    }
    if reruns and record.best_value is not None:
        mean = mean_of([record.best_value, *reruns.values()])
        facts["mean of seeds"] = f"{short(mean)} ({1 + len(reruns)} seeds)"
    return facts | _test_facts(result, record.number)


def _study_facts(result: StudyResult) -> dict[str, Any]:
    """What is known of a study beside its space."""
    metric, run, won = result.spec.search.metric, result.run, result.champion
    counts = Counter(trial.state for trial in result.trials)
    facts: dict[str, Any] = {
        "state": result.state,
        "trials": ", ".join(f"{count} {state}" for state, count in counts.items()) or "none",
        f"best {metric}": _best(result),
        "winner": won and f"{_winner(result)}: {short(result.champion_value())}",
        "best baseline": min(
            (each.metrics[metric] for each in result.baselines if metric in each.metrics),
            key=result.spec.search.goal.cost,
            default=None,
        ),
        "epochs": sum(trial.epoch for trial in result.trials),
        "training": duration(sum(trial.seconds or 0.0 for trial in result.trials)),
        "last run": run and duration(run.wall_seconds),
        "trials an hour": run and f"{run.trials_per_hour:,.0f}",
    }
    return facts | (_test_facts(result, won.number) if won else {})


def _winner(result: StudyResult) -> str:
    won = result.winner()
    return result.winner_name() if won.fused else f"trial {won.number}"


def _best(result: StudyResult) -> float | None:
    ranked = [trial.best_value for trial in result.trials if trial.state in RANKED]
    values = [value for value in ranked if value is not None]
    return min(values, key=result.spec.search.goal.cost, default=None)


def _test_facts(result: StudyResult, number: int) -> dict[str, str]:
    """The test metrics of the champion with their seeds; nothing of another trial."""
    won = result.champion
    if won is None or won.number != number:
        return {}
    facts = {}
    for name, of_seeds in won.tested().items():
        spread = "" if of_seeds["std"] is None else f" ± {short(of_seeds['std'], 2)}"
        many = len(of_seeds["seeds"])
        facts[name] = f"{short(of_seeds['mean'])}{spread} ({many} seed{'s' if many > 1 else ''})"
    return facts
