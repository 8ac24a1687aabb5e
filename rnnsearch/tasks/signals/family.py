"""The tasks of made signals, as all other rooms know them."""

from __future__ import annotations

from operator import methodcaller

from rnnsearch.tasks.family import Family
from rnnsearch.tasks.points import PointsUse
from rnnsearch.tasks.signals.config import SignalConfig
from rnnsearch.tasks.signals.lorenz import LorenzConfig
from rnnsearch.tasks.signals.mackey_glass import MackeyGlassConfig
from rnnsearch.tasks.signals.wave import WaveConfig


def _signal(defaults: SignalConfig) -> Family:
    """The family of a signal, told by its config with the default values."""
    return Family(
        name=defaults.type,
        config=type(defaults),
        wrong=methodcaller("problems"),
        data="rnnsearch.tasks.signals.data:SignalData",
        task="rnnsearch.tasks.signals.task:SignalTask",
        used_as=PointsUse,
        shuffled=True,
    )


WAVE = _signal(WaveConfig())
MACKEY_GLASS = _signal(MackeyGlassConfig())
LORENZ = _signal(LorenzConfig())
