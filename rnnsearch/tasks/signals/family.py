"""The tasks of made signals, as all other rooms know them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from rnnsearch.tasks.family import Family
from rnnsearch.tasks.points import PointsUse
from rnnsearch.tasks.signals import lorenz, mackey_glass, wave


def _signal(name: str, config: type, wrong: Callable[[Any], list[tuple[str, str]]]) -> Family:
    return Family(
        name=name,
        config=config,
        wrong=wrong,
        data="rnnsearch.tasks.signals.data:SignalData",
        task="rnnsearch.tasks.signals.task:SignalTask",
        used_as=PointsUse,
        shuffled=True,
    )


WAVE = _signal("wave", wave.WaveConfig, wave.problems)
MACKEY_GLASS = _signal("mackey_glass", mackey_glass.MackeyGlassConfig, mackey_glass.problems)
LORENZ = _signal("lorenz", lorenz.LorenzConfig, lorenz.problems)
