"""The family object of the value task, by which all other rooms know it."""

from __future__ import annotations

from rnnsearch.tasks.family import Family
from rnnsearch.tasks.value.config import ValueConfig, problems
from rnnsearch.tasks.value.use import ValueUse

VALUE = Family(
    name="value",
    config=ValueConfig,
    wrong=problems,
    data="rnnsearch.tasks.value.data:ValueData.read",
    known="rnnsearch.tasks.value.data:ValueData.stand_in",
    task="rnnsearch.tasks.value.task:ValueTask",
    used_as=ValueUse,
    counted="sequences",
)
