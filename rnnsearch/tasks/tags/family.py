"""The family object of the tags task, by which all other rooms know it."""

from __future__ import annotations

from rnnsearch.tasks.family import Family
from rnnsearch.tasks.tags.config import TagsConfig, problems
from rnnsearch.tasks.tags.use import TagsUse

TAGS = Family(
    name="tags",
    config=TagsConfig,
    wrong=problems,
    data="rnnsearch.tasks.tags.data:TagsData.read",
    known=None,  # the metrics name the classes that stand in the file
    task="rnnsearch.tasks.tags.task:TagsTask",
    used_as=TagsUse,
    counted="sequences",
)
