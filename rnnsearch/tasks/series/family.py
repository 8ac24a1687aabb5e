"""The series task."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from rnnsearch.tasks.family import Family
from rnnsearch.tasks.series.config import SeriesConfig, problems
from rnnsearch.tasks.series.use import SeriesUse
from rnnsearch.tasks.use import Told

if TYPE_CHECKING:
    import torch

    from rnnsearch.tasks.base import ShownTask, TaskData
    from rnnsearch.tasks.series.data import SeriesData


class SeriesFamily(Family[SeriesConfig]):
    """The series task."""

    name = "series"
    config = SeriesConfig
    # One window a step would make an epoch of a table last for ever.
    defaults = MappingProxyType({"training.batch_size": 32})
    clashing = ("training.carry_state", "task.order", "task.strategy")

    def problems(self, config: SeriesConfig) -> list[tuple[str, str]]:
        """See `Family.problems`."""
        return problems(config)

    def load(self, config: SeriesConfig) -> TaskData:
        """See `Family.load`."""
        from rnnsearch.tasks.series.data import SeriesData

        return SeriesData.read(config)

    def stand_in(self, config: SeriesConfig) -> None:
        """Nothing: the metrics name what stands in the file."""
        del config

    def clash(self, values: Mapping[str, Any]) -> str | None:
        """A state is carried into the rows that come next, so windows must come in their order."""
        carried, order, strategy = (values[key] for key in self.clashing)
        # A direct forecast carries none at all, as is said of every task of whole sequences.
        if not (carried and order == "shuffled" and strategy == "recursive"):
            return None
        return (
            "is true, but task.order is shuffled: a state would be carried from one window "
            "into another one. Set task.order: in_time, or false here."
        )

    def build(
        self, config: SeriesConfig, data: SeriesData, device: torch.device, dtype: torch.dtype
    ) -> ShownTask:
        """See `Family.build`."""
        from rnnsearch.tasks.series.task import SeriesTask

        return SeriesTask(config, data, device, dtype)

    def use(self, told: Told) -> SeriesUse:
        """See `Family.use`."""
        return SeriesUse(told)

    def facts(self, data: SeriesData) -> dict[str, int | str]:
        """How many rows and series there are, and when they begin and end."""
        from rnnsearch.tasks.series.steps import moment_said

        found: dict[str, int | str] = {"rows": len(data.values)}
        if len(data.names) > 1:
            found["series"] = len(data.names)
        if data.times is not None and len(data.times):
            found["first time"] = moment_said(data.times.min())
            found["last time"] = moment_said(data.times.max())
        return found


SERIES = SeriesFamily()
