"""What a run says of itself while it goes."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from paper_study import PaperStudy

FIXED = "training.learning_rate=0.01"


@pytest.mark.parametrize(
    ("seeds", "said"),
    [
        (1, ["training"]),
        (2, ["training; then 1 more seed of it", "training it again: 1 run with other seeds"]),
        (3, ["training; then 2 more seeds of it", "training it again: 2 runs with other seeds"]),
    ],
)
def test_a_single_configuration_says_that_it_is_trained_again(
    paper_study: Callable[..., PaperStudy], seeds: int, said: list[str]
) -> None:
    heard: list[str] = []
    study = paper_study(FIXED, f"search.finalists.seeds={seeds}")
    study.run(stage=heard.append)
    training = [text for text in heard if text.startswith("training")]
    assert [text.split(",")[0] for text in training] == said
    assert (seeds > 1) == ("search.finalists.seeds: 1 trains none" in training[0])


def test_a_search_says_how_many_runs_its_finalists_take(
    paper_study: Callable[..., PaperStudy],
) -> None:
    heard: list[str] = []
    paper_study().run(stage=heard.append)
    assert heard == [
        "starting Ray",
        "searching",
        "training the finalists: 2 runs",
        "scoring the champion on the test part",
    ]
