"""Checks what a space file says of settings that change within a training."""

from __future__ import annotations

from rnnsearch.models.config import ModelConfig, NetworkConfig
from rnnsearch.space.candidate import Candidate
from rnnsearch.space.corners import corners
from rnnsearch.space.fields import NETWORK, applies
from rnnsearch.space.trial import build
from rnnsearch.training.changes import CHANGEABLE, CHANGES, changes_problem
from rnnsearch.training.config import TrainingConfig

_ASKED = ("training.optimizer", "training.max_epochs")


def check_changes(study: Candidate) -> None:
    """Note the first change that cannot be, in any trial of the space."""
    if study.values.get(CHANGES) is None or not applies(study.file.task_type, CHANGES):
        return
    custom = study.values.get(NETWORK)
    fields = [f"{section}.{name}" for name, section in CHANGEABLE.items()]
    keys = [*_ASKED, *(key for key in fields if key in study.file.fields)]
    if not all(map(study.sound, (CHANGES, *keys))):
        return
    for values in corners(study, (CHANGES, *keys)):
        model = (
            build(ModelConfig, "model", values) if custom is None else NetworkConfig(type=custom)
        )
        problem = changes_problem(build(TrainingConfig, "training", values), model)
        if problem is not None:
            study.note([CHANGES], f"{problem}.")
            return
