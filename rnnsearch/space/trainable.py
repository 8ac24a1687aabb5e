"""What the task lets a trial be trained with."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from rnnsearch.space.checks import Draft
from rnnsearch.space.distributions import Choice
from rnnsearch.space.nearest import nearest
from rnnsearch.tasks.base import TaskData
from rnnsearch.tasks.families import family_of
from rnnsearch.tasks.family import Family

LOSS, CARRY = "training.loss", "training.carry_state"
PRECISION, GPUS = "training.matmul_precision", "resources.gpus_per_pack"
FEEDING, NOISE = "training.feeding", "training.input_noise"
INPUTS = ("model.input", "model.embedding_size")
"""How symbols enter; numbers enter as they are."""


def check_training(draft: Draft) -> None:
    """Losses that the task knows no targets for, states that lead nowhere, wrong or idle inputs."""
    noted: set[str] = set()
    for config, data in draft.stand_ins.items():
        family = family_of(config)
        for key, message, suggestion in _misfits(draft, data, family):
            if message not in noted:
                noted.add(message)
                draft.note([key], f"the task `{family.name}` {message}", suggestion)
    rounded = [how for how in members(draft, PRECISION) if how not in (None, "highest")]
    if rounded and not draft.fixed.get(GPUS):
        draft.note(
            [PRECISION],
            f"is {' or '.join(rounded)}, which only a GPU does, and {GPUS} is 0. Ask for a part "
            "of a GPU there, or take this field out.",
        )
    judged = draft.fixed.get("search.metric") == "train_loss"
    if judged and len(set(members(draft, LOSS))) > 1:
        draft.note(
            ["search.metric"],
            "is train_loss, which means another thing under every loss that training.loss can "
            "be; judge the trials by a metric of the task.",
        )


def _misfits(draft: Draft, data: TaskData, family: Family) -> Iterator[tuple[str, str, str]]:
    """Keys that the task does not go with: what it says of them, and what would do."""
    allowed = ", ".join(data.losses)
    for loss in members(draft, LOSS):
        if loss not in (None, *data.losses):
            message = f"cannot be trained on {loss!r}; it takes {allowed}, or null for "
            near = nearest(loss, data.losses) or data.losses[0]
            yield LOSS, f"{message}{data.losses[0]}.", near
    if (data.whole_sequence or family.shuffled) and True in members(draft, CARRY):
        message = "shows a model whole sequences: no state leads from one to the next."
        yield CARRY, message, "false"
    for key in INPUTS:
        if key in draft.parameters and not data.symbolic:
            yield key, "has numbers for inputs and ignores it. Take this field out.", ""
    own = {"scheduled", "own"} & set(members(draft, FEEDING))
    if own and not (data.feedback and data.input_size == data.output_size):
        message = "gives outputs that are no inputs to come, so a model cannot be fed its own."
        yield FEEDING, message, "teacher"
    if data.symbolic and (NOISE in draft.parameters or any(members(draft, NOISE))):
        yield NOISE, "has symbols for inputs, to which no noise can be added.", "0"


def members(draft: Draft, key: str) -> tuple[Any, ...]:
    """What a fixed field or a choice can be; nothing where it is a mistake."""
    if key in draft.reading.wrong:
        return ()
    if key not in draft.parameters:
        return (draft.fixed.get(key),)
    distribution = draft.parameters[key].distribution
    return distribution.members if isinstance(distribution, Choice) else ()
