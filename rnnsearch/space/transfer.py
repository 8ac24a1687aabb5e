"""A trial of one study as a trial of another: the params that it has there, or why it has none.

What counts is the whole configuration, every value of model, training and task, and not which of
them were sampled. So a field that was fixed there and is sampled here has its value from there, as
has one that was not active there (its documented default, with which the trial was trained).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rnnsearch.space.conditions import assigned
from rnnsearch.space.distributions import Distribution
from rnnsearch.space.fields import fields_of, path_keys
from rnnsearch.space.spec import StudySpec
from rnnsearch.space.trial import complete_values
from rnnsearch.space.words import label, plain_text
from rnnsearch.vocabulary import REQUIRED

LENGTH = "training.max_epochs"
"""Says how long trials train at most and nothing of what they are, so it may differ."""


class MisfitError(ValueError):
    """A trial is none of the other study's; the text says why, without a full stop."""


def transferred(
    spec: StudySpec, before: StudySpec, params: Mapping[str, Any], *, longer: bool = True
) -> dict[str, Any]:
    """The params of a trial in another study, as Optuna stores them.

    Args:
        spec: The study in which it shall be a trial.
        before: The study of which it is one.
        params: Its params there.
        longer: Whether trials may train for more or fewer epochs here.

    Raises:
        MisfitError: A value cannot be drawn here, or a fixed field has another value.
    """
    whole = complete_values(before, params)
    drawn: dict[str, Any] = {}

    def value_of(key: str, distribution: Distribution) -> Any:
        if key not in whole:
            raise MisfitError(f"they have no {key}")
        value = whole[key]
        if not distribution.contains(value):
            raise MisfitError(f"{key} is {plain_text(value)}, which {distribution} does not hold")
        drawn[key] = label(value)
        return value

    known = assigned(spec, value_of)
    fields = fields_of(spec.values, spec.parameters)
    aside = {*([LENGTH] if longer else ()), *path_keys(str(spec.values["task.type"]))}
    for key in spec.parameters:
        known.setdefault(key, fields[key].default)
    for key, value in known.items():
        if key in drawn or key in aside or value is REQUIRED:
            continue
        other = whole.get(key, fields[key].default if key in fields else value)
        if other != value:
            raise MisfitError(f"{key} is {plain_text(other)}, and {plain_text(value)} here")
    return drawn
