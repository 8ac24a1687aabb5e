"""What a model that a training script made can do: it is loaded, and the person's code uses it."""

from __future__ import annotations

from typing import Any

from rnnsearch.tasks.signature import Signature
from rnnsearch.tasks.use import Use


class ScriptUse(Use):
    """A script's state is its model, which rnnsearch cannot ask anything."""

    does = "is the state that a training script yielded"

    @property
    def pictured(self) -> bool:
        return False

    def code(self) -> str:
        return "list(model.state)"

    def signature(self) -> Signature:
        return Signature(
            "nothing: ScriptModel.load(folder).state is the state of the script", (-1,)
        )

    def example(self) -> Any:
        return None
