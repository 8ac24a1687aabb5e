"""The family object of the arrays task, by which all other rooms know it."""

from __future__ import annotations

from rnnsearch.tasks.family import Family
from rnnsearch.tasks.given_arrays.config import ArraysConfig, problems
from rnnsearch.tasks.given_arrays.use import ArraysUse

ARRAYS = Family(
    name="arrays",
    config=ArraysConfig,
    wrong=problems,
    data="rnnsearch.tasks.given_arrays.data:ArraysData.read",
    known=None,  # the metrics hang on what the file holds
    task="rnnsearch.tasks.given_arrays.task:ArraysTask",
    used_as=ArraysUse,
    counted="sequences",
)
