"""A run that fails says what it leaves to use, and its failure stays what is raised."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, cast

import pytest
from contracts.hand_made import champion, figures, record, result

from rnnsearch.cli.options import RunOptions
from rnnsearch.cli.training import drive
from rnnsearch.study import Study, StudyResult


@dataclass
class FailingStudy:
    """A study whose driver fails; `left` is what its files say afterwards."""

    left: StudyResult
    resumed: bool = False

    def __post_init__(self) -> None:
        self.spec, self.directory = self.left.spec, self.left.directory

    def run(self, **how: Any) -> StudyResult:
        raise OSError(28, "No space left on device")

    def result(self) -> StudyResult:
        return self.left


@pytest.fixture(autouse=True)
def _own_sigterm() -> Iterator[None]:
    before = signal.getsignal(signal.SIGTERM)
    yield
    signal.signal(signal.SIGTERM, before)


def test_what_a_failed_run_leaves_is_said_and_the_failure_is_raised(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    won_by = replace(champion(0, 0.125), unfinished="epoch 2 of 50; still in training")
    trials = [record(0, "waiting", 0.125)]
    left = result(tmp_path, trials, won_by=won_by, run=figures("failed", "no space left"))
    study = cast(Study, FailingStudy(left))
    with pytest.raises(OSError, match="No space left"):
        drive(study, RunOptions(quiet=True))
    assert "the best model until then: trial-0000-rnn, epoch 2 of 50" in capsys.readouterr().err
