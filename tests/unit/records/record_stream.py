"""A study's events, made up."""

from __future__ import annotations

from collections.abc import Iterator

from rnnsearch.events import (
    BaselineScored,
    EpochsReported,
    Event,
    StudyEnded,
    StudyStarted,
    StudyState,
    TrialEnded,
    TrialStarted,
    TrialState,
)

START = 1_700_000_000.0
EPOCHS = 8
SPACE = "name: sine\nsearch: {metric: val_mse, num_trials: 30, sampler: {type: tpe}}\n"


def started(*, resumed: bool = False, at: float = START, trials: int = 30) -> StudyStarted:
    tags = {"data_sha256": "abc123", "version_torch": "2.13.0"}
    return StudyStarted(
        at, "sine", "/s", "sine", "val_mse", "minimize", trials, resumed, SPACE, tags
    )


def ended(state: StudyState = "complete", reason: str = "", at: float = START + 99) -> StudyEnded:
    return StudyEnded(at, state, reason, 99.0)


def state_of(number: int) -> TrialState:
    """Trials 3, 13, 23 diverge, 5, 15, 25 fail, 7, 17, 27 are pruned; the rest are complete."""
    last: dict[int, TrialState] = {3: "diverged", 5: "failed", 7: "pruned"}
    return last.get(number % 10, "complete")


def begin(number: int, *, attempt: int = 1, at: float | None = None) -> TrialStarted:
    params = {"model.cell": "lstm", "training.learning_rate": 0.1 / (number + 1)}
    return TrialStarted(
        START + number if at is None else at,
        number,
        f"trial-{number:04d}-lstm",
        params,
        {"model": {"cell": "lstm"}},
        1000 + number,
        "pack-0",
        attempt,
    )


def epochs(number: int, first: int, last: int, *, at: float | None = None) -> EpochsReported:
    span = range(first, last + 1)
    metrics = tuple({"train_loss": 2.0 / e, "val_mse": (1 + number) / e} for e in span)
    when = START + number + last if at is None else at
    return EpochsReported(when, number, tuple(span), metrics, 100 * len(span))


def finish(number: int, state: TrialState, epoch: int = EPOCHS) -> TrialEnded:
    best = None if state == "failed" else (1 + number) / epoch
    at = START + number + 20
    return TrialEnded(at, number, state, f"why {state}", epoch, best, best, epoch, 1.5)


def trial(number: int) -> Iterator[Event]:
    yield begin(number)
    yield epochs(number, 1, 3)
    yield epochs(number, 4, EPOCHS)
    yield finish(number, state_of(number))


def study(trials: int = 30) -> Iterator[Event]:
    """A whole study, its trials two by two, as packs report them."""
    yield started(trials=trials)
    yield BaselineScored(START + 1, "ar", {"val_mse": 0.3}, "least squares")
    for first in range(0, trials, 2):
        pair = zip(trial(first), trial(first + 1), strict=True)
        for both in pair:
            yield from both
    yield ended()
