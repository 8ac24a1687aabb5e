"""The places for events that there are beside MLflow, each by the name of its option."""

from __future__ import annotations

from collections.abc import Mapping

from rnnsearch.records.sink import SinkKind
from rnnsearch.records.tensorboard.sink import TENSORBOARD

SINKS: Mapping[str, SinkKind] = {
    "tensorboard": TENSORBOARD,
}
