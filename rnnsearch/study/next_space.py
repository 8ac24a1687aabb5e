"""The space file of the next search, around the best trials of a study."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from rnnsearch.errors import DataError, InputError
from rnnsearch.models.weights import parameter_count
from rnnsearch.search.advice.advice import Advice, advise
from rnnsearch.search.advice.region import overrides, region
from rnnsearch.space.fields import applies
from rnnsearch.space.load import loads
from rnnsearch.space.trial import complete_values, first_task, model_config
from rnnsearch.tasks.load import load_data

if TYPE_CHECKING:
    from rnnsearch.space.spec import StudySpec
    from rnnsearch.study.result import StudyResult
    from rnnsearch.tasks.base import TaskData


def advice_of(result: StudyResult, data: TaskData | None = None) -> Advice:
    """What the trials of a study say of the next search.

    Args:
        data: That of its first configuration; None reads it, where it is needed.
    """
    return advise(result.trials, result.spec, _size(result.spec, data))


def next_space(result: StudyResult) -> str:
    """The space file of the next search: the study's own, each range and choice cut to the best
    trials, and wider where these lie at an end; the best of them is its first trial.

    Raises:
        InputError: The study has too few trials to tell, or samples nothing.
    """
    spec, advice = result.spec, advice_of(result)
    if not advice.best:
        why = "; ".join(advice.untold) or "the study samples nothing"
        raise InputError(f"No space can be proposed: {why}.")
    entries = region(advice.best, advice.edges, spec)
    sampled = {
        key for key, entry in entries.items() if isinstance(entry, dict) and set(entry) & _WORDS
    }
    first = {key: value for key, value in advice.best[0].items() if key in sampled}
    firsts = {
        key: spec.parameters[key].distribution.restored(value) for key, value in first.items()
    }
    entries["first_trials"] = [firsts] if firsts else []
    return loads(
        spec.yaml,
        name=f"{spec.name}-next",
        directory=spec.directory,
        overrides=[*overrides(entries), f"name={json.dumps(f'{spec.name}-next')}"],
        check_data=False,
    ).yaml


_WORDS = {"choice", "uniform", "loguniform", "int", "logint"}


def _size(spec: StudySpec, data: TaskData | None) -> Callable[[Mapping[str, Any]], int] | None:
    """The number of parameters of a trial's model, from its params; None where that is not known,
    as of a script's models, or of data that is gone."""
    if not applies(spec.values["task.type"], "model.cell"):
        return None
    try:
        known = load_data(first_task(spec)) if data is None else data
    except DataError:
        return None

    def size(params: Mapping[str, Any]) -> int:
        return parameter_count(
            model_config(complete_values(spec, params)),
            input_size=known.input_size,
            output_size=known.output_size,
            symbolic=known.symbolic,
        )

    return size
