"""Networks that a person brought, on every kind of task and through a checkpoint."""

from __future__ import annotations

import pickle
import sys
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from rnnsearch.errors import ModelError
from rnnsearch.models.custom_network import CustomNetwork, form_of, try_network
from rnnsearch.models.network_config import network_config
from rnnsearch.tasks.labels.config import LabelsConfig
from rnnsearch.tasks.load import load_data
from rnnsearch.tasks.memory.adding import AddingConfig
from rnnsearch.tasks.sine.config import SineConfig
from rnnsearch.tasks.text.config import TextConfig
from rnnsearch.testing.networks import CustomNetworkContract
from rnnsearch.training.codec import config_from_json, config_to_json
from rnnsearch.training.config import TrainingConfig, TrialConfig
from rnnsearch.training.pack import Pack
from rnnsearch.training.snapshot import snapshots_from_bytes, snapshots_to_bytes
from rnnsearch.training.trained import TrainedModel

torch.set_num_threads(1)


class Two(NamedTuple):
    cells: Tensor
    seen: dict[str, Tensor]


class Counting(nn.Module):
    """An LSTM that drops, with a state of several forms and dtypes, buffers, a frozen weight."""

    def __init__(
        self, input_size: int, output_size: int, units: int = 6, rate: float = 0.2
    ) -> None:
        super().__init__()
        self.rnn = nn.LSTM(input_size, units, batch_first=True)
        self.drop = nn.Dropout(rate)
        self.norm = nn.BatchNorm1d(units)
        self.frozen = nn.Parameter(torch.full((units,), 0.5), requires_grad=False)
        self.head = nn.Linear(units, output_size)

    def forward(self, x: Tensor, state: Any) -> Any:
        before, steps = (None, x.new_zeros(len(x), dtype=torch.int64))
        if state is not None:
            hidden, two = state
            before, steps = (hidden, two.cells), two.seen["steps"]
        states, (hidden, cells) = self.rnn(x, before)
        normal = self.norm(states.transpose(1, 2)).transpose(1, 2) * self.frozen
        return self.head(self.drop(normal)), (hidden, Two(cells, {"steps": steps + x.shape[1]}))


class Symbols(nn.Module):
    """Symbols in, through tied weights, one number a symbol out."""

    def __init__(self, input_size: int, output_size: int, units: int = 6) -> None:
        super().__init__()
        self.table = nn.Embedding(input_size, units)
        self.rnn = nn.GRU(units, units, batch_first=True)
        self.head = nn.Linear(units, output_size)
        self.head.weight = self.table.weight

    def forward(self, x: Tensor, state: Any) -> Any:
        assert x.dtype == torch.int64
        states, after = self.rnn(self.table(x), state)
        return self.head(states), after


class Reading(nn.Module):
    """Both directions over whole sequences, by their lengths."""

    def __init__(self, input_size: int, output_size: int, units: int = 6) -> None:
        super().__init__()
        self.enter: nn.Module = nn.Identity()
        self.rnn = nn.GRU(input_size, units, batch_first=True, bidirectional=True)
        self.head = nn.Linear(2 * units, output_size)

    def forward(self, x: Tensor, lengths: Tensor) -> Tensor:
        pack = nn.utils.rnn.pack_padded_sequence
        packed = pack(self.enter(x), lengths.cpu(), batch_first=True, enforce_sorted=False)
        return self.head(self.rnn(packed)[1].transpose(0, 1).flatten(1))


class Letters(Reading):
    """The same of symbols."""

    def __init__(self, input_size: int, output_size: int, units: int = 6) -> None:
        super().__init__(units, output_size, units)
        self.enter = nn.Embedding(input_size, units)


class Alone(nn.Module):
    """A classifier as packages have them: it reads the last time step, and knows of no padding."""

    def __init__(self, input_size: int, num_classes: int, units: int = 6) -> None:
        super().__init__()
        self.table = nn.Embedding(input_size, units)
        self.rnn = nn.GRU(units, units, batch_first=True)
        self.head = nn.Linear(units, num_classes)

    def forward(self, X: Tensor) -> Tensor:
        return self.head(self.rnn(self.table(X))[0][:, -1])


def named(cls: type) -> str:
    return f"{__name__}:{cls.__name__}"


class TestCounting(CustomNetworkContract):
    model = network_config(named(Counting))(units=4, rate=0.3)


PACKING = "own network, slow path: it packs sequences of unequal length ("


def trained(
    cls: type, task: Any, metric: str, tmp_path: Path, keys: Any = MappingProxyType({}), **how: Any
) -> tuple[TrainedModel, TrainedModel, dict[str, float]]:
    """A model out of a pack, the same out of its folder, and what the pack reported."""
    model = network_config(named(cls))(**keys)
    config = TrialConfig(task=task, model=model, training=TrainingConfig(**how), seed=1)
    data = load_data(task)
    pack = Pack({task: data}, objective=metric)
    pack.add("trial", config)
    result = pack.train({"trial": 2}, 60.0)
    assert not result.refusals, result.refusals
    packs = issubclass(cls, Reading)
    assert pack.kernels["trial"].startswith(PACKING if packs else "own network, fused")
    weights = pack.remove("trial")
    assert weights is not None
    made = TrainedModel.from_weights(config, weights, data)
    made.save(tmp_path)
    return made, TrainedModel.load(tmp_path, allow_code=True), dict(weights.metrics)


def scores_again(model: TrainedModel, reported: dict[str, float]) -> bool:
    found = model.evaluate("val")
    return all(reported[name] == value for name, value in found.items())


def test_a_wave_goes_on(tmp_path: Path) -> None:
    how = {"steps_per_epoch": 5, "learning_rate": 0.01, "batch_size": 3}
    made, again, reported = trained(Counting, SineConfig(), "val_mse", tmp_path, **how)
    assert scores_again(again, reported)
    history = np.sin(np.linspace(0, 3, 7)).reshape(1, 7, 1).astype(np.float32)
    ahead = again.rollout(history, 4)
    assert ahead.shape == (1, 4, 1)
    assert np.array_equal(ahead, made.rollout(history, 4))
    assert not np.array_equal(ahead[:, 0], ahead[:, 1])


def test_a_text_goes_on(tmp_path: Path) -> None:
    task = TextConfig(text="the cat sat on the mat, the rat sat on the cat. " * 40)
    how = {"seq_len": 16, "batch_size": 4, "carry_state": True}
    made, again, reported = trained(Symbols, task, "val_bits", tmp_path, **how)
    assert scores_again(again, reported)
    assert again.sample("the", 9) == made.sample("the", 9)
    assert len(again.sample("the", 9)) == 9


@pytest.mark.parametrize("cls", [Letters, Alone])
def test_texts_of_unequal_length_get_labels(cls: type, tmp_path: Path) -> None:
    dice = np.random.default_rng(0)
    rows = []
    for number in range(120):
        letters = "abc" if number % 2 else "xyz"
        rows.append("".join(dice.choice(list(letters), 3 + number % 9)) + f",{number % 2}")
    table = tmp_path / "table.csv"
    table.write_text("text,label\n" + "\n".join(rows) + "\n")
    task = LabelsConfig(path=str(table), text="text", label="label")
    folder = tmp_path / "model"
    how = {"batch_size": 8, "learning_rate": 0.03}
    keys = {"num_classes": 2} if cls is Alone else {}
    _, again, reported = trained(cls, task, "val_accuracy", folder, keys, **how)
    assert scores_again(again, reported)
    assert list(again.classify(["ababab", "xyxy"]).labels) == ["1", "0"]


def test_without_state_and_lengths_no_sequence_is_shown_padding() -> None:
    config = network_config(named(Alone))(num_classes=3)
    network = CustomNetwork(config, 5, 3, symbolic=True)
    x = torch.randint(5, (7, 4), generator=torch.Generator().manual_seed(0))
    lengths = torch.tensor([7, 3, 0, 3])
    outputs, _ = network(x, None, "last", lengths)
    outputs.sum().backward()
    assert bool(network.inner.head.weight.grad.abs().sum() > 0)
    for number, length in enumerate(lengths.tolist()):
        single = network(x[:length, number : number + 1], None, "last")[0][0, 0] if length else 0
        assert torch.allclose(outputs[0, number], single + torch.zeros(3), atol=1e-6)


def test_one_answer_a_sequence_of_numbers(tmp_path: Path) -> None:
    how = {"batch_size": 8}
    _, again, reported = trained(
        Reading,
        AddingConfig(length=12, train_sequences=64, val_sequences=16),
        "val_mse",
        tmp_path,
        **how,
    )
    assert scores_again(again, reported)


def test_statistics_and_frozen_weights_are_kept_and_untouched_by_the_optimizer(
    tmp_path: Path,
) -> None:
    how = {"steps_per_epoch": 5, "optimizer": "adamw", "weight_decay": 0.5, "batch_size": 3}
    made, again, _ = trained(Counting, SineConfig(), "val_mse", tmp_path, **how)
    for model in (made, again):
        tensors = model.network.tensors()
        assert torch.equal(tensors["frozen"], torch.full((6,), 0.5))
        assert tensors["norm.num_batches_tracked"].dtype == torch.int64
        assert int(tensors["norm.num_batches_tracked"]) in (5, 10)
        assert float(tensors["norm.running_mean"].abs().max()) > 0


def test_tied_weights_are_one_tensor() -> None:
    network = CustomNetwork(network_config(named(Symbols))(), 5, 5, symbolic=True)
    assert "head.weight" not in network.tensors()
    assert "table.weight" in network.tensors()


def test_a_snapshot_in_the_middle_and_a_config_survive_bytes() -> None:
    config = TrialConfig(
        task=SineConfig(),
        model=network_config(named(Counting))(units=3),
        training=TrainingConfig(steps_per_epoch=4),
        seed=2,
    )
    assert config_from_json(config_to_json(config)) == config
    assert pickle.loads(pickle.dumps(config)) == config
    pack = Pack({config.task: load_data(config.task)})
    pack.add("trial", config)
    pack.train({"trial": 1}, 60.0)
    state = pack.state()
    again = snapshots_from_bytes(snapshots_to_bytes(state))["trial"]
    assert {"held", "best_held"} <= set(again.arrays)
    other = Pack({config.task: load_data(config.task)})
    other.add("trial", config, again)
    (one,) = other.train({"trial": 2}, 60.0).reports
    (two,) = pack.train({"trial": 2}, 60.0).reports
    assert one.metrics == two.metrics


class Growing(Symbols):
    def forward(self, x: Tensor, state: Any) -> Any:
        y, after = super().forward(x, None)
        return y, (after, y.sum(0))


class Stateless(Symbols):
    def forward(self, x: Tensor, lengths: Tensor) -> Any:
        return super().forward(x, None)[0]


class Detached(Symbols):
    def forward(self, x: Tensor, state: Any) -> Any:
        y, after = super().forward(x, state)
        return y[:, :, :-1], after


class Raising(Symbols):
    def forward(self, x: Tensor, state: Any) -> Any:
        raise ValueError("no such thing")


@pytest.mark.parametrize(
    ("cls", "message"),
    [
        (Growing, r"part 1 of its state has shape \(3, 5\).*one axis must count the sequences"),
        (Stateless, "takes no `state`, and the task goes on"),
        (Detached, r"gives y of shape \(3, 4, 4\) and not \(3, 4, 5\)"),
        (Raising, r"no such thing \(.*test_custom_networks.py:\d+, in forward\)"),
    ],
)
def test_a_network_that_will_not_do_is_told(cls: type, message: str) -> None:
    config = network_config(named(cls))()
    with pytest.raises(ModelError, match=message):
        try_network(config, 5, 5, True, whole=False)


class Turning(Symbols):
    """Its state is a dict that is filled in another order every other time."""

    turn = 0

    def forward(self, x: Tensor, state: Any) -> Any:
        y, after = super().forward(x, None if state is None else state["a"])
        parts = [("a", after), ("b", after + 1)]
        Turning.turn += 1
        return y, dict(parts if Turning.turn % 2 else parts[::-1])


class PerSequence(Symbols):
    def forward(self, x: Tensor, state: Any) -> Any:
        y, after = super().forward(x, None)
        return y, list(after.unbind(1))


class Complex(Symbols):
    def forward(self, x: Tensor, state: Any) -> Any:
        y, after = super().forward(x, None)
        return y, torch.complex(after, after)


def test_a_state_is_known_by_its_keys_and_not_by_their_order() -> None:
    network = CustomNetwork(network_config(named(Turning))(), 5, 5, symbolic=True).eval()
    x = torch.tensor([[0], [3], [1]])
    _, (one,) = network(x)
    _, (other,) = network(x)
    assert torch.equal(one, other)
    form = network.form.unfolded("it", one[0])
    assert torch.allclose(form["b"], form["a"] + 1)


@pytest.mark.parametrize(
    ("cls", "message"),
    [
        (PerSequence, "a state of 2 tensors for two sequences and of 3 for three"),
        (Complex, "part 0 of its state is complex.*view_as_real"),
    ],
)
def test_a_state_that_cannot_be_kept_is_refused(cls: type, message: str) -> None:
    with pytest.raises(ModelError, match=message):
        form_of(network_config(named(cls))(), 5, 5, True)


class Remembering(Symbols):
    """A buffer that no checkpoint keeps, which every call changes."""

    def __init__(self, input_size: int, output_size: int, units: int = 6) -> None:
        super().__init__(input_size, output_size, units)
        self.register_buffer("calls", torch.zeros(()), persistent=False)

    def forward(self, x: Tensor, state: Any) -> Any:
        y, after = super().forward(x, state)
        self.calls.add_(float(x.shape[1]))
        return y + self.calls, after


def test_a_buffer_that_is_not_kept_leads_from_no_trial_to_another() -> None:
    network = CustomNetwork(network_config(named(Remembering))(), 5, 5, symbolic=True).eval()
    tensors = {name: one.clone() for name, one in network.tensors().items()}
    x = torch.tensor([[0], [3], [1]])
    first, _ = network(x)
    network.put(tensors)
    assert torch.equal(network(x)[0], first)


def test_sequences_that_start_beside_others_that_go_on() -> None:
    config = network_config(named(Counting))()
    network = CustomNetwork(config, 1, 1, symbolic=False).double().eval()
    x = torch.randn(5, 2, 1, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    _, (between,) = network(x)
    mixed = between.clone()
    mixed[:, 0] = 0
    outputs, (after,) = network(x, (mixed,))
    assert torch.allclose(outputs[:, :1], network(x[:, :1])[0])
    assert torch.allclose(outputs[:, 1:], network(x[:, 1:], (between[:, 1:],))[0])
    steps = form_of(config, 1, 1, False).unfolded("it", after[0])[1].seen["steps"]
    assert steps.tolist() == [5, 10]


def test_loading_without_the_class_says_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    how = {"steps_per_epoch": 2}
    trained(Counting, SineConfig(), "val_mse", tmp_path / "model", **how)
    with pytest.raises(ModelError, match=r"the network .*Counting.*allow_code=True"):
        TrainedModel.load(tmp_path / "model")
    said = (tmp_path / "model" / "config.json").read_text()
    (tmp_path / "model" / "config.json").write_text(said.replace(named(Counting), "gone_away:Net"))
    monkeypatch.chdir(tmp_path)
    assert "gone_away" not in sys.modules
    with pytest.raises(ModelError, match="call from the folder in which gone_away lies"):
        TrainedModel.load(tmp_path / "model", allow_code=True)
