"""Grid search: every configuration of a space once, in the order of the file."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

from rnnsearch.errors import InputError
from rnnsearch.sampling.sampler import MOST_LISTED, Listing, Start
from rnnsearch.vocabulary import Range

if TYPE_CHECKING:
    from optuna.samplers import BaseSampler


@dataclass(frozen=True, slots=True, kw_only=True)
class GridConfig:
    """Tries every configuration once, in the order of the file; ranges need a step, or `points`."""

    learns: ClassVar = False
    type: Literal["grid"] = "grid"
    points: Annotated[
        int | None,
        "Values of each range that are tried, from end to end, evenly or by their logarithm; with "
        "null a range is tried in its steps, and one without steps is refused.",
        Range(2, 1000, unit="values"),
    ] = None

    def most_trials(
        self, listing: Listing, first_trials: Sequence[Mapping[str, Any]], asked: int
    ) -> int | None:
        """How many configurations there are, with the first trials that are none of them.

        Raises:
            InputError: A range is continuous, or there are too many.
        """
        configurations = listed(listing, self.points, "grid")
        return len(configurations) + sum(1 for one in first_trials if one not in configurations)

    def make(self, start: Start) -> BaseSampler:
        """Make a sampler that walks over the grid.

        Where the study has fewer trials than the grid has configurations, their order is drawn by
        its seed: the first of them all have the first values of the first fields.
        """
        from rnnsearch.sampling.listed import ListedSampler

        configurations = listed(start.listing, self.points, "grid")
        if len(configurations) > start.trials:
            start.say(
                f"the grid has {len(configurations):,} configurations, and the study "
                f"{start.trials:,} trials: they are taken in an order drawn by search.seed"
            )
            configurations = shuffled(configurations, start.seed)
        return ListedSampler(start.space, configurations)


def listed(listing: Listing, points: int | None, name: str) -> Sequence[Mapping[str, Any]]:
    """All configurations of a space.

    Args:
        listing: As `Start` has it.
        name: The sampler's, for an error.

    Raises:
        InputError: There are too many, or a range is continuous.
    """
    configurations = listing(points)
    if configurations is None:
        raise InputError(
            f"the sampler {name} takes spaces of at most {MOST_LISTED:,} configurations, and this "
            "one has more, or a range without steps. Write values as {choice: [0.001, 0.01]}, give "
            "ranges a step ({uniform: [0, 0.5], step: 0.1}), cut them all into a few values with "
            "sampler: {type: grid, points: 4}, or take the sampler qmc."
        )
    return configurations


def shuffled(configurations: Sequence[Mapping[str, Any]], seed: int) -> list[Mapping[str, Any]]:
    """The configurations in an order that follows from a seed."""
    order = list(configurations)
    random.Random(seed).shuffle(order)
    return order
