"""The series task, as all other rooms know it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rnnsearch.tasks.family import Family
from rnnsearch.tasks.series.config import SeriesConfig
from rnnsearch.tasks.series.problems import problems
from rnnsearch.tasks.series.use import SeriesUse


class _Series(Family):
    """What is asked of tables alone."""

    def clash(self, values: Mapping[str, Any]) -> str | None:
        """Why a state cannot be carried: windows must come in the order of their rows for that."""
        carried, order, strategy = (values[key] for key in self.clashing)
        # A direct forecast carries no state at all, which is checked for all whole sequences.
        if not (carried and order == "shuffled" and strategy == "recursive"):
            return None
        return (
            "is true, but task.order is shuffled: a state would be carried from one window "
            "into another one. Set task.order: in_time, or false here."
        )

    def facts(self, data: Any) -> dict[str, int | str]:
        """How many rows and series there are, and when they begin and end."""
        from rnnsearch.tasks.series.steps import moment_text

        facts: dict[str, int | str] = {"rows": len(data.values)}
        if len(data.names) > 1:
            facts["series"] = len(data.names)
        if data.times is not None and len(data.times):
            facts["first time"] = moment_text(data.times.min())
            facts["last time"] = moment_text(data.times.max())
        return facts


SERIES = _Series(
    name="series",
    config=SeriesConfig,
    wrong=problems,
    data="rnnsearch.tasks.series.data:SeriesData.read",
    known=None,  # the metrics name what stands in the file
    task="rnnsearch.tasks.series.task:SeriesTask",
    used_as=SeriesUse,
    # With a batch of one window, an epoch of a table would last for ever.
    defaults={"training.batch_size": 32},
    clashing=("training.carry_state", "task.order", "task.strategy"),
)
