"""Hyperparameter search for recurrent models.

The public names are imported on first use (PEP 562), so that `import rnnsearch` costs nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from rnnsearch.version import __version__ as __version__

if TYPE_CHECKING:
    from rnnsearch.figures.figure import Figure
    from rnnsearch.space.drawn import choice, int_, logint, loguniform, uniform
    from rnnsearch.study import Study, StudyResult
    from rnnsearch.study.alerts.asked import Alerts
    from rnnsearch.tasks.base import Metric
    from rnnsearch.tasks.given_arrays.in_memory import Arrays
    from rnnsearch.tasks.script.in_python import Script
    from rnnsearch.tasks.use import Use
    from rnnsearch.training.script.model import ScriptModel
    from rnnsearch.training.trained import TrainedModel

_HOMES = {
    "Alerts": "rnnsearch.study.alerts.asked",
    "Arrays": "rnnsearch.tasks.given_arrays.in_memory",
    "Figure": "rnnsearch.figures.figure",
    "Metric": "rnnsearch.tasks.base",
    "Script": "rnnsearch.tasks.script.in_python",
    "ScriptModel": "rnnsearch.training.script.model",
    "Study": "rnnsearch.study",
    "StudyResult": "rnnsearch.study",
    "TrainedModel": "rnnsearch.training.trained",
    "Use": "rnnsearch.tasks.use",
    "choice": "rnnsearch.space.drawn",
    "int_": "rnnsearch.space.drawn",
    "logint": "rnnsearch.space.drawn",
    "loguniform": "rnnsearch.space.drawn",
    "uniform": "rnnsearch.space.drawn",
}

__all__ = [
    "Alerts",
    "Arrays",
    "Figure",
    "Metric",
    "Script",
    "ScriptModel",
    "Study",
    "StudyResult",
    "TrainedModel",
    "Use",
    "choice",
    "int_",
    "logint",
    "loguniform",
    "uniform",
]


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        return getattr(import_module(_HOMES[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
