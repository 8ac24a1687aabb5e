"""People's modules computed for several trials at once, and those that cannot be."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

from rnnsearch.models.config import ModelConfig
from rnnsearch.models.network_config import network_config
from rnnsearch.testing.cells import TrainedContract
from rnnsearch.testing.networks import CustomNetworkContract
from rnnsearch.testing.waves import alone, curve, drain, trial, wave_pack
from rnnsearch.training import custom_networks
from rnnsearch.training.fused.calls import over_trials, steadily
from rnnsearch.training.fused.prepared import prepare
from rnnsearch.training.fused.steady import steady
from rnnsearch.training.fused.trying import Verdict
from rnnsearch.training.fused.trying_networks import network_verdict

torch.set_num_threads(1)
CPU = torch.device("cpu")


class Peephole(nn.Module):
    """An LSTM whose gates see its cells, with attention over its states."""

    def __init__(self, input_size: int, output_size: int, units: int = 5) -> None:
        super().__init__()
        self.units = units
        self.into = nn.Linear(input_size, 4 * units)
        self.across = nn.Linear(units, 4 * units, bias=False)
        self.peep = nn.Parameter(torch.zeros(3, units))
        self.ask = nn.Linear(units, units, bias=False)
        self.head = nn.Linear(2 * units, output_size)

    def forward(self, x: Tensor, state: Any) -> Any:
        h, c = (x.new_zeros(len(x), self.units),) * 2 if state is None else state
        states = []
        for read in self.into(x).unbind(1):
            i, f, g, o = (read + self.across(h)).chunk(4, -1)
            c = torch.sigmoid(f + self.peep[1] * c) * c + torch.sigmoid(
                i + self.peep[0] * c
            ) * torch.tanh(g)
            h = torch.sigmoid(o + self.peep[2] * c) * torch.tanh(c)
            states.append(h)
        seen = torch.stack(states, 1)
        score = self.ask(seen) @ seen.transpose(1, 2)
        later = torch.ones(score.shape[-2:], dtype=torch.bool).triu(1)
        looked = score.masked_fill(later, float("-inf")).softmax(-1) @ seen
        return self.head(torch.cat([seen, looked], -1)), (h, c)


class Dropping(nn.Module):
    """A GRU of two layers with a batch norm that counts, and dropout of every kind."""

    def __init__(self, input_size: int, output_size: int, units: int = 5) -> None:
        super().__init__()
        self.rnn = nn.GRU(input_size, units, 2, batch_first=True, dropout=0.2)
        self.norm = nn.BatchNorm1d(units, momentum=None)
        self.drop = nn.Dropout(0.3)
        self.head = nn.Linear(units, output_size)
        self.register_buffer("calls", torch.zeros((), dtype=torch.int64))

    def forward(self, x: Tensor, state: Any) -> Any:
        self.calls = self.calls + 1
        states, state = self.rnn(x, state)
        normal = self.norm(states.flatten(0, 1)).view(states.shape)
        dropped = functional.dropout(self.drop(normal), 0.1, self.training)
        return self.head(functional.silu(dropped)), state


class Stepping(nn.Module):
    """A cell of torch's in a loop."""

    def __init__(self, input_size: int, output_size: int, units: int = 6) -> None:
        super().__init__()
        self.cell = nn.LSTMCell(input_size, units)
        self.head = nn.Linear(units, output_size)

    def forward(self, x: Tensor, state: Any) -> Any:
        outputs = []
        for one in x.unbind(1):
            state = self.cell(one, state)
            outputs.append(self.head(state[0]))
        return torch.stack(outputs, 1), state


class Leaky(nn.Module):
    """A cell that drops, written with plain products."""

    def __init__(self, input_size: int, hidden_size: int) -> None:
        super().__init__()
        self.read = nn.Linear(input_size, hidden_size)
        self.across = nn.Parameter(torch.eye(hidden_size) * 0.5)
        self.drop = nn.Dropout(0.2)

    def forward(self, x: Tensor, state: tuple[Tensor]) -> Any:
        hidden = torch.tanh(self.read(x) + state[0] @ self.across)
        return self.drop(hidden), (hidden,)


class Looking(Stepping):
    def forward(self, x: Tensor, state: Any) -> Any:
        return super().forward(x if float(x.sum()) else -x, state)


class Branching(Stepping):
    def forward(self, x: Tensor, state: Any) -> Any:
        if (x > 0).any():
            return super().forward(x, state)
        return super().forward(-x, state)


class Noisy(Stepping):
    def forward(self, x: Tensor, state: Any) -> Any:
        return super().forward(x + 0.1 * torch.randn_like(x), state)


class Projected(nn.Module):
    def __init__(self, input_size: int, output_size: int) -> None:
        super().__init__()
        self.rnn = nn.LSTM(input_size, 6, proj_size=output_size, batch_first=True)

    def forward(self, x: Tensor, state: Any) -> Any:
        return self.rnn(x, state)


def named(cls: type) -> str:
    return f"{__name__}:{cls.__name__}"


def verdict_of(cls: type, dtype: torch.dtype = torch.float32) -> Verdict[Any]:
    return network_verdict(network_config(named(cls))(), 1, 1, False, CPU, dtype)


class TestPeephole(CustomNetworkContract):
    model = network_config(named(Peephole))()

    def test_two_chunks_with_the_state_between_are_one(self) -> None:
        pytest.skip("its attention begins anew in every chunk")


class TestDropping(CustomNetworkContract):
    model = network_config(named(Dropping))()


class TestStepping(CustomNetworkContract):
    model = network_config(named(Stepping))()


class TestLeaky(TrainedContract):
    model = ModelConfig(cell=named(Leaky), hidden_size=5, num_layers=2)


@pytest.mark.parametrize("cls", [Peephole, Dropping, Stepping])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_what_is_fused(cls: type, dtype: torch.dtype) -> None:
    verdict = verdict_of(cls, dtype)
    assert verdict.reason == ""
    assert verdict.fused is not None
    assert verdict.fused.direct


@pytest.mark.filterwarnings("ignore:LSTM with projections")
@pytest.mark.parametrize(
    ("cls", "reason"),
    [
        (Looking, "it looks at the values of a tensor (.*test_fused.py:"),
        (Branching, "it looks at the values of a tensor (.*test_fused.py:"),
        (Noisy, "it draws random numbers otherwise than by nn.Dropout"),
        (Projected, "it has a recurrent layer of torch's with a projection"),
    ],
)
def test_what_is_not_says_why_and_trains_nevertheless(cls: type, reason: str) -> None:
    config = replace(trial(1), model=network_config(named(cls))())
    pack = wave_pack()
    pack.add("trial", config)
    step = drain(pack, {"trial": 1})
    assert not step.refusals
    start, _, file = reason.partition("(.*")
    assert pack.kernels["trial"].startswith(f"own network, slow path: {start}")
    assert file in pack.kernels["trial"]


def test_a_cell_that_drops_is_fused_and_drops_in_training_alone() -> None:
    config = trial(1, model={"cell": named(Leaky), "hidden_size": 5})
    expected = alone(config, 2)
    pack = wave_pack()
    for name, seed in (("other", 4), ("trial", 1), ("third", 7)):
        pack.add(name, replace(config, seed=seed))
    step = drain(pack, dict.fromkeys(pack.roster, 2))
    assert curve(step) == expected
    assert curve(step, "other") != expected
    assert set(pack.kernels.values()) == {"own cell, fused"}
    again = alone(replace(config, training=replace(config.training, learning_rate=0.0)), 2)
    assert again[0]["train_loss"] != again[1]["train_loss"]
    assert again[0]["val_mse"] == again[1]["val_mse"]


def weights_after(
    monkeypatch: pytest.MonkeyPatch, epochs: int, dtype: str, *, fused: bool
) -> Tensor:
    config = replace(trial(3, dtype=dtype), model=network_config(named(Peephole))())
    with monkeypatch.context() as patched:
        if not fused:
            slow: Verdict[Any] = Verdict(None, "a test asks for it")
            patched.setattr(custom_networks, "network_verdict", lambda *kind: slow)
        pack = wave_pack()
        pack.add("trial", config)
        pack.add("other", replace(config, seed=4))
        drain(pack, dict.fromkeys(pack.roster, epochs))
        return torch.from_numpy(pack.state()["trial"].arrays["parameters"]).double()


def test_later_it_is_no_further_from_alone_than_float32_from_float64(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    together = weights_after(monkeypatch, 4, "float32", fused=True)
    by_itself = weights_after(monkeypatch, 4, "float32", fused=False)
    exact = weights_after(monkeypatch, 4, "float64", fused=False)
    assert (together - by_itself).norm() < 2 * (by_itself - exact).norm()
    exact_together = weights_after(monkeypatch, 4, "float64", fused=True)
    assert (exact - exact_together).norm() < 1e-9


@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("both", [True, False])
@pytest.mark.parametrize("batch_first", [True, False])
@pytest.mark.parametrize(
    ("kind", "more"),
    [
        (nn.RNN, {"nonlinearity": "relu"}),
        (nn.RNN, {}),
        (nn.GRU, {}),
        (nn.LSTM, {}),
    ],
)
def test_recurrent_layers_of_torch_keep_their_numbers(
    kind: Any, more: dict[str, Any], batch_first: bool, both: bool, bias: bool
) -> None:
    how = {"batch_first": batch_first, "bidirectional": both, "bias": bias, **more}
    modules = [kind(3, 5, 2, **how).double() for _ in range(2)]
    x = torch.randn(2, 4, 6, 3, dtype=torch.float64)
    shape = (2, 2 * (1 + both), 4 if batch_first else 6, 5)
    states = [torch.randn(shape, dtype=torch.float64) for _ in range(1 + (kind is nn.LSTM))]

    def flat(answer: Any) -> list[Tensor]:
        outputs, last = answer
        return [one.detach() for one in (outputs, *(last if isinstance(last, tuple) else (last,)))]

    def given(k: int) -> Any:
        parts = tuple(state[k] for state in states)
        return parts if kind is nn.LSTM else parts[0]

    expected = [flat(module(x[k], given(k))) for k, module in enumerate(modules)]
    stacked = {
        name: torch.stack([dict(one.named_parameters())[name].detach() for one in modules])
        for name, _ in modules[0].named_parameters()
    }
    together = kind(3, 5, 2, **how).double()
    prepare(together)

    def one(weights: Any, x: Tensor, *parts: Tensor) -> Any:
        state = parts if kind is nn.LSTM else parts[0]
        return tuple(flat(torch.func.functional_call(together, weights, (x, state))))

    with steadily():
        answered = over_trials(one, stacked, x, *states, direct=False)
    for k, parts in enumerate(expected):
        for ours, theirs in zip(answered, parts, strict=True):
            assert float((ours[k] - theirs).abs().max()) < 1e-12


@pytest.mark.parametrize("kind", [nn.RNNCell, nn.GRUCell, nn.LSTMCell])
def test_recurrent_cells_of_torch_keep_their_numbers(kind: Any) -> None:
    theirs = kind(3, 5).double()
    ours = kind(3, 5).double()
    ours.load_state_dict(theirs.state_dict())
    prepare(ours)
    x = torch.randn(2, 3, dtype=torch.float64)
    one, other = theirs(x), ours(x)
    one, other = theirs(x, one), ours(x, other)
    pairs = zip(one, other, strict=True) if kind is nn.LSTMCell else [(one, other)]
    assert all(float((a - b).detach().abs().max()) < 1e-12 for a, b in pairs)


@pytest.mark.parametrize("momentum", [0.3, None])
def test_batch_norm_keeps_its_numbers_and_statistics(momentum: float | None) -> None:
    theirs = nn.BatchNorm1d(3, momentum=momentum).double()
    ours = nn.BatchNorm1d(3, momentum=momentum).double()
    prepare(ours)
    for seed in range(3):
        dice = torch.Generator().manual_seed(seed)
        x = torch.randn(4, 3, 5, generator=dice, dtype=torch.float64)
        assert float((theirs(x) - ours(x)).detach().abs().max()) < 1e-12
    for one, other in zip(theirs.buffers(), ours.buffers(), strict=True):
        assert torch.allclose(one, other, atol=1e-12)
    theirs.eval(), ours.eval()
    assert float((theirs(x) - ours(x)).detach().abs().max()) < 1e-12
    ours.train()
    with pytest.raises(ValueError, match="one number a feature"):
        ours(torch.zeros(1, 3, dtype=torch.float64))


@pytest.mark.parametrize("numbers", [1, 5, 16, 17, 33, 100])
@pytest.mark.parametrize(
    "operator",
    [
        *(torch.sigmoid, functional.silu, functional.softplus, functional.mish, functional.elu),
        *(functional.gelu, torch.tanh, torch.exp, functional.logsigmoid),
    ],
)
def test_numbers_and_gradients_round_alike_in_every_place(operator: Any, numbers: int) -> None:
    dice = torch.Generator().manual_seed(0)
    looked_at = torch.randn(numbers, generator=dice)
    seen = set()
    for count in (1, 2, 3, 8, 33):
        for place in {0, count // 2, count - 1}:
            rows = torch.randn(count, numbers, generator=dice)
            rows[place] = looked_at
            rows.requires_grad_()
            with steady():
                after = operator(rows)
                (gradient,) = torch.autograd.grad(after, rows, after.detach())
            both = torch.stack([after[place].detach(), gradient[place]])
            seen.add(both.numpy().tobytes())
    assert len(seen) == 1


@pytest.mark.parametrize("rows", [1, 3, 17])
@pytest.mark.parametrize("columns", [1, 5, 16])
@pytest.mark.parametrize("inner", [5, 16, 23])
def test_products_round_alike_alone_and_in_every_place(rows: int, columns: int, inner: int) -> None:
    dice = torch.Generator().manual_seed(0)
    left = torch.randn(7, rows, inner, generator=dice)
    right = torch.randn(7, columns, inner, generator=dice)
    with steady():
        together = torch.bmm(left, right.transpose(1, 2))
        fewer = torch.bmm(left[3:5], right[3:5].transpose(1, 2))
        by_itself = left[3].clone() @ right[3].clone().T
    assert torch.equal(together[3], by_itself)
    assert torch.equal(fewer[0], by_itself)


def test_operators_take_what_torchs_take() -> None:
    whole, mask = torch.tensor([[1, 2], [3, 4]]), torch.tensor([True, False])
    x, nothing = torch.randn(2, 2), torch.full((2, 2), torch.nan)
    expected = [torch.sigmoid(whole), torch.sigmoid(mask), torch.atan2(whole, x), whole @ whole]
    expected += [torch.sigmoid(x[:0]), torch.addmm(nothing, x, x, beta=0, alpha=2)]
    expected += [torch.sigmoid(x.T), torch.sigmoid(torch.tensor(1.5)), x.clone().sigmoid_()]
    with steady():
        answered = [torch.sigmoid(whole), torch.sigmoid(mask), torch.atan2(whole, x), whole @ whole]
        answered += [torch.sigmoid(x[:0]), torch.addmm(nothing, x, x, beta=0, alpha=2)]
        answered += [torch.sigmoid(x.T), torch.sigmoid(torch.tensor(1.5)), x.clone().sigmoid_()]
    for one, other in zip(answered, expected, strict=True):
        assert one.dtype == other.dtype
        assert torch.allclose(one, other)


def test_outside_of_the_context_operators_are_torchs_own() -> None:
    x, y = torch.randn(3, 5), torch.randn(5, 4)
    before = torch.sigmoid(x), x @ y
    with steady():
        with steady():
            pass
        assert torch.allclose(x @ y, before[1])
    assert torch.equal(torch.sigmoid(x), before[0])
    assert torch.equal(x @ y, before[1])
