"""What every network promises, whatever its cell and its options: one suite, inherited by each.

The reference is `RecurrentNetwork`, which computes classic cells by torch's own functions and the
others step by step in a loop; the packs' kernels have nothing of it.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

from rnnsearch.models.config import AnyModel, ModelConfig
from rnnsearch.models.initial import initial_weights
from rnnsearch.models.network import RecurrentNetwork
from rnnsearch.models.weights import parameter_count, weight_shapes
from rnnsearch.tasks.base import Batch, Head
from rnnsearch.tasks.load import load_data
from rnnsearch.tasks.sine.config import SineConfig
from rnnsearch.testing.waves import WaveData, alone, curve, drain, neighbours, trial, wave_pack
from rnnsearch.training.config import TrainingConfig, TrialConfig
from rnnsearch.training.forward import forward
from rnnsearch.training.gradients import training_pass
from rnnsearch.training.layout import layout_of
from rnnsearch.training.losses import LossShape
from rnnsearch.training.networks import Networks
from rnnsearch.training.pack import Pack
from rnnsearch.training.shapes import layer_state, network_shape
from rnnsearch.training.trained import TrainedModel

MEMBERS, STEPS, BATCH, FEATURES, OUTPUTS = 3, 7, 2, 3, 2
MSE = LossShape("mse")


class PlainCell(nn.Module):
    """A user's cell: h' = tanh(A x + B h), with the sum of all h beside it."""

    def __init__(self, input_size: int, hidden_size: int) -> None:
        super().__init__()
        self.state_sizes = (hidden_size, 1)
        self.into = nn.Linear(input_size, hidden_size)
        self.across = nn.Linear(hidden_size, hidden_size, bias=False)

    def forward(self, x: Tensor, state: tuple[Tensor, Tensor]) -> Any:
        hidden = torch.tanh(self.into(x) + self.across(state[0]))
        return hidden + 0.1 * state[1], (hidden, state[1] + hidden.sum(1, keepdim=True))


OWN = "rnnsearch.testing.cells:PlainCell"


def drawn(model: ModelConfig, member: int, symbolic: bool = False) -> dict[str, Tensor]:
    """Weights of one trial in float64, learned states and gains moved off their first values."""
    sizes = (5, 5, True) if symbolic else (FEATURES, OUTPUTS, False)
    dice = torch.Generator().manual_seed(member)
    weights = {}
    for name, weight in initial_weights(model, *sizes, member).items():
        noise = torch.randn(weight.shape, generator=dice, dtype=torch.float64)
        moved = "initial" in name or "norm" in name
        weights[name] = weight.double() + (0.3 * noise if moved else 0.0)
    return weights


def solo(model: ModelConfig, weights: dict[str, Tensor], symbolic: bool = False) -> Any:
    sizes = (5, 5, True) if symbolic else (FEATURES, OUTPUTS, False)
    network = RecurrentNetwork(model, *sizes).double().eval()
    network.load_state_dict(weights)
    return network


def stacked(model: ModelConfig) -> tuple[Any, Any, Tensor]:
    layout = layout_of(model, FEATURES, OUTPUTS, False)
    rows = torch.stack([layout.pack(drawn(model, k)) for k in range(MEMBERS)])
    return network_shape(model, FEATURES, OUTPUTS, False), layout, rows


def sequences(seed: int = 0, width: int = FEATURES) -> Tensor:
    dice = torch.Generator().manual_seed(seed)
    return torch.randn(MEMBERS, STEPS, BATCH, width, generator=dice, dtype=torch.float64)


def largest(ours: Tensor, theirs: Tensor) -> float:
    assert ours.shape == theirs.shape
    return float((ours - theirs).abs().max())


class NetworkContract:
    """Inherit, and set `model`."""

    model: ModelConfig
    carries: ClassVar[bool] = True
    """Whether a state may lead from one chunk into the next."""
    epochs: ClassVar[int] = 2

    @pytest.fixture(autouse=True)
    def one_thread(self) -> None:
        torch.set_num_threads(1)

    def test_names_shapes_and_count(self) -> None:
        for symbolic in (False, True):
            sizes = (5, 5, True) if symbolic else (FEATURES, OUTPUTS, False)
            network = RecurrentNetwork(self.model, *sizes)
            shapes = {name: tuple(w.shape) for name, w in network.state_dict().items()}
            assert shapes == weight_shapes(self.model, *sizes)
            count = parameter_count(
                self.model, input_size=sizes[0], output_size=sizes[1], symbolic=symbolic
            )
            assert count == sum(weight.numel() for weight in network.parameters())

    @pytest.mark.parametrize("head", ["every", "last"])
    def test_pack_equals_solo_outputs_and_gradients(self, head: Head) -> None:
        shape, layout, rows = stacked(self.model)
        inputs, steps = sequences(), STEPS if head == "every" else 1
        targets = sequences(1, OUTPUTS)[:, :steps]
        networks = Networks(shape, layout.views(rows))
        state = layer_state(shape, networks.first_state(BATCH))
        with torch.no_grad():
            computed = training_pass(networks, Batch(inputs, targets), MSE, head, state, [])
        joined = torch.zeros_like(rows)
        layout.join(computed.gradients, joined)
        for k in range(MEMBERS):
            network = solo(self.model, drawn(self.model, k))
            outputs, _ = network(inputs[k], None, head)
            loss = functional.mse_loss(outputs, targets[k])
            wanted = torch.autograd.grad(
                loss, list(network.parameters()), allow_unused=True, materialize_grads=True
            )
            assert abs(float(computed.losses[k]) - float(loss.detach())) < 1e-12
            gradients_of_k = layout.unpack(joined[k])
            for (name, _), gradient in zip(network.named_parameters(), wanted, strict=True):
                assert largest(gradients_of_k[name], gradient) < 1e-12
            # Whatever is not the trial's own stayed at zero.
            assert int(joined[k].count_nonzero()) == sum(
                int(g.count_nonzero()) for g in gradients_of_k.values()
            )

    def test_forward_with_lengths_is_each_sequence_alone(self) -> None:
        shape, layout, rows = stacked(self.model)
        inputs = sequences()
        lengths = torch.tensor([[STEPS, 3], [1, STEPS], [4, 4]])
        networks = Networks(shape, layout.views(rows))
        state = networks.first_state(BATCH)
        with torch.no_grad():
            for head in ("every", "last"):
                outputs, after = forward(networks, inputs, state, head=head, lengths=lengths)
                for k in range(MEMBERS):
                    network = solo(self.model, drawn(self.model, k))
                    for b in range(BATCH):
                        length = int(lengths[k, b])
                        wanted, last = network(inputs[k, :length, b : b + 1], None, head)
                        got = outputs[k, : len(wanted), b : b + 1]
                        assert largest(got, wanted) < 1e-12
                        for ours, theirs in zip(after, last, strict=True):
                            width = theirs.shape[-1]
                            assert largest(ours[k, :, b : b + 1, :width], theirs) < 1e-12

    def test_gradients_reach_the_first_step(self) -> None:
        network = solo(self.model, drawn(self.model, 0))
        inputs = sequences()[0].requires_grad_()
        outputs, _ = network(inputs)
        (gradient,) = torch.autograd.grad(outputs[-1].sum(), inputs)
        assert float(gradient[0].abs().min()) > 0

    def test_sequences_of_a_batch_do_not_mix(self) -> None:
        shape, layout, rows = stacked(self.model)
        networks, inputs = Networks(shape, layout.views(rows)), sequences()
        changed = inputs.clone()
        changed[:, :, 1] += 1
        with torch.no_grad():
            state = networks.first_state(BATCH)
            before, _ = forward(networks, inputs, state)
            after, _ = forward(networks, changed, state)
        assert torch.equal(before[:, :, 0], after[:, :, 0])
        assert not torch.equal(before[:, :, 1], after[:, :, 1])

    def test_two_chunks_with_the_state_between_are_one(self) -> None:
        if not self.carries:
            pytest.skip("it reads a sequence backwards too, so no chunk can be cut off")
        shape, layout, rows = stacked(self.model)
        networks, inputs = Networks(shape, layout.views(rows)), sequences()
        with torch.no_grad():
            state = networks.first_state(BATCH)
            whole, last = forward(networks, inputs, state)
            first, between = forward(networks, inputs[:, :3], state)
            second, end = forward(networks, inputs[:, 3:], between)
        assert largest(torch.cat([first, second], 1), whole) < 1e-12
        for ours, theirs in zip(end, last, strict=True):
            assert largest(ours, theirs) < 1e-12

    @pytest.mark.parametrize("dtype", ["float32", "float64"])
    def test_the_same_bits_in_any_company_and_a_falling_loss(
        self, dtype: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(WaveData, "whole_sequence", not self.carries)
        plain = trial(1, dtype=dtype, learning_rate=1e-2)
        config = replace(plain, model=self.model)
        expected = alone(config, self.epochs)
        assert expected[-1]["train_loss"] < expected[0]["train_loss"]
        others = neighbours(config)
        others.pop("apart")
        if self.model.hidden_sizes is not None:
            others |= {"wide": trial(8), "narrow": trial(9)}
        if not self.carries or self.model.initial_state == "learned":
            others.pop("carried")
        pack = wave_pack()
        names = list(others)
        for name in [*names[:2], "trial", *names[2:]]:
            pack.add(name, config if name == "trial" else others[name])
        step = drain(pack, dict.fromkeys(pack.roster, self.epochs))
        assert not step.refusals
        assert curve(step) == expected


class TrainedContract:
    """A network out of a pack, in a checkpoint folder and back; inherit, and set `model`."""

    model: AnyModel
    carry_state: ClassVar[bool] = True

    def test_saved_and_loaded_it_scores_as_it_did(self, tmp_path: Path) -> None:
        torch.set_num_threads(1)
        config = TrialConfig(
            task=SineConfig(),
            model=self.model,
            training=TrainingConfig(
                steps_per_epoch=4, learning_rate=1e-2, carry_state=self.carry_state
            ),
            seed=2,
        )
        data = load_data(config.task)
        pack = Pack({config.task: data})
        pack.add("trial", config)
        pack.train({"trial": 1}, 60.0)
        (snapshot,) = pack.state().values()
        weights = pack.remove("trial")
        assert weights is not None
        model = TrainedModel.from_weights(config, weights, data)
        model.save(tmp_path)
        again = TrainedModel.load(tmp_path, allow_code=True)
        assert again.config == config
        assert again.evaluate("val", data) == {
            name: value for name, value in weights.metrics.items() if name.startswith("val")
        }
        history = np.sin(np.linspace(0, 3, 7)).reshape(1, 7, 1).astype(np.float32)
        assert np.array_equal(again.rollout(history, 3), model.rollout(history, 3))
        other = Pack({config.task: data})
        other.add("trial", config, snapshot)
        assert other.train({"trial": 2}, 60.0).reports[0].epoch == 2
