"""The family object of the events task, by which all other rooms know it."""

from __future__ import annotations

from rnnsearch.tasks.events.config import EventsConfig, problems
from rnnsearch.tasks.events.use import EventsUse
from rnnsearch.tasks.family import Family

EVENTS = Family(
    name="events",
    config=EventsConfig,
    wrong=problems,
    data="rnnsearch.tasks.events.data:EventsData.read",
    known="rnnsearch.tasks.events.data:EventsData.stand_in",
    task="rnnsearch.tasks.events.task:EventsTask",
    used_as=EventsUse,
    shuffled=True,
    counted="steps",
)
