"""Checks of what a person brought to train with: losses."""

from __future__ import annotations

from rnnsearch.errors import ModelError
from rnnsearch.models.config import is_custom
from rnnsearch.space.candidate import Candidate
from rnnsearch.space.misfits import LOSS


def check_losses(study: Candidate) -> None:
    """Call every custom loss once, as a training would, with outputs at random.

    Where the data is not read, the loss only has to be found.
    """
    for loss in study.can_be(LOSS):
        if not (isinstance(loss, str) and is_custom(loss)):
            continue
        from rnnsearch.training.custom_losses import loss_function, try_loss  # imports torch

        try:
            loss_function(loss)
            for data in study.data.values():
                try_loss(loss, data)
        except ModelError as error:
            study.note([LOSS], str(error))
