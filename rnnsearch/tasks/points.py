"""What models can do that predict points in time and are shown by going on from known ones."""

from __future__ import annotations

from collections.abc import Mapping

from rnnsearch.tasks.use import CommandTarget, Use


class PointsUse(Use):
    """Of a signal whose outputs are its next inputs."""

    does = "predicts numbers"

    def command(self, said: str) -> tuple[object, ...] | None:
        """A rollout over the longest horizon that the task's metrics know."""
        del said
        steps = self.steps()
        return ("rollout", *(() if steps is None else ("--steps", steps)))

    def steps(self) -> int | None:
        """The longest horizon; None leaves it to the task."""
        horizons = self.description.task.get("rollout", {}).get("steps", ())
        return (
            int(max(horizons))
            if horizons and self.description.task.get("horizon", 1) == 1
            else None
        )

    def code(self) -> str:
        """A rollout, where predictions can be fed back."""
        if self.manifest.get("horizon", 1) == 1:
            return f"model.rollout({self.zeros()}, steps=20)"
        return super().code()

    def how(self, asked: CommandTarget) -> str:
        """By a rollout."""
        return f": {asked.command('rollout')}"

    def refusals(self, asked: CommandTarget) -> Mapping[str, str]:
        """It writes no text."""
        writes = f"{asked.model} predicts numbers and writes no text; let it go on"
        return {**super().refusals(asked), "sample": writes + self.how(asked)}
