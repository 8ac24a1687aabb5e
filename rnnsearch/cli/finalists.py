"""What a study's finalists tell of the luck of seeds, in lines."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from rnnsearch.space.words import short

if TYPE_CHECKING:
    from rnnsearch.study import StudyResult


def finalist_lines(result: StudyResult) -> Iterator[str]:
    """How much of the spread among the finalists is seed noise, and who left the race early."""
    from rnnsearch.search.seed_noise import seed_noise

    values, how = result.finalist_values(), result.spec.search.finalists
    noise = seed_noise(list(values.values()))
    if noise is not None:
        yield (
            f"seed noise: {noise.share:.0%} of the variance among {noise.finalists} finalists "
            f"({short(noise.spread)} between seeds); {noise.meaning}"
        )
    most = max(map(len, values.values()), default=0)
    if how.race and most > 1:
        for number in sorted(one for one, each in values.items() if len(each) < most):
            yield (
                f"race: trial {number} got {len(values[number])} of {how.seeds} seeds; after these "
                "it could hardly win any more"
            )
