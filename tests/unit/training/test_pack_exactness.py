"""A trial's numbers are torch's, and the same in any company."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from contracts.packs import plain_losses, relative, step_losses

from rnnsearch.testing.waves import (
    POISONED,
    STEPS,
    SYMBOLS,
    alone,
    curve,
    drain,
    neighbours,
    trial,
    wave_pack,
)

CELLS = [("rnn", "tanh"), ("rnn", "relu"), ("gru", "tanh"), ("lstm", "tanh")]
each_trial = [
    pytest.param(cell, nonlinearity, layers, carry, id=f"{cell}-{nonlinearity}-{layers}-{carry}")
    for cell, nonlinearity in CELLS
    for layers in (1, 2)
    for carry in (False, True)
]


@pytest.fixture(autouse=True)
def one_thread():
    torch.set_num_threads(1)


def made(cell: str, nonlinearity: str, layers: int, carry: bool, dtype: str = "float32"):
    model = {"cell": cell, "nonlinearity": nonlinearity, "num_layers": layers, "hidden_size": 11}
    return trial(1, model=model, carry_state=carry, dtype=dtype, steps_per_epoch=8)


@pytest.mark.parametrize(("cell", "nonlinearity", "layers", "carry"), each_trial)
def test_curves_equal_a_plain_torch_loop(cell, nonlinearity, layers, carry):
    exact = made(cell, nonlinearity, layers, carry, "float64")
    truth = plain_losses(exact)
    assert relative(step_losses(exact), truth) < 1e-9
    config = made(cell, nonlinearity, layers, carry)
    ours, theirs = step_losses(config), plain_losses(config)
    assert relative(ours[:1], theirs[:1]) < 1e-6
    # Where torch's own float32 has parted from float64 by more, that is the limit.
    assert relative(ours, theirs) < max(1e-5, 3 * relative(theirs, truth))


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize(("cell", "nonlinearity", "layers", "carry"), each_trial)
def test_the_same_bits_in_any_company(cell, nonlinearity, layers, carry, dtype):
    config = made(cell, nonlinearity, layers, carry, dtype)
    expected = alone(config)
    assert len(expected) == 2
    for place in (0, 7):
        pack = wave_pack()
        names = list(neighbours(config))
        for name in [*names[:place], "trial", *names[place:]]:
            pack.add(name, config if name == "trial" else neighbours(config)[name])
        step = drain(pack, dict.fromkeys(pack.roster, 2))
        assert not step.refusals
        assert curve(step) == expected


@pytest.mark.parametrize("layers", [1, 2])
def test_the_norm_of_the_gradient_is_the_trials_own_in_any_company(layers):
    config = made("lstm", None, layers, False)

    def norms(*others):
        pack = wave_pack()
        for name, one in [*others, ("trial", config)]:
            pack.add(name, one)
        reports = drain(pack, dict.fromkeys(pack.roster, 2)).reports
        return [report.gradient_norm for report in reports if report.trial_id == "trial"]

    expected = norms()
    assert len(expected) == 2
    assert all(0 < norm < 1e3 for norm in expected)
    assert norms(*neighbours(config).items()) == expected


@pytest.mark.parametrize(("cell", "nonlinearity"), CELLS)
def test_the_same_bits_after_a_refill(cell, nonlinearity):
    config = made(cell, nonlinearity, 1, True)
    expected = alone(config)
    pack = wave_pack()
    others = neighbours(config)
    for name, other in others.items():
        pack.add(name, other)
    pack.train(dict.fromkeys(others, 1), 0.002)  # into the middle of an epoch
    drain(pack, {"seed": 1, "wild": 1})
    pack.remove("seed")
    pack.remove("narrow")
    pack.add("trial", config)
    assert curve(drain(pack, dict.fromkeys(pack.roster, 3)))[:2] == expected


@pytest.mark.parametrize(("cell", "nonlinearity"), CELLS)
def test_a_neighbour_that_reads_nan_is_reported_and_changes_no_bit(cell, nonlinearity):
    config = replace(made(cell, nonlinearity, 1, True), task=POISONED, seed=2)
    expected = alone(config)
    pack = wave_pack()
    pack.add("bad", replace(config, seed=1))
    pack.add("trial", config)
    pack.add("worse", replace(config, seed=3))
    step = drain(pack, {"trial": 2, "bad": 2, "worse": 2})
    assert curve(step) == expected
    assert {(bad.trial_id, bad.epoch, bad.step) for bad in step.divergences} == {
        ("bad", 1, 3),
        ("worse", 1, 3),
    }
    assert all(bad.gradient_norm != bad.gradient_norm for bad in step.divergences)
    assert set(pack.roster) == {"trial"}
    assert pack.train({"trial": 2}, 1.0).divergences == []


SETTINGS = {
    "adam-decay": {"weight_decay": 0.1},
    "adamw": {"optimizer": "adamw", "weight_decay": 0.3},
    "betas": {"beta1": 0.5, "beta2": 0.9},
    "sgd": {"optimizer": "sgd"},
    "sgd-momentum": {"optimizer": "sgd", "momentum": 0.9, "weight_decay": 0.1},
    "clip": {"clip_norm": 0.05, "optimizer": "sgd", "learning_rate": 0.5},
    "clip-adam": {"clip_norm": 0.2},
    "long": {"seq_len": 30, "batch_size": 3},
}


@pytest.mark.parametrize("name", SETTINGS)
def test_every_training_setting_is_torchs(name):
    config = trial(4, dtype="float64", **SETTINGS[name])
    ours = step_losses(config)
    assert relative(ours, plain_losses(config)) < 1e-9
    assert relative(ours, step_losses(trial(4, dtype="float64"))) > 1e-4  # it has an effect


@pytest.mark.parametrize("name", SETTINGS)
def test_settings_stay_with_their_trial(name):
    config = trial(4, **SETTINGS[name])
    pack = wave_pack()
    for other, changes in SETTINGS.items():
        pack.add(other, trial(4, **changes))
    assert curve(drain(pack, dict.fromkeys(pack.roster, 1)), name) == alone(config, 1)


@pytest.mark.parametrize(
    "model", [{"input": "onehot"}, {"input": "embedding", "embedding_size": 6}]
)
def test_symbols_equal_a_plain_torch_loop(model):
    config = trial(3, task=SYMBOLS, model=model, dtype="float64")
    assert relative(step_losses(config), plain_losses(config)) < 1e-9


def dropping(seed: int = 5, dropout: float = 0.4):
    return trial(seed, model={"num_layers": 2, "dropout": dropout, "hidden_size": 16})


def test_dropout_is_the_same_in_any_company_and_after_a_pause():
    expected = alone(dropping())
    pack = wave_pack()
    for number in range(5):
        pack.add(f"other-{number}", dropping(number, 0.1 + 0.1 * number))
    pack.train(dict.fromkeys(pack.roster, 1), 0.002)
    pack.add("trial", dropping())
    step = pack.train({"trial": 1}, 0.001)
    snapshot = pack.state()["trial"]
    elsewhere = wave_pack()
    elsewhere.add("trial", dropping(), snapshot)
    assert curve(step) + curve(drain(elsewhere, {"trial": 2})) == expected


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize(("cell", "nonlinearity"), CELLS)
def test_trials_with_and_without_dropout_share_a_stack_and_change_no_bit(cell, nonlinearity, dtype):
    plain = made(cell, nonlinearity, 2, True, dtype)
    dropped = replace(plain, model=replace(plain.model, dropout=0.3))
    pack = wave_pack()
    pack.add("dropped", dropped)
    pack.add("plain", plain)
    pack.add("seed", replace(dropped, seed=9))
    step = drain(pack, dict.fromkeys(pack.roster, 2))
    order = [report.trial_id for report in step.reports]
    assert [sorted(order[:3]), sorted(order[3:])] == [["dropped", "plain", "seed"]] * 2
    assert curve(step, "plain") == alone(plain)
    assert curve(step, "dropped") == alone(dropped)


def test_dropout_has_an_effect_of_its_own_strength():
    none, some, much = (alone(dropping(5, p), 1)[0]["train_loss"] for p in (0.0, 0.3, 0.6))
    assert len({none, some, much}) == 3


def test_hidden_sizes_of_all_kinds_train_as_in_torch():
    for size in (1, 16, 17, 63, 70):
        config = trial(6, model={"hidden_size": size}, dtype="float64")
        assert relative(step_losses(config, 6), plain_losses(config, 6)) < 1e-9


def test_train_loss_is_the_mean_over_the_epoch():
    losses = step_losses(trial(2))
    assert len(losses) == STEPS
    config = trial(2, dtype="float64", steps_per_epoch=7)
    pack = wave_pack()
    pack.add("trial", config)
    report = drain(pack, {"trial": 1}).reports[0]
    from contracts.plain_torch import PlainTorch

    from rnnsearch.testing.waves import WaveData, WaveTask

    plain = PlainTorch(config, WaveTask(WaveData(), torch.float64)).losses()
    assert report.training_steps == len(plain) == 7
    assert report.metrics["train_loss"] == pytest.approx(sum(plain) / 7, rel=1e-12)
