"""The family objects of the two tests of memory, by which all other rooms know them."""

from __future__ import annotations

from rnnsearch.tasks.family import Family
from rnnsearch.tasks.memory import adding, copying

ADDING = Family(
    name="adding",
    config=adding.AddingConfig,
    wrong=adding.problems,
    data="rnnsearch.tasks.memory.data:AddingData",
    task="rnnsearch.tasks.memory.task:AddingTask",
)
COPY = Family(
    name="copy",
    config=copying.CopyConfig,
    wrong=copying.problems,
    data="rnnsearch.tasks.memory.data:CopyData",
    task="rnnsearch.tasks.memory.task:CopyTask",
    shuffled=True,
)
