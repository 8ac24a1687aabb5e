"""A custom cell with arguments of its own: made, trained, stored and loaded with them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from rnnsearch.errors import SpaceFileError
from rnnsearch.models.config import ModelConfig
from rnnsearch.space.describe import describe
from rnnsearch.space.load import loads
from rnnsearch.space.trial import trial_config
from rnnsearch.testing.cells import NetworkContract, TrainedContract
from rnnsearch.testing.waves import WaveData, alone, drain, trial, wave_pack
from rnnsearch.training.checkpoint import Checkpoint
from rnnsearch.training.codec import config_from_json, config_to_json

HERE = "unit.models.test_cell_arguments"
FADING = f"{HERE}:Fading"


class Fading(nn.Module):
    """A state that fades with a rate, of a width of its own.

    Args:
        rate: How much of the state is kept.
        inner: Units of the state.
    """

    def __init__(
        self, input_size: int, hidden_size: int, rate: float = 0.5, inner: tuple[int, ...] = (3,)
    ) -> None:
        super().__init__()
        self.rate = rate
        self.state_sizes = inner
        self.into = nn.ModuleList([nn.Linear(input_size, size) for size in inner])
        self.out = nn.Linear(sum(inner), hidden_size)

    def forward(self, x: Tensor, state: tuple[Tensor, ...]) -> Any:
        pairs = zip(self.into, state, strict=True)
        after = tuple(self.rate * old + torch.tanh(into(x)) for into, old in pairs)
        return self.out(torch.cat(after, 1)), after


class Needy(nn.Module):
    def __init__(self, input_size: int, hidden_size: int, depth: int) -> None:
        super().__init__()
        self.into = nn.Linear(input_size, hidden_size)
        self.depth = depth

    def forward(self, x: Tensor, state: tuple[Tensor, ...]) -> Any:
        return self.into(x) / self.depth + state[0], state


class TestFading(NetworkContract, TrainedContract):
    model = ModelConfig(
        cell=FADING, cell_args=(("rate", 0.25), ("inner", (2, 4))), hidden_size=5, num_layers=2
    )


def test_trials_with_other_arguments_train_otherwise_and_as_alone() -> None:
    torch.set_num_threads(1)
    ways: Any = [(), (("rate", 0.9),), (("rate", 0.9), ("inner", (2, 2)))]
    trials = {str(n): trial(model={"cell": FADING, "cell_args": one}) for n, one in enumerate(ways)}
    pack = wave_pack()
    for name, config in trials.items():
        pack.add(name, config)
    reports = drain(pack, dict.fromkeys(trials, 2)).reports
    curves = {name: [dict(r.metrics) for r in reports if r.trial_id == name] for name in trials}
    assert len({str(curve) for curve in curves.values()}) == 3
    assert all(curves[name] == alone(config) for name, config in trials.items())


def test_a_model_is_stored_with_them(tmp_path: Path) -> None:
    args: Any = (("rate", 0.1), ("inner", (2, 2)))
    config = trial(model={"cell": FADING, "cell_args": args})
    pack = wave_pack()
    pack.add("trial", config)
    drain(pack, {"trial": 1})
    weights = pack.remove("trial")
    assert weights is not None
    read = config_from_json(config_to_json(config) | {"task": {"type": "sine"}})
    Checkpoint.from_weights(read, weights, WaveData()).save(tmp_path / "model")
    loaded = Checkpoint.load(tmp_path / "model", allow_code=True)
    assert loaded.config.model == config.model
    assert loaded.network.rnn.cells[0].rate == 0.1  # type: ignore[union-attr, index]
    assert "cell_args" not in config_to_json(trial())["model"]


SPACE = f"""
task: {{type: sine}}
model:
  cell: {{choice: [lstm, "{FADING}"]}}
  cell_args:
    rate: {{uniform: [0.1, 0.9], when: {{model.cell: "{FADING}"}}}}
    inner: [4]
  hidden_size: 4
"""


def test_they_are_keys_of_the_space_file() -> None:
    spec = loads(SPACE, name="args", directory=Path())
    params = {"model.cell": FADING, "model.cell_args.rate": 0.3}
    model = trial_config(spec, params, 0).model
    assert isinstance(model, ModelConfig)
    assert model.cell_args == (("rate", 0.3), ("inner", (4,)))
    other = trial_config(spec, {"model.cell": "lstm"}, 0).model
    assert isinstance(other, ModelConfig)
    assert other.cell_args == ()
    assert loads(spec.yaml, name="args", directory=Path()) == spec


@pytest.mark.parametrize(
    ("before", "after", "key", "words"),
    [
        ("inner: [4]", "inner: [0, 4]", "model.cell", "inner=(0, 4)"),
        ("inner: [4]", "hidden_size: 4", "model.cell_args.hidden_size", "is given as model.hid"),
        ("inner: [4]", "outer: 4", "model.cell_args.outer", "there are rate, inner"),
        (":Fading", ":Needy", "model.cell_args.rate", "there are depth"),
    ],
)
def test_what_is_wrong_with_them_is_told(before: str, after: str, key: str, words: str) -> None:
    with pytest.raises(SpaceFileError) as caught:
        loads(SPACE.replace(before, after), name="args", directory=Path())
    messages = {one.key: one.message for one in caught.value.mistakes}
    assert words in messages[key]


def test_an_argument_without_a_default_must_be_given() -> None:
    text = f'task: {{type: sine}}\nmodel: {{cell: "{HERE}:Needy"}}\n'
    with pytest.raises(SpaceFileError, match="depth"):
        loads(text, name="args", directory=Path())
    given = text.replace("}\n", ", cell_args: {depth: 2}}\n", 2).replace(
        "{type: sine, cell_args: {depth: 2}}", "{type: sine}"
    )
    assert loads(given, name="args", directory=Path()).values["model.cell_args.depth"] == 2
    drawn = loads(given.replace("depth: 2", "depth: {int: [1, 3]}"), name="a", directory=Path())
    assert any("Needy is your own cell" in note for note in describe(drawn).notes)
