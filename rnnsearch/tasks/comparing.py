"""What a task may do that scores models of other data than its own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

from rnnsearch.tasks.base import Part, Predictor

if TYPE_CHECKING:
    from torch import Tensor


@runtime_checkable
class Comparing(Protocol):
    """A task that scores models of other data, which was prepared otherwise, by ways of its own."""

    def evaluate_other(
        self, predictor: Predictor, part: Part, manifest: Mapping[str, Any]
    ) -> Mapping[str, Tensor]:
        """Metrics of a part as `Task.evaluate` gives them.

        Args:
            predictor: Of the other model.
            manifest: What that one remembers of the data that it was trained on.

        Raises:
            ModelError: It cannot read this data; the text says why.
        """
        ...
