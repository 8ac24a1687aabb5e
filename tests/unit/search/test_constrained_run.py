"""Runs of a study with constraints, as a person sees them."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from paper_study import PaperStudy

from rnnsearch.cli.result import print_result
from rnnsearch.events import TrialStarted
from rnnsearch.study.result import StudyResult

Studies = Callable[..., PaperStudy]


def test_what_is_too_large_is_never_aboard(
    paper_study: Studies, capsys: pytest.CaptureFixture[str]
) -> None:
    study = paper_study(
        "model.hidden_size={int: [1, 12]}", "search.constraints=['parameters <= 100']"
    )
    study.run()

    started = {event.number: event.params for event in study.heard.of(TrialStarted)}
    assert len(started) == 8
    # An LSTM of h units with an input and an output has 4h(h + 3) + h + 1 weights and biases.
    assert {params["model.hidden_size"] for params in started.values()} == {1, 2, 3}

    result = StudyResult.read(study.spec, study.directory)
    assert {trial.number for trial in result.trials} == set(started)
    (count,) = result.refused.values()
    assert count == max(started) + 1 - 8
    assert result.summary()["not_trained"] == {"parameters <= 100": count}
    print_result(result)
    assert (
        f"proposals not trained: {count} that break parameters <= 100\n" in capsys.readouterr()[0]
    )
