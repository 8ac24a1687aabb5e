"""The events task."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rnnsearch.tasks.events.config import EventsConfig, problems
from rnnsearch.tasks.events.use import EventsUse
from rnnsearch.tasks.family import Family
from rnnsearch.tasks.use import Told

if TYPE_CHECKING:
    import torch

    from rnnsearch.tasks.base import ShownTask, TaskData
    from rnnsearch.tasks.events.data import EventsData


class EventsFamily(Family[EventsConfig]):
    """The events task."""

    name = "events"
    config = EventsConfig
    shuffled = True

    def problems(self, config: EventsConfig) -> list[tuple[str, str]]:
        """See `Family.problems`."""
        return problems(config)

    def load(self, config: EventsConfig) -> TaskData:
        """See `Family.load`."""
        from rnnsearch.tasks.events.data import EventsData

        return EventsData.read(config)

    def stand_in(self, config: EventsConfig) -> TaskData:
        """See `Family.stand_in`."""
        from rnnsearch.tasks.events.data import EventsData

        return EventsData.stand_in(config)

    def build(
        self, config: EventsConfig, data: EventsData, device: torch.device, dtype: torch.dtype
    ) -> ShownTask:
        """See `Family.build`."""
        from rnnsearch.tasks.events.task import EventsTask

        return EventsTask(config, data, device, dtype)

    def use(self, told: Told) -> EventsUse:
        """See `Family.use`."""
        return EventsUse(told)

    def facts(self, data: EventsData) -> dict[str, int | str]:
        """How many steps there are."""
        return {"steps": sum(data.rows().values())}


EVENTS = EventsFamily()
