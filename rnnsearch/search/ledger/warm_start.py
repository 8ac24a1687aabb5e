"""Trials of another study that teach the sampler of this one, as this one's ledger keeps them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from optuna.distributions import BaseDistribution
from optuna.trial import FrozenTrial, TrialState

from rnnsearch.space.proposals import optuna_distributions
from rnnsearch.space.spec import StudySpec

LONG_AGO = datetime(1970, 1, 1)
"""When trials of another study began and ended, to a sampler: before all of this one."""

CURVE = 12
"""Epochs of a trial's curve that are kept: the last one, and others evenly spaced before it."""


@dataclass(frozen=True, slots=True)
class Brought:
    """An ended trial of another study.

    Attributes:
        params: Its params in this study.
        state: How it ended there.
        best_value: The best value of the metric there; None where it had none.
        curve: The metric at some of its epochs.
    """

    params: Mapping[str, Any]
    state: Literal["complete", "pruned", "diverged"]
    best_value: float | None
    curve: Mapping[int, float]


@dataclass(frozen=True, slots=True)
class WarmStart:
    """What came from another study, once and for all: it may go on or be deleted.

    Attributes:
        study: Its name.
        trials: Those that fit, the oldest first; they are no trials of this study.
        left_out: How many did not fit, by the reason.
        first: Params of those that are trained again here, as first trials.
        remarks: What else a person should know, such as that trials were shorter there.
        data: Hashes of the data that it was started on.
    """

    study: str
    trials: Sequence[Brought]
    left_out: Mapping[str, int] = field(default_factory=dict)
    first: Sequence[Mapping[str, Any]] = ()
    remarks: Sequence[str] = ()
    data: Sequence[str] = ()

    def lines(self) -> Iterator[str]:
        """What came and what did not, for a person."""
        yield f"the sampler learns from {len(self.trials)} trials of the study {self.study} too"
        for reason, count in self.left_out.items():
            yield f"{count} of its trials do not fit: {reason}"
        if self.first:
            yield f"its {len(self.first)} best configurations are trained again first"
        yield from self.remarks

    def prior(self, spec: StudySpec) -> list[FrozenTrial]:
        """The trials as samplers are shown them; see `Start.prior`."""
        space = optuna_distributions(spec)
        count = len(self.trials)
        return [_frozen(one, at - count, space) for at, one in enumerate(self.trials)]


Warm = Callable[[], WarmStart | None]
"""Reads what another study teaches a new one; called where its ledger is made, and never again."""


def cold() -> None:
    """No other study teaches this one."""


def thinned(curve: Mapping[int, float]) -> dict[int, float]:
    """A curve at `CURVE` of its epochs at most."""
    epochs = sorted(curve)
    step = max(1, -(-len(epochs) // CURVE))
    return {epoch: curve[epoch] for epoch in epochs[::-1][::step][::-1]}


def _frozen(one: Brought, number: int, space: Mapping[str, BaseDistribution]) -> FrozenTrial:
    """A trial of Optuna's that is in no study."""
    diverged = one.state == "diverged"
    complete = one.state == "complete"
    return FrozenTrial(
        number=number,
        trial_id=number,
        state=TrialState.COMPLETE if complete else TrialState.PRUNED,
        value=one.best_value if complete else None,
        datetime_start=LONG_AGO,
        datetime_complete=LONG_AGO,
        params=dict(one.params),
        distributions={key: space[key] for key in one.params},
        user_attrs={},
        system_attrs={"constraints:diverged": 1.0} if diverged else {},
        intermediate_values=dict(one.curve),
    )
