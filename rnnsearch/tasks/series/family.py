"""The series task, as all other rooms know it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rnnsearch.tasks.family import Family
from rnnsearch.tasks.series.config import SeriesConfig, problems
from rnnsearch.tasks.series.use import SeriesUse


class _Series(Family):
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

    def facts(self, data: Any) -> dict[str, int | str]:
        """How many rows and series there are, and when they begin and end."""
        from rnnsearch.tasks.series.steps import moment_said

        found: dict[str, int | str] = {"rows": len(data.values)}
        if len(data.names) > 1:
            found["series"] = len(data.names)
        if data.times is not None and len(data.times):
            found["first time"] = moment_said(data.times.min())
            found["last time"] = moment_said(data.times.max())
        return found


SERIES = _Series(
    name="series",
    config=SeriesConfig,
    wrong=problems,
    data="rnnsearch.tasks.series.data:SeriesData.read",
    known=None,  # the metrics name what stands in the file
    task="rnnsearch.tasks.series.task:SeriesTask",
    used_as=SeriesUse,
    # One window a step would make an epoch of a table last for ever.
    defaults={"training.batch_size": 32},
    clashing=("training.carry_state", "task.order", "task.strategy"),
)
