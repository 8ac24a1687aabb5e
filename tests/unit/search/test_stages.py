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


@pytest.mark.parametrize(
    ("task", "last", "tested"),
    [
        ("Echo", "scoring the champion on the test part", {"test_mse"}),
        ("NoTest", "the champion has no test part", set()),
    ],
)
def test_an_own_task_is_tested_where_it_has_a_test_part(
    paper_study: Callable[..., PaperStudy], task: str, last: str, tested: set[str]
) -> None:
    heard: list[str] = []
    own = f"task={{type: 'unit.tasks.custom_examples.custom_tasks:{task}'}}"
    found = paper_study(own).run(stage=heard.append).champion
    assert heard[-1] == last
    assert found is not None
    assert set(found.test_metrics) == tested
    assert tested <= set(found.by_seed)
