"""What trained models can do that predict the next points of a signal or a table in time."""

from __future__ import annotations

from collections.abc import Mapping

from rnnsearch.tasks.use import CommandTarget, Use


class PointsUse(Use):
    """What a model can do whose outputs are its next inputs."""

    does = "predicts numbers"

    def command(self, said: str) -> tuple[object, ...] | None:
        """A rollout over the longest horizon of the task's metrics."""
        del said
        steps = self.steps()
        return ("rollout", *(() if steps is None else ("--steps", steps)))

    def steps(self) -> int | None:
        """Time steps of the longest horizon; None leaves the number to the task."""
        task = self.description.task
        horizons = task.get("rollout", {}).get("steps", ())
        return int(max(horizons)) if horizons and task.get("horizon", 1) == 1 else None

    def code(self) -> str:
        """A rollout where predictions can be fed back, else one call of `predict`."""
        if self.manifest.get("horizon", 1) == 1:
            return f"model.rollout({self.zeros()}, steps=20)"
        return super().code()

    def how(self, asked: CommandTarget) -> str:
        """The command of a rollout."""
        return f": {asked.command('rollout')}"

    def refusals(self, asked: CommandTarget) -> Mapping[str, str]:
        """The model writes no text."""
        writes = f"{asked.model} predicts numbers and writes no text; let it go on"
        return {**super().refusals(asked), "sample": writes + self.how(asked)}
