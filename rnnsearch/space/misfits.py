"""Settings of a training that do not go with the task."""

from __future__ import annotations

from collections.abc import Iterator

from rnnsearch.models.config import is_custom
from rnnsearch.space.candidate import Candidate
from rnnsearch.space.fields import NETWORK
from rnnsearch.space.nearest import nearest
from rnnsearch.tasks.base import TaskData
from rnnsearch.tasks.class_measures import NO_CLASSES, class_counts_of, weights_problem
from rnnsearch.tasks.families import family_of
from rnnsearch.tasks.family import Family

LOSS, CARRY = "training.loss", "training.carry_state"
CLASS_WEIGHTS = "training.class_weights"
PRECISION, GPUS = "training.matmul_precision", "resources.gpus_per_pack"
FEEDING, NOISE = "training.feeding", "training.input_noise"
INPUTS = ("model.input", "model.embedding_size")
"""How symbols enter a network; they have no effect on numbers."""


def check_training(study: Candidate) -> None:
    """Note settings that no task of the space can be trained with, or that have no effect on it."""
    noted: set[str] = set()
    for config, data in study.stand_ins.items():
        family = family_of(config)
        for key, message, suggestion in _misfits(study, data, family):
            if message not in noted:
                noted.add(message)
                study.note([key], f"the task `{family.name}` {message}", suggestion)
    _check_named_weights(study)
    rounded = [how for how in study.can_be(PRECISION) if how not in (None, "highest")]
    if rounded and not study.values.get(GPUS):
        study.note(
            [PRECISION],
            f"is {' or '.join(rounded)}, which only a GPU does, and {GPUS} is 0. Ask for a part "
            "of a GPU there, or take this field out.",
        )
    judged = study.values.get("search.metric") == "train_loss"
    for key, what in ((LOSS, "loss"), (CLASS_WEIGHTS, "weighting")):
        if judged and len(set(study.can_be(key))) > 1:
            study.note(
                ["search.metric"],
                f"is train_loss, which means another thing under every {what} that {key} can "
                "be; judge the trials by a metric of the task.",
            )


def _check_named_weights(study: Candidate) -> None:
    """Note weights of classes that the data does not have, or that are no weights."""
    given = study.values.get(CLASS_WEIGHTS)
    if not isinstance(given, tuple) or not study.sound(CLASS_WEIGHTS):
        return
    for data in study.data.values():
        problem = weights_problem(given, data) if class_counts_of(data) else ""
        if problem:
            study.note([CLASS_WEIGHTS], problem)
            return


def _misfits(study: Candidate, data: TaskData, family: Family) -> Iterator[tuple[str, str, str]]:
    """The keys that do not go with a task: what is said after its name, and what would do."""
    allowed = ", ".join(data.losses)
    for loss in study.can_be(LOSS):
        if isinstance(loss, str) and is_custom(loss):
            continue  # it is tried in `check_losses`
        if loss not in (None, *data.losses):
            message = f"cannot be trained on {loss!r}; it takes {allowed}, or null for "
            near = nearest(loss, data.losses) or data.losses[0]
            yield LOSS, f"{message}{data.losses[0]}.", near
    weighed = [given for given in study.can_be(CLASS_WEIGHTS) if given is not None]
    if weighed and not class_counts_of(data):
        how = "balanced" if "balanced" in weighed else "weighted"
        yield CLASS_WEIGHTS, f"cannot be trained with {how} classes: it {NO_CLASSES}.", "null"
    if (data.whole_sequence or family.shuffled) and True in study.can_be(CARRY):
        message = "shows a model whole sequences: no state leads from one to the next."
        yield CARRY, message, "false"
    for key in () if NETWORK in study.values else INPUTS:
        if key in study.parameters and not data.symbolic:
            yield key, "has numbers for inputs and ignores it. Take this field out.", ""
    self_feeding = {"scheduled", "own"} & set(study.can_be(FEEDING))
    if self_feeding and not (data.feedback and data.input_size == data.output_size):
        message = "gives outputs that are no inputs to come, so a model cannot be fed its own."
        yield FEEDING, message, "teacher"
    if data.symbolic and (NOISE in study.parameters or any(study.can_be(NOISE))):
        yield NOISE, "has symbols for inputs, to which no noise can be added.", "0"
