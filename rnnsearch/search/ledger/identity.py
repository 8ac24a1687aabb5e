"""The attributes by which a study is known, and whether a search space is that of a study."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

from rnnsearch.errors import SpaceFileError
from rnnsearch.space.fields import path_keys
from rnnsearch.space.load import loads
from rnnsearch.space.spec import StudySpec


def study_attributes(spec: StudySpec) -> tuple[tuple[str, int | str], ...]:
    """The user attributes that a new Optuna study gets, by name and value."""
    return (
        ("num_trials", spec.search.num_trials),
        ("space", space_digest(spec)),
        ("space_yaml", spec.yaml),
        ("metric", spec.search.metric),
    )


def is_space_of(attributes: Mapping[str, Any], spec: StudySpec) -> bool:
    """Whether a study with these user attributes has the search space of `spec`."""
    digest = space_digest(spec)
    if attributes.get("space") in (None, digest):
        return True
    # An older version knew fewer fields, so its digest differs. Its space file is read again.
    text = attributes.get("space_yaml", "")
    try:
        before = loads(text, name=spec.name, directory=spec.directory, check_data=False)
    except SpaceFileError:
        return False
    return space_digest(before) == digest


def space_digest(spec: StudySpec) -> str:
    """A digest of all that changes a study's proposals or curves.

    Budgets and resources are left out. So is the place of the data, whose content the study knows
    by its fingerprint.
    """
    search, places = spec.search, path_keys(str(spec.values["task.type"]))
    # Studies without these keep the digest that older versions gave them.
    more: tuple[object, ...] = tuple(one for one in (search.constraints, search.goals) if one)
    more += (search.virtual_workers,) if search.deterministic else ()
    parts = (
        sorted((key, repr(value)) for key, value in spec.values.items() if key not in places),
        sorted((key, repr(value)) for key, value in spec.parameters.items()),
        [sorted((key, repr(value)) for key, value in trial.items()) for trial in spec.first_trials],
        (search.metric, search.goal, search.seed, *more),
    )
    return hashlib.sha256(repr(parts).encode()).hexdigest()
