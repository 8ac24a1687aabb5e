"""The text task, as all other rooms know it."""

from __future__ import annotations

from rnnsearch.tasks.family import Family
from rnnsearch.tasks.text.config import TextConfig, problems
from rnnsearch.tasks.text.use import TextUse

TEXT = Family(
    name="text",
    config=TextConfig,
    wrong=problems,
    data="rnnsearch.tasks.text.data:TextData.read",
    known="rnnsearch.tasks.text.data:TextData.stand_in",
    task="rnnsearch.tasks.text.task:TextTask",
    used_as=TextUse,
    counted="symbols",
)
