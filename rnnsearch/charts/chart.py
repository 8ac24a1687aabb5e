"""A chart as plain values, and the JSON that plotly reads in a browser."""

from __future__ import annotations

import base64
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from rnnsearch.charts.style import TEMPLATE

SAFE = str.maketrans(
    {"<": "\\u003c", ">": "\\u003e", "&": "\\u0026", "\u2028": "\\u2028", "\u2029": "\\u2029"}
)
"""What must not stand in a script of a page as it is: the name of a column may hold `</script>`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """One chart.

    Attributes:
        traces: What is drawn, as plotly's `data` takes it; arrays may be numpy's.
        layout: Axes, legend and the like, as plotly's `layout` takes them, without the template.
        height: Pixels.
        about: What it shows, in a sentence, for whoever cannot see it.
        thinned: What was left out of it, in sentences; empty where all is drawn.
    """

    traces: Sequence[Mapping[str, Any]]
    layout: Mapping[str, Any]
    about: str
    height: int = 380
    thinned: Sequence[str] = field(default_factory=tuple)

    def to_json(self) -> str:
        """`{"data": ..., "layout": ...}`, which may stand in a script of a page."""
        whole = {"data": self.traces, "layout": {**self.layout, "height": self.height}}
        return escaped(whole)


def template_json() -> str:
    """The look of all charts, for the page; it may stand in a script."""
    return escaped(TEMPLATE)


def plotly_script() -> str:
    """plotly's own script, 4.8 MB."""
    from plotly.offline import get_plotlyjs

    return str(get_plotlyjs())


def escaped(values: Any) -> str:
    """Values as JSON that may stand in a script of a page."""
    return json.dumps(_plain(values), allow_nan=False, separators=(",", ":")).translate(SAFE)


def _plain(value: Any) -> Any:
    """A value as JSON has it: arrays of numbers as plotly's base64, what is not finite as null."""
    if isinstance(value, np.ndarray):
        return _array(value)
    if isinstance(value, Mapping):
        return {str(key): _plain(one) for key, one in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(one) for one in value]
    if isinstance(value, (float, np.floating)):
        return float(value) if math.isfinite(value) else None
    if isinstance(value, np.integer):
        return int(value)
    return value


def _array(array: np.ndarray[Any, Any]) -> Any:
    """An array of numbers as plotly takes it, in the fewest bytes that a reader cannot tell apart.

    Floats have seven digits there, so the words beside a point round to fewer.
    """
    kind = array.dtype.kind
    if kind == "M":
        return np.datetime_as_string(array).tolist()
    if kind not in "iuf" or array.ndim > 2:
        return _plain(array.tolist())
    if kind == "f":
        with np.errstate(over="ignore"):
            small = array.astype("<f4")
        exact = np.isfinite(small) | ~np.isfinite(array)
        small = small if exact.all() and not _lost(array, small) else array.astype("<f8")
    else:
        small = array.astype(_whole(array))
    packed = np.where(np.isfinite(small), small, np.nan) if kind == "f" else small
    names = {"int8": "i1", "int16": "i2", "int32": "i4", "float32": "f4", "float64": "f8"}
    name = names[packed.dtype.name]
    shape = {"shape": ", ".join(map(str, packed.shape))} if packed.ndim == 2 else {}
    ordered = np.ascontiguousarray(packed.astype(packed.dtype.newbyteorder("<")))
    return {"dtype": name, "bdata": base64.b64encode(ordered.tobytes()).decode(), **shape}


def _lost(array: np.ndarray[Any, Any], small: np.ndarray[Any, Any]) -> bool:
    """Whether numbers that differ would be drawn as one: a narrow band far from zero."""
    finite = array[np.isfinite(array)]
    if not finite.size:
        return False
    spread = float(finite.max() - finite.min())
    under = bool(((small == 0) & (array != 0)).any())
    return under or 0 < spread < 1e-4 * float(np.abs(finite).max())


def _whole(array: np.ndarray[Any, Any]) -> str:
    """The smallest type of whole numbers that holds an array's."""
    low, high = (int(array.min()), int(array.max())) if array.size else (0, 0)
    for name in ("int8", "int16", "int32"):
        if np.iinfo(name).min <= low and high <= np.iinfo(name).max:
            return name
    return "float64"
