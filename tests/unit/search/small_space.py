"""A study with a conditional parameter, small enough to look at."""

from __future__ import annotations

from pathlib import Path

from rnnsearch.search.directory import StudyDirectory
from rnnsearch.space.load import loads
from rnnsearch.space.spec import StudySpec

SPACE = """
name: small
task: {type: sine}
model:
  cell: {choice: [rnn, lstm]}
  nonlinearity: {choice: [tanh, relu], when: {model.cell: rnn}}
  hidden_size: {logint: [4, 32]}
training:
  learning_rate: {loguniform: [1e-4, 1e-1]}
  steps_per_epoch: 10
  max_epochs: 9
search:
  metric: val_mse
  num_trials: 5
  seed: 7
  scheduler: {type: asha, grace_period: 1, reduction_factor: 3}
"""


def small_spec(*overrides: str) -> StudySpec:
    return loads(SPACE, name="small", directory=Path(), overrides=overrides)


def study_directory(storage: Path, name: str = "small") -> StudyDirectory:
    directory = StudyDirectory(storage, name)
    directory.create()
    return directory
