"""Keys that several stopping rules have, with one meaning."""

from __future__ import annotations

from typing import Annotated, Literal

from rnnsearch.vocabulary import Range

GracePeriod = Annotated[
    int,
    "Epochs that every trial trains before it can be stopped; more of them are fairer to slow "
    "starters, and cost more.",
    Range(1, 1_000_000, unit="epochs"),
]
ReductionFactor = Annotated[
    float,
    "About one trial in so many goes on at each decision; the next one is after so many times "
    "the epochs.",
    Range(above=1, most=1_000_000),
]
Compared = Annotated[
    Literal["best", "last"],
    "What is compared at a decision: the best value of each trial so far, which is also what a "
    "complete trial counts by, or its last one, as Ray Tune does.",
]
LeastOthers = Annotated[
    int,
    "Other trials that must have come as far before one can be stopped.",
    Range(1, 1_000_000, unit="trials"),
]
