"""What a study owes to luck, in lines: to that of seeds, and to that of whom its rule stopped."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from rnnsearch.space.words import short

if TYPE_CHECKING:
    from rnnsearch.study import StudyResult


def finalist_lines(result: StudyResult) -> Iterator[str]:
    """How much of the spread among the finalists is seed noise, and who left the race early."""
    from rnnsearch.search.seed_noise import seed_noise

    own = {trial.number: trial.best_value for trial in result.trials}
    values = {
        number: [value for value in (own.get(number), *others) if value is not None]
        for number, others in result.reruns.items()
    }
    how = result.spec.search.finalists
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


def regret_lines(result: StudyResult) -> Iterator[str]:
    """What stopping cost, by the stopped trials that were trained to the end afterwards."""
    cost = result.regret()
    if cost is None:
        return
    metric, share = result.metric_name, cost.better / cost.finished
    yield (
        f"stopped trials trained to the end: {cost.finished} of {cost.stopped}; {cost.better} "
        f"better than the champion ({share:.0%}, 95% interval {cost.low:.0%} to "
        f"{cost.high:.0%}), {cost.in_best[1]} in the best 1% of the other trials, "
        f"{cost.in_best[10]} in the best 10%"
    )
    best = f"by {short(cost.largest)} in {metric}" if cost.largest else "by nothing"
    side = "worse" if cost.median >= 0 else "better"
    yield (
        f"regret of stopping: the best of them beats the champion {best}; the median one is "
        f"{short(abs(cost.median))} {side} than it, and gained {short(cost.gained)} after its stop"
    )
