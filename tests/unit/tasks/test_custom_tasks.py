"""A user's own tasks: found, checked, adapted, trained, saved and read again."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from unit.tasks.custom_examples.custom_tasks import Echo, NoTest, Parity, Whole, declared

from rnnsearch import Figure, Metric, Use, plugins
from rnnsearch.errors import DataError, InputError, ModelError, SpaceFileError
from rnnsearch.figures.scatter import Scatter
from rnnsearch.models.config import ModelConfig
from rnnsearch.models.initial import initial_weights
from rnnsearch.records.mlflow.inputs import input_meanings
from rnnsearch.space.load import loads
from rnnsearch.space.schema import json_schema
from rnnsearch.space.trial import trial_config
from rnnsearch.tasks import families
from rnnsearch.tasks.base import Window
from rnnsearch.tasks.custom import family as custom_family
from rnnsearch.tasks.custom.find import GROUP
from rnnsearch.tasks.families import family, family_of, use_of
from rnnsearch.tasks.load import build_task, load_data
from rnnsearch.tasks.model_facts import ModelDescription
from rnnsearch.tasks.pictures import figures_of
from rnnsearch.tasks.signature import Column, Signature
from rnnsearch.tasks.sine.task import SineTask
from rnnsearch.testing.tasks import CPU, Networks, TaskContract, networks
from rnnsearch.training.codec import config_from_json, config_to_json
from rnnsearch.training.config import TrainingConfig, TrialConfig
from rnnsearch.training.pack import Pack
from rnnsearch.training.trained import TrainedModel
from rnnsearch.training.weights import Weights

torch.set_num_threads(1)

HERE = "unit.tasks.custom_examples.custom_tasks"
SPACE = f"task: {{type: '{HERE}:Echo'}}\nmodel: {{hidden_size: {{int: [2, 4]}}}}\n"


class TestEcho(TaskContract):
    config = Echo(delay=3)  # type: ignore[assignment]
    windows = (Window(2), Window(4, seq_len=12, steps_per_epoch=3))


class TestWhole(TaskContract):
    config = Whole()  # type: ignore[assignment]
    windows = (Window(2, steps_per_epoch=3),)


def test_a_batch_is_a_function_of_seed_epoch_and_step() -> None:
    task = build_task(Echo(), load_data(Echo()), CPU, torch.float64)
    index = task.epoch_index(5, 2, Window(3, steps_per_epoch=4))
    batch = task.gather(torch.tensor(index[1:2]), Window(3))
    inputs, targets = Echo().batch(np.random.default_rng(int(index[1, 0])), 3)
    assert torch.equal(batch.inputs[0], torch.tensor(inputs).transpose(0, 1))
    assert torch.equal(batch.targets[0], torch.tensor(targets).transpose(0, 1))
    assert len({int(row[0]) for row in index}) == 4


def test_each_trial_is_scored_by_its_own_answers() -> None:
    data = load_data(Parity())
    task = build_task(Parity(), data, CPU, torch.float32)
    assert (task.head, data.losses) == ("last", ("cross_entropy",))
    many = networks(data, 4, head="last")
    together = task.evaluate(many, "val", None)["val_accuracy"]
    # one call for what all ask alike; what hangs on their first answers is asked again
    assert many.calls <= 1 + 4
    alone = [
        task.evaluate(Networks([one], "last"), "val", None)["val_accuracy"] for one in many.networks
    ]
    assert together.tolist() == [float(value) for value in alone]
    (constant,) = data.baselines()
    assert 0.2 < constant.metrics["val_accuracy"] < 0.8


def test_a_task_gives_pictures_of_one_network() -> None:
    def figures(self: Any, predict: Any) -> list[Figure]:
        return [Figure(Scatter(np.zeros(4), predict(np.zeros((1, 4, 1))).ravel(), "number"))]

    config = declared(figures=figures)()
    data = load_data(config)
    task = build_task(config, data, CPU, torch.float32)
    (figure,) = figures_of(task, networks(data, 1), "")
    assert isinstance(figure.drawing, Scatter)
    assert figure.drawing.predicted.shape == (4,)
    plain = load_data(Echo())
    assert figures_of(build_task(Echo(), plain, CPU, torch.float32), networks(plain, 1), "") == []


@pytest.mark.parametrize(
    ("figures", "words"),
    [
        (lambda self, predict: [Scatter(np.zeros(1), np.zeros(1), "x")], "gave Scatter: write Fig"),
        (lambda self, predict: None, "gave NoneType"),
        (lambda self, predict: [1 / 0], "raised ZeroDivisionError"),
    ],
)
def test_pictures_that_are_none_are_refused_with_the_method(figures: Any, words: str) -> None:
    config = declared(figures=figures)()
    data = load_data(config)
    task = build_task(config, data, CPU, torch.float32)
    with pytest.raises(DataError, match=rf"Declared.figures\(predict\) .*{words}"):
        figures_of(task, networks(data, 1), "")


def test_classes_at_the_last_step_are_gathered() -> None:
    task = build_task(Parity(), load_data(Parity()), CPU, torch.float32)
    batch = task.gather(torch.tensor([[7, 7]]), Window(2))
    assert batch.inputs.shape == (1, 6, 2)
    assert batch.targets.shape == (1, 1, 2)
    assert torch.equal(batch.inputs.sum(dim=1, keepdim=True) % 2, batch.targets)


def test_a_whole_task_is_used_as_it_is() -> None:
    data = load_data(Whole())
    assert isinstance(build_task(Whole(), data, CPU, torch.float32), SineTask)


def test_it_is_trained_saved_and_read_again(tmp_path: Path) -> None:
    training = TrainingConfig(batch_size=8, steps_per_epoch=60, learning_rate=0.02)
    config = TrialConfig(task=Echo(), model=ModelConfig(hidden_size=8), training=training, seed=0)
    data = load_data(config.task)
    pack = Pack({config.task: data}, objective="val_mse")
    pack.add("a", config)
    values: list[float] = []
    while len(values) < 4:
        step = pack.train({"a": 4}, seconds=5.0)
        assert not step.refusals
        values += [report.metrics["val_mse"] for report in step.reports]
    assert values[-1] < values[0]
    weights = pack.remove("a")
    assert weights is not None
    TrainedModel.from_weights(config, weights, data).save(tmp_path)
    with pytest.raises(ModelError, match=f"the task {HERE}:Echo.*--allow-code.*allow_code=True"):
        TrainedModel.load(tmp_path)
    model = TrainedModel.load(tmp_path, allow_code=True)
    assert model.config == config
    assert model.evaluate("val")["val_mse"] == pytest.approx(min(values), rel=1e-6)


def test_a_model_of_classes_gives_log_probabilities_at_the_end() -> None:
    training = TrainingConfig(batch_size=2, steps_per_epoch=2)
    config = TrialConfig(task=Parity(), model=ModelConfig(hidden_size=4), training=training, seed=0)
    data = load_data(config.task)
    pack = Pack({config.task: data}, objective="val_accuracy", goal="maximize")
    pack.add("a", config)
    pack.train({"a": 1}, seconds=600.0)
    weights = pack.remove("a")
    assert weights is not None
    said = TrainedModel.from_weights(config, weights, data).predict(np.ones((3, 6), dtype=int))
    assert said.shape == (3, 1, 2)
    np.testing.assert_allclose(np.exp(said).sum(axis=-1), 1, rtol=1e-6)


def test_a_config_is_written_with_the_path_of_its_class() -> None:
    config = TrialConfig(
        task=Whole(points=(7, 8)), model=ModelConfig(), training=TrainingConfig(), seed=0
    )
    values = json.loads(json.dumps(config_to_json(config)))
    assert values["task"] == {"type": f"{HERE}:Whole", "points": [7, 8], "kind": "plain"}
    assert config_from_json(values) == config
    values["task"]["type"] = "no_such_module:Whole"
    with pytest.raises(ModelError, match="cannot import the task no_such_module"):
        config_from_json(values)


def load(text: str, *overrides: str) -> object:
    return loads(text, name="own", directory=Path.cwd(), overrides=overrides)


def test_its_fields_are_keys_of_the_space_file() -> None:
    text = SPACE.replace("}", ", delay: {int: [1, 3]}}", 1) + "search: {num_trials: 2}\n"
    spec = loads(text, name="own", directory=Path.cwd())
    assert spec.search.metric == "val_mse"
    assert trial_config(spec, {"task.delay": 3, "model.hidden_size": 2}, 0).task == Echo(delay=3)
    assert loads(spec.yaml, name="own", directory=Path.cwd()) == spec
    fixed = loads(SPACE, name="own", directory=Path.cwd(), overrides=["task.delay=1"])
    assert fixed.values["task.delay"] == 1


@pytest.mark.parametrize(
    ("override", "words"),
    [
        ("task.dely=1", "task.delay"),
        ("task.delay=1.5", "must be a whole number"),
        ("task.delay=10", "must be from 0 to 9, not 10"),
        ("task.type=no_such_module:Echo", "cannot import the task no_such_module:Echo"),
        (f"task.type={HERE}:Eco", "custom_tasks has no Eco"),
        (f"task.type={HERE}:NoDataclass", "it must be a dataclass"),
        (f"task.type={HERE}:NotFrozen", "must be frozen"),
        (f"task.type={HERE}:NoDefault", "its field `needed` needs a default"),
        (f"task.type={HERE}:BadType", "its field `table` has a type that a space file cannot set"),
        (f"task.type={HERE}:Empty", "has no input_size, output_size, batch, metrics, evaluate"),
        (f"task.type={HERE}:WrongShape", r"must be numbers \(size, time, 1\)"),
        (f"task.type={HERE}:OtherFigures", "metrics names val_mse, and evaluate.* reports mse"),
        (f"task.type={HERE}:Fails", "raised OSError: the disk is on fire"),
        ("training.seq_len=4", "leave training.seq_len out"),
        ("training.loss=bce", "cannot be trained on 'bce'; it takes mse, l1, huber"),
        ("training.carry_state=true", "no state leads from one to the next"),
        ("search.metric=val_mae", "val_mse"),
    ],
)
def test_mistakes_are_found_before_a_run(override: str, words: str) -> None:
    with pytest.raises(SpaceFileError, match=words) as caught:
        load(SPACE, override)
    assert len(caught.value.mistakes) == 1


def test_a_part_that_is_scored_is_one_of_its_rows() -> None:
    assert load_data(Echo()).rows() == {"val": 20, "test": 20}
    data = load_data(NoTest())
    assert data.rows() == {"val": 20}
    assert "it has no test part: the champion has the figures of validation alone" in data.notes()
    assert all(set(score.metrics) == {"val_mse"} for score in data.baselines())


def metric(name: Any = "val_mse", goal: Any = "minimize", unit: Any = "units") -> Metric:
    return Metric(name, unit, goal, "error")


def figures(value: Any) -> Any:
    return lambda self, predict, part: {f"{part}_mse": value}


def drawn(inputs: Any, targets: Any = None) -> Any:
    return lambda self, generator, size: (inputs, inputs if targets is None else targets)


NAN = np.full((2, 5, 1), np.nan)
WRONG: list[tuple[dict[str, Any], str]] = [
    ({"loss": "mae"}, r"loss is 'mae', and must be one of mse, l1, .* \(did you mean l1\?\)"),
    ({"loss": "hubber"}, r"did you mean huber"),
    ({"loss": "quantile"}, r"loss is 'quantile', and must be one of"),
    ({"loss": None}, "loss is None, and must be one of"),
    ({"Loss": "l1"}, "it has 'Loss' and no 'loss'"),
    ({"symbol": True}, "it has 'symbol' and no 'symbolic'"),
    ({"symbolic": "no"}, "symbolic must be True or False, not 'no'"),
    ({"input_size": 0}, "input_size must be a whole number from 1 to 1,000,000, not 0"),
    ({"output_size": 1.0}, "output_size must be a whole number"),
    ({"output_size": 10**12}, "output_size must be a whole number"),
    ({"metrics": lambda self: []}, r"metrics\(\) must return a list of one Metric or more"),
    ({"metrics": lambda self: "val_mse"}, "holds 'v', which is no rnnsearch.Metric"),
    ({"metrics": lambda self: [metric(goal="min")]}, "minimize or maximize, not 'min'"),
    ({"metrics": lambda self: [metric("mse")]}, r"names 'mse'; the name .* such as val_mse"),
    ({"metrics": lambda self: [metric("valid_mse")]}, "names 'valid_mse'"),
    ({"metrics": lambda self: [metric("val_mse:x")]}, "names 'val_mse:x'"),
    ({"metrics": lambda self: [metric(), metric()]}, r"names val_mse twice"),
    ({"metrics": lambda self: [metric(unit=5)]}, "the unit of val_mse must be a text, not 5"),
    ({"metrics": lambda self: [metric(goal="lower", unit=5)]}, "'lower'.*; the unit of"),
    (
        {"metrics": lambda self: [replace(metric(one), loss=True) for one in ("val_a", "val_b")]},
        "val_a, val_b are all said to be the loss",
    ),
    ({"evaluate": figures("good")}, "reports 'good' for val_mse, which is no number"),
    ({"evaluate": lambda self, predict, part: 0.5}, "must return a dict of figures, not 0.5"),
    (
        {"evaluate": lambda self, predict, part: {"val_mse": 0.5}},
        r"evaluate\(predict, 'test'\) reports val_mse",
    ),
    (
        {"evaluate": lambda self, predict, part: {"val": {"val_mse": 0.5}}[part]},
        r"'test'\), with a network that answers 0, raised KeyError: 'test' "
        r"\(.*custom_tasks.py:\d+, "
        r"in <lambda>\). A task without a test part returns {} there",
    ),
    ({"batch": drawn(NAN)}, "batch returned inputs that are not finite"),
    ({"loss": "bce", "batch": drawn(np.full((2, 5, 1), 2.0))}, "of 0 to 1"),
    ({"batch": lambda self, generator, size: NAN}, "must return two arrays"),
]


@pytest.mark.parametrize(("values", "words"), WRONG, ids=[words[:30] for _, words in WRONG])
def test_what_a_task_declares_is_checked(values: dict[str, Any], words: str) -> None:
    with pytest.raises(DataError, match=words) as caught:
        load_data(declared(**values)())
    assert f"{HERE}:Declared" in str(caught.value)


def test_all_that_is_wrong_with_sizes_and_loss_is_said_at_once() -> None:
    with pytest.raises(DataError, match=r"input_size .*; output_size .*; loss .*; symbolic"):
        load_data(declared(input_size=0, output_size=0, loss="mae", symbolic=1)())


@pytest.mark.parametrize(
    ("problems", "words"),
    [
        (lambda self: [("delai", "is wrong.")], "it must give pairs of a field .* Fields: delay"),
        (lambda self: ["delay is wrong"], "raised ValueError"),
        (lambda self: 1 / 0, r"problems\(\) raised ZeroDivisionError"),
    ],
)
def test_problems_that_are_none(problems: Any, words: str) -> None:
    ((key, said),) = family_of(config := declared(problems=problems)()).problems(config)
    assert key == "type"
    assert re.search(words, said)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"losses": ("mae",)}, r"losses is 'mae', and must be one of .* \(did you mean l1\?\)"),
        ({"losses": "mse"}, "losses must be a tuple of one name or more, not 'mse'"),
        ({"losses": ("quantile",)}, "the loss quantile and quantiles go together"),
        ({"input_size": 0}, "input_size must be a whole number"),
        ({"feedback": "yes"}, "feedback must be True or False, not 'yes'"),
        ({"rows": lambda: {"train": 5, "valid": 3}}, r"rows\(\) names 'valid'; parts are train"),
        ({"rows": lambda: {"train": "many", "val": 3}}, "counts train as 'many'"),
        ({"metrics": lambda: [metric("mse")]}, "names 'mse'"),
    ],
)
def test_what_a_whole_task_gives_is_checked(
    change: dict[str, Any], words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = Whole().load()
    for key, value in change.items():
        setattr(data, key, value)
    monkeypatch.setattr(Whole, "load", lambda self: data)
    with pytest.raises(DataError, match=words):
        load_data(Whole())
    monkeypatch.setattr(Whole, "load", lambda self: object())
    with pytest.raises(DataError, match="gave object, which has no input_size"):
        load_data(Whole())


def test_a_head_that_is_misspelt_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    data = Whole().load()
    monkeypatch.setattr(SineTask, "head", "final")
    with pytest.raises(DataError, match="head must be one of every, last, not 'final'"):
        build_task(Whole(), data, CPU, torch.float32)


def test_a_package_may_give_its_task_a_name(monkeypatch: pytest.MonkeyPatch) -> None:
    entry = EntryPoint("echo", f"{HERE}:Echo", GROUP)
    for room in (plugins, families, custom_family):
        monkeypatch.setattr(room, "installed", lambda group: {"echo": entry})
    assert family("echo").config is Echo
    assert family_of(Echo()).name == f"{HERE}:Echo", "any process finds this, without the package"
    cases = json_schema()["properties"]["task"]["allOf"]
    (case,) = [case for case in cases if case["if"]["properties"]["type"]["const"] == "echo"]
    delay = case["then"]["properties"]["delay"]
    assert delay["description"] == "Steps between a number and its echo."
    with pytest.raises(DataError, match="cannot import"):
        family("echo:Echo")


class Spoken(Use):
    """What models of a custom task can do: answer in texts, and draw a picture of their own."""

    def signature(self) -> Signature:
        return Signature((Column("start", meaning="a number"),), (Column("", "string"),))

    def served(self, predictor: Any, given: Any, parameters: Any) -> list[str]:
        return [f"{one[0, 0]:.3f}" for one in self.predict(predictor, given)]

    def command(self, said: str) -> tuple[object, ...]:
        return "rollout", "--steps", self.told.task["delay"]

    def how(self, asked: Any) -> str:
        return str(1 / 0)

    def figure(self, task: Any, predictor: Any, course: Any) -> Figure:
        named = type(task().data.config).__name__
        return Figure(lambda path, title: path.write_text(title), f", of {named}")


def test_a_task_may_bring_what_its_models_can_do(tmp_path: Path) -> None:
    config = declared(use=Spoken)(delay=3)
    data = load_data(config)
    drawn = initial_weights(ModelConfig(), 1, 1, False, 0)
    weights = Weights({name: one.numpy() for name, one in drawn.items()}, 1, {})
    trial = TrialConfig(task=config, model=ModelConfig(), training=TrainingConfig(), seed=0)
    model = TrainedModel.from_weights(trial, weights, data)
    fed = np.zeros((2, 4, 1))
    assert model.served(fed) == [f"{one[0, 0]:.3f}" for one in model.predict(fed)]
    assert model.use.command("") == ("rollout", "--steps", 3)
    assert input_meanings(model.use.signature()) == {"start": "a number"}
    (figure,) = model.figures(data)
    figure.draw(tmp_path / "x.png", "mine")
    assert (tmp_path / "x.png").read_text() == "mine, of Declared"
    with pytest.raises(InputError, match=r"\.use: how\(\) raised ZeroDivisionError.*in how"):
        model.use.how(None)
    other = declared(use=True)()
    assert type(use_of(family_of(other), ModelDescription({}, {}))) is Use, (
        "a name that means something else"
    )
