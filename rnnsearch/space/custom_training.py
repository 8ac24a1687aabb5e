"""Checks of what a person brought to train and to score with: losses, optimizers and metrics."""

from __future__ import annotations

from itertools import islice

from rnnsearch.errors import DataError, ModelError
from rnnsearch.models.config import is_custom
from rnnsearch.space.candidate import Candidate
from rnnsearch.space.corners import corners
from rnnsearch.space.fields import custom_among
from rnnsearch.space.misfits import LOSS
from rnnsearch.space.trial import build
from rnnsearch.tasks.custom_metrics import try_metrics
from rnnsearch.training.config import TrainingConfig
from rnnsearch.training.optimizer_class import settings_of

WEIGHTS = "training.class_weights"
OPTIMIZER, DECAY = "training.optimizer", "training.weight_decay"
SETTINGS = (OPTIMIZER, "training.learning_rate", DECAY, "training.momentum")

MOST_TRIED = 32
"""Settings at most with which optimizers are made and tried; others may be as wrong."""


def check_losses(study: Candidate) -> None:
    """Call every custom loss once, as a training would, with outputs at random.

    Where the data is not read, the loss only has to be found.
    """
    losses = custom_among(study.can_be(LOSS))
    for loss in losses:
        from rnnsearch.training.custom_losses import loss_function, try_loss  # imports torch

        try:
            loss_function(loss)
            for data in study.data.values():
                try_loss(loss, data)
        except ModelError as error:
            study.note([LOSS], str(error))
    if not losses:
        return
    weighs = "task.sample_weight"
    if study.values.get(weighs) is not None:
        study.note([weighs], "does not go with a loss of your own, which is not weighted.")
    for values in corners(study, (LOSS, WEIGHTS)) if study.sound(WEIGHTS) else ():
        if custom_among([values[LOSS]]) and values[WEIGHTS] is not None:
            message = "goes with cross_entropy, and not with a loss of your own; give it a `when`"
            study.note([WEIGHTS], f"{message}, or leave it out.", "null")
            return


def check_metrics(study: Candidate) -> None:
    """Call every custom metric once, with answers at random."""
    paths = study.values.get("task.metrics") or ()
    for data in study.data.values() if paths else ():
        try:
            try_metrics(paths, data)
        except DataError as error:
            study.note(["task.metrics"], str(error))
            return


def check_optimizers(study: Candidate) -> None:
    """Take training steps with every custom optimizer, with the extremes of its arguments.

    Where the data is not read, its arguments only have to be such.
    """
    section = "training.optimizer_args"
    paths = custom_among(study.can_be(OPTIMIZER))
    given = [key for key in study.file.fields if key.startswith(f"{section}.")]
    keys = [*SETTINGS, *given]
    if not (paths and study.data) or not all(map(study.sound, keys)):
        return
    from rnnsearch.training.custom_optimizers import try_optimizer  # imports torch

    tried = set()
    for values in islice(corners(study, keys), MOST_TRIED * (1 + len(study.can_be(OPTIMIZER)))):
        how = build(TrainingConfig, "training", values)
        if not is_custom(how.optimizer) or how in tried:
            continue
        tried.add(how)
        if how.weight_decay and "weight_decay" not in settings_of(how.optimizer):
            message = f"has no effect on {how.optimizer}, whose constructor has no such argument; "
            study.note([DECAY], f"{message}leave it at 0, or give it a `when`.", "0")
            return
        try:
            try_optimizer(how)
        except ModelError as error:
            study.note([OPTIMIZER], str(error))
            return
