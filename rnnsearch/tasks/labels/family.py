"""The family object of the labels task, by which all other rooms know it."""

from __future__ import annotations

from rnnsearch.tasks.family import Family
from rnnsearch.tasks.labels.config import LabelsConfig, problems
from rnnsearch.tasks.labels.use import LabelsUse

LABELS = Family(
    name="labels",
    config=LabelsConfig,
    wrong=problems,
    data="rnnsearch.tasks.labels.data:LabelsData.read",
    known="rnnsearch.tasks.labels.data:LabelsData.stand_in",
    task="rnnsearch.tasks.labels.task:LabelsTask",
    used_as=LabelsUse,
    counted="sequences",
)
