"""The end of a run waits for the sinks beside MLflow, and says what they lack."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from rnnsearch.events import Event
from rnnsearch.records.sink import Remains
from rnnsearch.study.sinks import close_sinks


class Slow:
    """A sink whose disk is full, at which somebody loses patience."""

    problem: str | None = None

    def __init__(self, *, patience: bool) -> None:
        self._patience = patience
        self.left = False

    def on_event(self, event: Event) -> None:
        raise AssertionError(event)

    def close(self, seconds: float, progress: Callable[[int, int], None] = print) -> Remains:
        if not self._patience:
            raise KeyboardInterrupt
        return Remains(2, "the disk is full")

    def leave(self) -> Remains:
        self.left = True
        return Remains(3, "the disk is full")


@pytest.mark.parametrize("patience", [True, False])
@pytest.mark.parametrize("hurried", [True, False])
def test_what_a_sink_lacks_is_said_and_a_signal_ends_the_waiting(
    patience: bool, hurried: bool
) -> None:
    sink, said = Slow(patience=patience), list[str]()
    close_sinks({"TensorBoard": sink}, said.append, hurried=hurried)
    lacking = 2 if patience and not hurried else 3
    assert said == [f"TensorBoard lacks {lacking} events: the disk is full"]
    assert sink.left is (lacking == 3)
