"""The champion is scored once, with all its seeds."""

from __future__ import annotations

import itertools
import json
import math
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from statistics import fmean, stdev
from typing import Any

import pytest
from rig import Notebook

from rnnsearch.events import ChampionChosen
from rnnsearch.models.config import ModelConfig
from rnnsearch.models.initial import initial_weights
from rnnsearch.search.champion import crown
from rnnsearch.search.choice import Choice
from rnnsearch.search.ledger.notes import Notes, changed, notes_of
from rnnsearch.tasks.load import load_data
from rnnsearch.tasks.sine.config import SineConfig
from rnnsearch.training.config import TrainingConfig, TrialConfig
from rnnsearch.training.trained import TrainedModel
from rnnsearch.training.weights import Weights

TASK = SineConfig()
DATA = load_data(TASK)


class Noted:
    """A ledger that knows notes alone."""

    def __init__(self) -> None:
        self.notes = Notes()

    def note(self, change: Callable[[Notes], Notes]) -> None:
        self.notes = change(self.notes)

    def flush(self) -> None:
        pass


def trained(folder: Path, seed: int) -> Path:
    """A checkpoint of the untrained network of a seed."""
    config = TrialConfig(
        task=TASK,
        model=ModelConfig(cell="gru", hidden_size=4),
        training=TrainingConfig(),
        seed=seed,
    )
    tensors = initial_weights(config.model, 1, 1, False, seed)
    arrays = {name: tensor.numpy() for name, tensor in tensors.items()}
    path = folder / f"seed-{seed}"
    metrics = {"train_loss": 0.1 * seed, "val_mse": 0.01 * seed}
    TrainedModel.from_weights(config, Weights(arrays, 1, metrics), DATA).save(path)
    return path


def crowned(
    notes: Noted, paths: dict[int, Path], left_out: tuple[str, ...] = ()
) -> tuple[ChampionChosen, list[ChampionChosen]]:
    """The champion of seed 3, and what the listener heard of it."""
    heard = Notebook()
    event = crown(
        notes,  # type: ignore[arg-type]
        heard,
        Choice(7, 3, paths, left_out),
        data={TASK: DATA},
        figure=Path("champion.png"),
    )
    return event, heard.of(ChampionChosen)


def test_every_seed_is_scored_on_the_test_part(tmp_path: Path) -> None:
    paths = {seed: trained(tmp_path, seed) for seed in (1, 3, 5)}
    event, heard = crowned(Noted(), paths)
    assert heard == [event]
    own = {seed: TrainedModel.load(path).evaluate("test", DATA) for seed, path in paths.items()}
    assert event.test_metrics == own[3]
    assert event.val_metrics["val_mse"] == 0.03
    assert event.seeds == (1, 3, 5)
    for name in own[3]:
        values = [own[seed][name] for seed in (1, 3, 5)]
        assert event.by_seed[name] == tuple(values)
        assert event.mean[name] == pytest.approx(fmean(values))
        assert event.std[name] == pytest.approx(stdev(values))
    assert len(set(event.by_seed["test_mse"])) == 3
    assert event.by_seed["val_mse"] == (0.01, 0.03, 0.05)


def test_of_a_single_seed_there_is_no_spread(tmp_path: Path) -> None:
    event, _ = crowned(Noted(), {3: trained(tmp_path, 3)}, ("seed 9: diverged",))
    assert (event.seeds, event.std, event.left_out) == ((3,), {}, ("seed 9: diverged",))
    assert event.mean == {name: values[0] for name, values in event.by_seed.items()}


def test_the_same_seeds_are_scored_once_and_another_one_anew(tmp_path: Path) -> None:
    notes = Noted()
    paths = {seed: trained(tmp_path, seed) for seed in (1, 3)}
    first, _ = crowned(notes, paths)
    again, heard = crowned(notes, paths)
    assert (again, heard) == (first, [])
    more, heard = crowned(notes, {**paths, 5: trained(tmp_path, 5)})
    assert heard == [more]
    assert more.seeds == (1, 3, 5)


class Killed(BaseException):
    """The driver's process is gone."""


class Life:
    """A ledger and a listener of one life of the driver, which ends at its n-th call.

    Args:
        durable: Notes as the last flush left them.
        told: What listeners have heard in all lives.
        after: Whether the last call still has its effect.
    """

    def __init__(
        self, durable: dict[str, Any], told: list[Any], calls: float, after: bool = False
    ) -> None:
        self.durable, self.told = durable, told
        self.written = dict(durable)
        self.left, self.after = calls, after
        self.evaluated: list[int] = []

    def _call(self, effect: Any) -> None:
        self.left -= 1
        if self.left >= 0 or self.after:
            effect()
        if self.left < 0:
            raise Killed

    @property
    def notes(self) -> Notes:
        return notes_of(self.written)

    def note(self, change: Callable[[Notes], Notes]) -> None:
        for key, value in changed(self.notes, change(self.notes)):
            self._call(partial(self.written.__setitem__, key, json.loads(json.dumps(value))))

    def flush(self) -> None:
        self._call(lambda: self.durable.update(self.written))

    def on_event(self, event: Any) -> None:
        self._call(lambda: self.told.append(event))

    def crown(self, paths: dict[int, Path], monkeypatch: pytest.MonkeyPatch) -> ChampionChosen:
        evaluate = TrainedModel.evaluate

        def counted(model: TrainedModel, part: str, data: Any) -> Any:
            self._call(lambda: self.evaluated.append(model.config.seed))
            return evaluate(model, part, data)  # type: ignore[arg-type]

        with monkeypatch.context() as patch:
            patch.setattr(TrainedModel, "evaluate", counted)
            choice = Choice(7, 3, paths)
            return crown(self, self, choice, data={TASK: DATA}, figure=Path("champion.png"))  # type: ignore[arg-type]


@pytest.mark.parametrize("after", [False, True])
def test_killed_at_any_call_it_is_scored_and_told_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, after: bool
) -> None:
    paths = {seed: trained(tmp_path, seed) for seed in (1, 3)}
    whole = Life({}, [], math.inf)
    expected = whole.crown(paths, monkeypatch)
    for calls in itertools.count():
        durable: dict[str, Any] = {}
        told: list[ChampionChosen] = []
        first, second = Life(durable, told, calls, after), Life(durable, told, math.inf)
        try:
            first.crown(paths, monkeypatch)
        except Killed:
            second.written = dict(durable)
            event = second.crown(paths, monkeypatch)
        else:
            break
        # a clock is read anew
        timed = {"time": 0.0, "request_seconds": None, "request": ""}
        assert replace(event, **timed) == replace(expected, **timed)
        assert {replace(one, text="").time for one in told} == {event.time}, "one champion, told"
        assert len(told) <= 2
        scored = [*first.evaluated, *second.evaluated]
        assert set(scored) == {1, 3}
        known = durable["note.tested"]
        assert sorted(known) == ["7:1:1", "7:3:1"]
        # One evaluation at most is made again: the one that was under way.
        assert len(scored) - 2 <= 1
        again = Life(durable, told, math.inf)
        again.written = dict(durable)
        assert again.crown(paths, monkeypatch) == event
        assert again.evaluated == []
        assert told.count(event) == len(told)
    assert calls > 8


def test_a_note_of_an_older_version_has_no_seeds(tmp_path: Path) -> None:
    notes = Noted()
    path = trained(tmp_path, 3)
    event, _ = crowned(notes, {3: path})
    old = ("time", "number", "seed", "path", "val_metrics", "test_metrics", "text", "figure")
    before = notes_of({"note.champion": {key: getattr(event, key) for key in old}})
    assert before.announced_champion == event.mark, "that version told before it noted"
    notes.notes = replace(before, tested=notes.notes.tested)
    again, heard = crowned(notes, {3: path})
    assert heard == [again], "its seeds are scored now"
    assert again.by_seed == event.by_seed
