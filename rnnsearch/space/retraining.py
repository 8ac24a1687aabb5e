"""One configuration of a study as a study by itself, in which nothing is sampled."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

from rnnsearch.errors import SpaceFileError
from rnnsearch.space.fields import fields_of, flat
from rnnsearch.space.goals import METRIC as ONE_GOAL
from rnnsearch.space.load import loads
from rnnsearch.space.resolve import render
from rnnsearch.space.spec import FinalistsConfig, StudySpec
from rnnsearch.space.trial import complete_values
from rnnsearch.stopping.none import NoneConfig

METRIC = "search.metric"


def retraining(
    spec: StudySpec, params: Mapping[str, Any], name: str, seeds: int, overrides: Sequence[str] = ()
) -> StudySpec:
    """Make a study of one configuration, trained with several seeds to its last epoch.

    Where overrides leave the task without the study's metric, as a text without a validation part
    has no `val_nats`, the same measure of the training part takes its place, or else the task's
    first metric. It is never one of the test part: no task reports those before the end.

    Args:
        spec: The study that the configuration comes from.
        params: The params of the trial that had it.
        name: The new study's name.
        seeds: With how many seeds it is trained.
        overrides: Texts `KEY=YAML`, as after `--set`.

    Raises:
        SpaceFileError: An override is wrong, or does not fit the rest.
    """
    once = dataclasses.replace(
        spec.search,
        goals=(),
        choose=ONE_GOAL,
        constraints=(),
        num_trials=1,
        time_budget=None,
        scheduler=NoneConfig(),
        finalists=FinalistsConfig(top=1, seeds=seeds),
    )
    values = complete_values(spec, params)
    values |= {**dict(flat("search", once)), **dict(flat("resources", spec.resources))}
    del values["search.goal"]  # each metric has its own
    fields = fields_of(values)
    judges = [spec.search.metric, spec.search.metric.replace("val_", "train_", 1), None]
    for metric in dict.fromkeys(judges):
        given = {key: value for key, value in values.items() if key != METRIC}
        if metric is not None:
            given[METRIC] = metric
        text = render(name, given, {}, (), fields)
        try:
            return loads(text, name=name, directory=spec.directory, overrides=overrides)
        except SpaceFileError as error:
            unknown = all(m.key == METRIC and m.line is not None for m in error.mistakes)
            if metric is None or not unknown:
                raise
    raise AssertionError("the last of them leaves the metric to the task")
