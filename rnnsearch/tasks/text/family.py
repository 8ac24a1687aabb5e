"""The text task."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rnnsearch.tasks.family import Family
from rnnsearch.tasks.text.config import TextConfig, problems
from rnnsearch.tasks.text.use import TextUse
from rnnsearch.tasks.use import Told

if TYPE_CHECKING:
    import torch

    from rnnsearch.tasks.base import ShownTask, TaskData
    from rnnsearch.tasks.text.data import TextData


class TextFamily(Family[TextConfig]):
    """The text task."""

    name = "text"
    config = TextConfig

    def problems(self, config: TextConfig) -> list[tuple[str, str]]:
        """See `Family.problems`."""
        return problems(config)

    def load(self, config: TextConfig) -> TaskData:
        """See `Family.load`."""
        from rnnsearch.tasks.text.data import TextData

        return TextData.read(config)

    def stand_in(self, config: TextConfig) -> TaskData:
        """See `Family.stand_in`."""
        from rnnsearch.tasks.text.data import TextData

        return TextData.stand_in(config)

    def build(
        self, config: TextConfig, data: TextData, device: torch.device, dtype: torch.dtype
    ) -> ShownTask:
        """See `Family.build`."""
        from rnnsearch.tasks.text.task import TextTask

        return TextTask(config, data, device, dtype)

    def use(self, told: Told) -> TextUse:
        """See `Family.use`."""
        return TextUse(told)

    def facts(self, data: TextData) -> dict[str, int | str]:
        """How many symbols there are."""
        return {"symbols": sum(data.rows().values())}


TEXT = TextFamily()
