"""The table of sinks beside MLflow: the name of the option, and the kind of sink that it asks
for."""

from __future__ import annotations

from collections.abc import Mapping

from rnnsearch.records.sink import SinkKind
from rnnsearch.records.tensorboard.sink import TENSORBOARD

SINKS: Mapping[str, SinkKind] = {
    "tensorboard": TENSORBOARD,
}
