"""Trained models: folders, predictions, rollouts, samples, evaluation; and the config codec."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from rnnsearch.errors import DataError, HorizonError, ModelError, PromptError
from rnnsearch.models.config import ModelConfig
from rnnsearch.models.initial import initial_weights
from rnnsearch.tasks.base import TaskData
from rnnsearch.tasks.families import use_of_checkpoint
from rnnsearch.tasks.load import load_data
from rnnsearch.tasks.sine.config import RolloutConfig, SineConfig
from rnnsearch.tasks.splits import SplitConfig
from rnnsearch.tasks.text.config import TextConfig
from rnnsearch.training.codec import config_from_json, config_to_json
from rnnsearch.training.config import TrainingConfig, TrialConfig
from rnnsearch.training.pack import Pack
from rnnsearch.training.snapshot import snapshots_from_bytes, snapshots_to_bytes
from rnnsearch.training.trained import TrainedModel
from rnnsearch.training.weights import CARRIED, Weights

torch.set_num_threads(1)

SINE = TrialConfig(
    task=SineConfig(),
    model=ModelConfig(cell="gru", hidden_size=6, num_layers=2),
    training=TrainingConfig(steps_per_epoch=5, learning_rate=0.01),
    seed=3,
)
TEXT = TrialConfig(
    task=TextConfig(text="the cat sat on the mat, the rat sat on the cat. " * 40),
    model=ModelConfig(cell="lstm", hidden_size=5, input="embedding", embedding_size=3),
    training=TrainingConfig(batch_size=4, seq_len=16, carry_state=True, dtype="float64"),
    seed=4,
)


def weights_of(config: TrialConfig, data: TaskData, **more: np.ndarray) -> Weights:
    drawn = initial_weights(
        config.model, data.input_size, data.output_size, data.symbolic, config.seed
    )
    kind = np.dtype(config.training.dtype)
    tensors = {name: 2 * weight.numpy().astype(kind) for name, weight in drawn.items()}
    return Weights({**tensors, **more}, 2, {"val_mse": 0.5})


def model_of(config: TrialConfig) -> TrainedModel:
    data = load_data(config.task)
    return TrainedModel.from_weights(config, weights_of(config, data), data)


def points(*shape: int) -> np.ndarray:
    return np.random.default_rng(0).normal(size=shape)


@pytest.mark.parametrize(
    "config",
    [
        SINE,
        TEXT,
        replace(SINE, task=SineConfig(starts=(0.1, 2.5e-17), rollout=RolloutConfig(steps=(7,)))),
        replace(TEXT, task=TextConfig(path="a/b.txt", unit="byte", split=SplitConfig(val=0.05))),
        replace(SINE, training=TrainingConfig(clip_norm=0.1, seq_len=49, optimizer="sgd")),
    ],
)
def test_configs_survive_json(config: TrialConfig) -> None:
    text = json.dumps(config_to_json(config), allow_nan=False)
    again = config_from_json(json.loads(text))
    assert again == config
    assert hash(again) == hash(config), "lists came back as tuples"


@pytest.mark.parametrize(
    ("place", "value", "words"),
    [
        (("model", "colour"), "red", "config.model: unknown key colour"),
        (("model", "cell"), "mlp", "config.model.cell: 'mlp' is not 'rnn', 'gru', 'lstm'"),
        (("model", "hidden_size"), "8", "config.model.hidden_size: '8' is not a valid integer"),
        (("model", "hidden_size"), True, "True is not a valid integer"),
        (("training", "clip_norm"), "1", "config.training.clip_norm"),
        (("task", "starts"), 3, "config.task.starts: 3 is not a valid array"),
        (("task", "starts"), [1, "2"], r"config.task.starts\[1\]: '2' is not a valid number"),
        (("task", "type"), "chess", "'chess' is no task; tasks are series, sine, text"),
        (("task", "rollout"), None, "config.task.rollout: None is not a mapping"),
        (("seed",), 1.5, "config.seed"),
    ],
)
def test_foreign_configs_are_refused(place: tuple[str, ...], value: Any, words: str) -> None:
    plain = config_to_json(SINE)
    inner = plain
    for key in place[:-1]:
        inner = inner[key]
    inner[place[-1]] = value
    with pytest.raises(ModelError, match=words):
        config_from_json(plain)


def test_a_missing_field_takes_its_default_or_is_refused() -> None:
    plain = config_to_json(SINE)
    del plain["training"]["beta1"]
    assert config_from_json(plain) == SINE
    del plain["seed"]
    with pytest.raises(ModelError, match=r"config\.seed: is missing"):
        config_from_json(plain)


@pytest.mark.parametrize("config", [SINE, TEXT], ids=["sine", "text"])
def test_a_folder_gives_the_model_back(config: TrialConfig, tmp_path: Path) -> None:
    data = load_data(config.task)
    TrainedModel.from_weights(config, weights_of(config, data), data).save(tmp_path / "best")
    assert sorted(p.name for p in (tmp_path / "best").iterdir()) == [
        "config.json",
        "weights.safetensors",
    ]
    loaded = TrainedModel.load(str(tmp_path / "best"))
    made = model_of(config)
    assert loaded.config == config
    assert loaded.manifest == data.manifest()
    assert loaded.metrics == {"val_mse": 0.5}
    assert loaded.epoch == 2
    for name, weight in made.network.state_dict().items():
        assert torch.equal(loaded.network.state_dict()[name], weight)
    assert loaded.evaluate() == made.evaluate(data=data)
    loaded.save(tmp_path / "again")
    first, second = tmp_path / "best", tmp_path / "again"
    for name in ("config.json", "weights.safetensors"):
        assert (first / name).read_bytes() == (second / name).read_bytes()


@pytest.mark.parametrize("config", [SINE, TEXT], ids=["sine", "text"])
def test_evaluation_gives_what_the_pack_reported(config: TrialConfig) -> None:
    data = load_data(config.task)
    pack = Pack({config.task: data}, objective="val_nats" if data.symbolic else "val_mse")
    pack.add("a", config)
    reports = []
    while len(reports) < 2:
        reports += pack.train({"a": 2}, 5.0).reports
    weights = pack.remove("a")
    assert weights is not None
    model = TrainedModel.from_weights(config, weights, data)
    reported = dict(reports[weights.epoch - 1].metrics)
    del reported["train_loss"]
    assert model.evaluate("val", data) == reported
    assert set(model.evaluate("test", data)) == {name.replace("val_", "test_") for name in reported}


def test_predictions_have_the_shape_of_their_inputs() -> None:
    model = model_of(SINE)
    read = points(3, 7, 1)
    outputs = model.predict(read)
    assert outputs.shape == (3, 7, 1)
    assert outputs.dtype == np.float32
    np.testing.assert_allclose(model.predict(read[:1]), outputs[:1], rtol=1e-5)
    np.testing.assert_allclose(model.predict(read[:, :4]), outputs[:, :4], rtol=1e-5)


def test_symbols_get_log_probabilities() -> None:
    model = model_of(TEXT)
    tokens = np.array([model.vocabulary().encode("the cat")])
    logs = model.predict(tokens)
    assert logs.shape == (1, 7, len(model.vocabulary()))
    assert logs.dtype == np.float64
    np.testing.assert_allclose(np.exp(logs).sum(axis=-1), 1)


def test_a_rollout_feeds_predictions_back() -> None:
    model = model_of(SINE)
    history = points(2, 4, 1)
    rolled = model.rollout(history, 5)
    assert rolled.shape == (2, 5, 1)
    known = history
    for step in range(5):
        following = model.predict(known)[:, -1:]
        np.testing.assert_allclose(rolled[:, step : step + 1], following, rtol=1e-4, atol=1e-6)
        known = np.concatenate([known, following], axis=1)


def test_the_carried_state_is_kept_for_rollouts(tmp_path: Path) -> None:
    config = replace(SINE, task=SineConfig(rollout=RolloutConfig(steps=(5,), state="carried")))
    data = load_data(config.task)
    state = np.ones((2, 1, 6), dtype=np.float32)
    carried = weights_of(config, data, **{"carried.h": state})
    TrainedModel.from_weights(config, carried, data).save(tmp_path)
    loaded = TrainedModel.load(tmp_path)
    assert loaded.carried is not None
    np.testing.assert_array_equal(loaded.carried[0][0].numpy(), state)
    with_state, without = loaded.evaluate(), model_of(config).evaluate()
    assert with_state["val_mse"] == without["val_mse"]
    assert with_state["val_rollout_rmse_5"] != without["val_rollout_rmse_5"]


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("cell", ["rnn", "gru", "lstm"])
def test_a_champion_of_carried_rollouts_evaluates_to_its_records(
    cell: str, dtype: str, tmp_path: Path
) -> None:
    task = SineConfig(rollout=RolloutConfig(steps=(1, 49), state="carried"))
    config = replace(
        SINE,
        task=task,
        model=replace(SINE.model, cell=cell),
        training=replace(SINE.training, carry_state=True, batch_size=2, dtype=dtype),
    )
    data = load_data(task)

    def made() -> Pack:
        return Pack({task: data}, objective="val_rollout_rmse_49")

    pack = made()
    pack.add("a", config)
    pack.add("b", replace(config, training=replace(config.training, carry_state=False)))
    reports = []
    while min(pack.roster.values()) < 6:
        reports += pack.train(dict.fromkeys(pack.roster, 6), 5.0).reports
    moved = made()  # by way of a snapshot's bytes, aboard and not yet aboard
    moved.add("a", config, snapshots_from_bytes(snapshots_to_bytes(pack.state()))["a"])
    assert not moved.train({}, 1.0).refusals
    arriving = made()
    arriving.add("a", config, moved.state()["a"])
    for source in (pack, moved, arriving):
        weights = source.remove("a")
        assert weights is not None
        TrainedModel.from_weights(config, weights, data).save(tmp_path / "best")
        model = TrainedModel.load(tmp_path / "best")
        assert model.carried is not None
        (recorded,) = [
            dict(report.metrics)
            for report in reports
            if report.trial_id == "a" and report.epoch == weights.epoch
        ]
        del recorded["train_loss"]
        assert model.evaluate("val", data) == recorded
        stateless = replace(model, carried=None).evaluate("val", data)
        assert stateless["val_rollout_rmse_49"] != recorded["val_rollout_rmse_49"]
    plain = pack.remove("b")
    assert plain is not None
    assert not set(CARRIED) & set(plain.tensors)


def test_samples_follow_the_seed_and_the_temperature() -> None:
    model = model_of(TEXT)
    one = model.sample("the ", 30, 1.0, 7)
    assert len(one) == 30
    assert one == model.sample("the ", 30, temperature=1.0, seed=7)
    assert one != model.sample("the ", 30, temperature=1.0, seed=8)
    bold = model.sample("the ", 30, 0.0, 1)
    assert bold == model.sample("the ", 30, 0.0, 2)
    assert bold == model.sample("the ", 30, 1e-9, 2)
    tokens = np.array([model.vocabulary().encode("the ")])
    assert bold[0] == model.vocabulary().decode([int(model.predict(tokens)[0, -1].argmax())])


def test_what_cannot_be_done_is_said() -> None:
    sine, text = model_of(SINE), model_of(TEXT)
    with pytest.raises(HorizonError, match="1 to 1,000,000"):
        sine.rollout(points(1, 3, 1), 0)
    with pytest.raises(HorizonError, match="not 99,999,999,999"):
        sine.rollout(points(1, 3, 1), 99999999999)
    with pytest.raises(HorizonError, match="1 to 1,000,000"):
        text.sample("the", 0)
    with pytest.raises(HorizonError, match="not 10,000,000"):
        text.sample("the", 10_000_000)
    with pytest.raises(PromptError, match="'X'"):
        text.sample("teX", 3)
    with pytest.raises(PromptError, match="empty"):
        text.sample("", 3)
    with pytest.raises(ModelError, match="temperature"):
        text.sample("the", 3, -1.0)
    with pytest.raises(ModelError, match="rollout"):
        sine.sample("the", 3)
    with pytest.raises(ModelError, match="sample"):
        text.rollout(points(1, 3, 1), 2)
    with pytest.raises(ModelError, match=r"shape \(batch, time, 1\)"):
        sine.predict(points(3, 1))
    with pytest.raises(ModelError, match="whole numbers"):
        text.predict(points(1, 3))
    with pytest.raises(ModelError, match="from 0 to"):
        text.predict(np.array([[0, 99]]))


def test_shows_of_a_model() -> None:
    sine, text = model_of(SINE), model_of(TEXT)
    assert sine.say() == ""
    assert len(text.say()) == 16 + 300
    arrays = sine.picture(12)
    assert arrays is not None
    assert len(arrays["prediction"]) == len(arrays["prediction_time"]) == 12
    assert text.picture() is None


def test_other_data_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "text.txt"
    path.write_text("abcd" * 100)
    config = replace(TEXT, task=TextConfig(path=str(path)))
    model = model_of(config)
    model.save(tmp_path / "best")
    model = TrainedModel.load(tmp_path / "best")
    assert model.evaluate()
    path.write_text("abxd" * 100)
    with pytest.raises(ModelError, match="has changed"):
        model.evaluate()
    # A text of the same symbols, of which another part would be held out.
    path.write_text("abcd" * 101)
    with pytest.raises(ModelError, match="symbols 400, now 404"):
        model.evaluate()
    path.unlink()
    with pytest.raises(DataError):
        model.evaluate()


def test_damage_is_found(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"weights\.safetensors and config\.json"):
        TrainedModel.load(tmp_path / "nowhere")
    model_of(SINE).save(tmp_path)
    raw = (tmp_path / "weights.safetensors").read_bytes()
    text = (tmp_path / "config.json").read_text()
    for cut in (0, 5, len(raw) // 2, len(raw) - 1):
        (tmp_path / "weights.safetensors").write_bytes(raw[:cut])
        with pytest.raises(ModelError, match="is damaged"):
            TrainedModel.load(tmp_path)
    (tmp_path / "weights.safetensors").write_bytes(raw)
    (tmp_path / "config.json").write_text(text[:40])
    with pytest.raises(ModelError, match="is damaged"):
        TrainedModel.load(tmp_path)
    (tmp_path / "config.json").write_text("[]")
    with pytest.raises(ModelError, match="is damaged"):
        TrainedModel.load(tmp_path)
    (tmp_path / "config.json").write_text(text.replace('"hidden_size": 6', '"hidden_size": 7'))
    with pytest.raises(ModelError, match=r"head.weight should be \(1, 7\), and is \(1, 6\)"):
        TrainedModel.load(tmp_path)


def test_when_a_network_answers_is_kept_with_it(tmp_path: Path) -> None:
    data = load_data(SINE.task)
    weights = replace(weights_of(SINE, data), head="last")
    TrainedModel.from_weights(SINE, weights, data).save(tmp_path)
    model = TrainedModel.load(tmp_path)
    assert model.predict(points(3, 7, 1)).shape == (3, 1, 1)
    with pytest.raises(ModelError, match="asks for outputs at every step, and the model learned"):
        model.evaluate()
    text = (tmp_path / "config.json").read_text()
    (tmp_path / "config.json").write_text(text.replace('"head": "last"', '"head": "first"'))
    with pytest.raises(ModelError, match="is damaged"):
        TrainedModel.load(tmp_path)


@pytest.mark.parametrize(
    ("manifest", "head"),
    [
        ({"task": "labels", "reads": "text"}, "last"),
        ({"task": "series", "strategy": "direct"}, "last"),
        ({"task": "series", "strategy": "recursive"}, "every"),
        ({"task": "adding", "head": "last"}, "last"),
        ({"task": "sine"}, "every"),
    ],
)
def test_older_folders_tell_when_by_their_task(manifest: dict[str, str], head: str) -> None:
    said = {"config": {"task": {"type": manifest["task"]}}, "manifest": manifest}
    assert use_of_checkpoint(said).head == head
