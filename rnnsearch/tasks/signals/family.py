"""The tasks of made signals."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from rnnsearch.tasks.family import Family
from rnnsearch.tasks.points import PointsUse
from rnnsearch.tasks.signals import lorenz, mackey_glass, wave
from rnnsearch.tasks.use import Told

if TYPE_CHECKING:
    import torch

    from rnnsearch.tasks.base import ShownTask, TaskData
    from rnnsearch.tasks.signals.data import SignalData


class SignalFamily(Family[Any]):
    """A signal by its equations; the config's class says which.

    Args:
        problems: Of the config.
    """

    shuffled = True

    def __init__(
        self, name: str, config: type, problems: Callable[[Any], list[tuple[str, str]]]
    ) -> None:
        self.name = name
        self.config = config
        self._problems = problems

    def problems(self, config: Any) -> list[tuple[str, str]]:
        """See `Family.problems`."""
        return self._problems(config)

    def load(self, config: Any) -> TaskData:
        """See `Family.load`."""
        from rnnsearch.tasks.signals.data import SignalData

        return SignalData(config)

    def build(
        self, config: Any, data: SignalData, device: torch.device, dtype: torch.dtype
    ) -> ShownTask:
        """See `Family.build`."""
        from rnnsearch.tasks.signals.task import SignalTask

        return SignalTask(config, data, device, dtype)

    def use(self, told: Told) -> PointsUse:
        """See `Family.use`."""
        return PointsUse(told)


WAVE = SignalFamily("wave", wave.WaveConfig, wave.problems)
MACKEY_GLASS = SignalFamily("mackey_glass", mackey_glass.MackeyGlassConfig, mackey_glass.problems)
LORENZ = SignalFamily("lorenz", lorenz.LorenzConfig, lorenz.problems)
