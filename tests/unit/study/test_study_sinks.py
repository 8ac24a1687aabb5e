"""A study keeps to the sinks that it was given; the end of a run says what they lack."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from rnnsearch.errors import InputError
from rnnsearch.events import Event, Silence
from rnnsearch.records.sink import Remains
from rnnsearch.study.audience import Audience, Watch
from rnnsearch.study.sinks import choose_sinks


class Slow:
    """A sink whose disk is full, at which somebody loses patience."""

    problem: str | None = None
    close_seconds = 5.0

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


class Written:
    """A recorder with nothing left to write."""

    close_seconds = 5.0

    def close(self, seconds: float, progress: Callable[[int, int], None]) -> Remains:
        return Remains(0, None)

    def leave(self) -> Remains:
        return Remains(0, None)


@pytest.mark.parametrize("patience", [True, False])
@pytest.mark.parametrize("hurried", [True, False])
def test_what_a_sink_lacks_is_said_and_a_signal_ends_the_waiting(
    patience: bool, hurried: bool
) -> None:
    sink, said = Slow(patience=patience), list[str]()
    watch = Watch(Silence(), lambda text: None, lambda done, total: None, said.append)
    _, left = Audience(watch, Written(), {"TensorBoard": sink}).close(hurried=hurried)  # type: ignore[arg-type]
    assert left is hurried
    lacking = 2 if patience and not hurried else 3
    assert said == [f"TensorBoard lacks {lacking} events: the disk is full"]
    assert sink.left is (lacking == 3)


def test_a_study_keeps_to_its_sinks_until_another_place_or_none_is_given(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = list[str]()
    monkeypatch.chdir(tmp_path)
    first = choose_sinks({"tensorboard": "curves"}, {}, said.append)
    assert first == {"tensorboard": str(tmp_path / "curves")}
    monkeypatch.chdir("/")
    assert choose_sinks({}, first, said.append) == first
    line = f"records in TensorBoard: {tmp_path}/curves"
    assert said == [line, f"{line} (the study's own)"]
    other = choose_sinks({"tensorboard": str(tmp_path / "other")}, first, said.append)
    assert other == {"tensorboard": str(tmp_path / "other")}
    assert choose_sinks({"tensorboard": ""}, first, said.append) == {}


def test_a_sink_of_an_earlier_run_that_is_gone_is_refused_with_a_way_out(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    noted = {"tensorboard": str(tmp_path / "file")}
    with pytest.raises(InputError, match=r"An earlier run .* end it with --tensorboard ''"):
        choose_sinks({}, noted, print)
