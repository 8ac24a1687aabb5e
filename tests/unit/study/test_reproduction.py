"""A trial that is trained again from its record is the same to the last bit, or that is told."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from contracts.side_by_side import side_by_side

from rnnsearch.cli.app import main
from rnnsearch.errors import DataError, InputError
from rnnsearch.events import ChampionChosen
from rnnsearch.models.initial import initial_weights
from rnnsearch.space.trial import first_task, trial_config
from rnnsearch.study import Study
from rnnsearch.study.reproduction.ensemble import EnsembleReproduction, reproduced
from rnnsearch.study.reproduction.reproduce import Reproduction, reproduce
from rnnsearch.tasks.load import load_data
from rnnsearch.training.ensemble import fused
from rnnsearch.training.trained import TrainedModel
from rnnsearch.training.weights import Weights

SEED = 12345
WORDS = "the end of the word the end of the word "
TEXT = """
task: {type: text, path: words.txt, sample: 0}
model: {cell: {choice: [rnn, gru]}, hidden_size: {int: [4, 9]}}
training: {seq_len: 4, learning_rate: {loguniform: [0.001, 0.1]}, max_epochs: 4}
search: {num_trials: 4, metric: val_nats, scheduler: {type: none}, seed: 1}
first_trials: [{model.cell: rnn, model.hidden_size: 5, training.learning_rate: 0.01}]
"""
WILD = """
task: {type: sine, num_points: 60, rollout: {steps: [1, 20]}}
model: {cell: rnn, nonlinearity: relu, hidden_size: {int: [4, 9]}}
training:
  {learning_rate: {choice: [0.01, 1.0e+6]}, optimizer: sgd, clip_norm: null, steps_per_epoch: 5,
   max_epochs: 4}
search: {num_trials: 2, metric: val_mse, scheduler: {type: none}}
first_trials:
- {model.hidden_size: 5, training.learning_rate: 0.01}
- {model.hidden_size: 5, training.learning_rate: 1.0e+6}
"""
CODE = """
import torch
from twice import doubled
class Net(torch.nn.Module):
    def __init__(self, input_size, output_size, units: int = 4):
        super().__init__()
        self.rnn = torch.nn.GRU(input_size, units, batch_first=True)
        self.head = torch.nn.Linear(units, output_size)
    def forward(self, x, state):
        y, state = self.rnn(x, state)
        return self.head(doubled(y)), state
def train(config, state=None):
    weight = torch.rand(()) if state is None else state["weight"]
    for epoch in range(config.start_epoch, config.max_epochs):
        weight = weight + config.rate * torch.rand(())
        yield {"val_loss": float(weight)}, {"weight": weight}
"""
SPACES = {
    "network": """
task: {type: sine, num_points: 60, rollout: {steps: [1, 20]}}
model: {type: "mine:Net", units: {int: [3, 6]}}
training: {learning_rate: 0.01, steps_per_epoch: 3, max_epochs: 3}
search: {num_trials: 2, metric: val_mse, scheduler: {type: none}}
""",
    "script": """
task: {type: script, function: "mine:train", metric: val_loss, goal: minimize}
params: {rate: {uniform: [0, 1]}}
training: {max_epochs: 3}
search: {num_trials: 2, scheduler: {type: none}}
""",
}


@pytest.fixture(scope="module")
def text(tmp_path_factory: pytest.TempPathFactory) -> Study:
    folder = tmp_path_factory.mktemp("text")
    (folder / "words.txt").write_text(WORDS)
    return side_by_side(folder, TEXT, {2: 3}, rerun=(1, SEED))


@pytest.fixture
def mine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder with a person's own modules, from which Python imports."""
    (tmp_path / "mine.py").write_text(CODE)
    (tmp_path / "twice.py").write_text("def doubled(x):\n    return 2 * x\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    yield tmp_path
    for name in ("mine", "twice"):
        sys.modules.pop(name, None)


def here(study: Study, number: int, seed: int | None = None) -> Reproduction:
    """Trained again in this process."""
    return reproduce(study.spec, study.directory, number, seed, apart=False)


@pytest.mark.parametrize(("number", "epochs"), [(0, 4), (1, 4), (2, 3)])
def test_trials_of_a_pack_are_the_same_alone(text: Study, number: int, epochs: int) -> None:
    done = here(text, number)
    assert done.lines()[0].startswith(f"0 bits differ in {epochs} epochs")
    assert done.comparison.losses == epochs
    assert (done.differences, done.unknown, done.remarks) == ([], False, [])


def test_every_member_of_a_mean_is_trained_again_and_the_mean_is_scored(text: Study) -> None:
    data = load_data(first_task(text.spec))
    models = []
    for number in (0, 1):
        trial = text.result().trials[number]
        config = trial_config(text.spec, trial.params, trial.seed)
        sizes = data.input_size, data.output_size, data.symbolic
        drawn = initial_weights(config.model, *sizes, trial.seed)
        arrays = {name: one.numpy() for name, one in drawn.items()}
        models.append(TrainedModel.from_weights(config, Weights(arrays, 1, {}), data))
    model = fused(models, [0, 1], data)
    path = text.directory.checkpoints / "ensemble-0"
    model.save(path)
    members = ({"trial": 0, "seed": text.result().trials[0].seed}, {"trial": 1, "seed": SEED})
    won = ChampionChosen(
        *(0.0, 0, 1, str(path), model.metrics, {}), ensemble={"won": True, "members": members}
    )
    done = reproduced(text.spec, text.directory, won, apart=False)
    assert isinstance(done, EnsembleReproduction)
    assert done.same
    first, second, *_, last = done.lines()
    assert ": 0 bits differ in 4 epochs" in first
    assert f", seed {SEED}: 0 bits differ" in second
    assert last == "mean of 2 trainings: 0 bits differ in 3 metrics of the validation part"
    assert [one["number"] for one in done.as_json()["members"]] == [0, 1]

    other = replace(won, val_metrics={**model.metrics, "val_nats": 7.0})
    again = reproduced(text.spec, text.directory, other, apart=False)
    assert not again.same
    assert "val_nats is 7.0 on record" in again.lines()[-1]
    single = replace(won, ensemble={}, number=1, seed=SEED)
    alone = reproduced(text.spec, text.directory, single, apart=False)
    assert isinstance(alone, Reproduction)
    assert (alone.record.number, alone.record.seed) == (1, SEED)


def test_a_training_is_repeated_on_the_device_that_it_had(
    text: Study, monkeypatch: pytest.MonkeyPatch
) -> None:
    from rnnsearch.study.reproduction import reproduce as module

    resources = replace(text.spec.resources, gpus_per_pack=0.5, cpus_without_gpu=1.0)
    mixed = replace(text.spec, resources=resources)
    real = module.read_record

    def remarks(*devices: str) -> str:
        monkeypatch.setattr(
            module, "read_record", lambda *given: replace(real(*given), devices=devices)
        )
        done = reproduce(mixed, text.directory, 2, None, apart=False)
        assert done.same
        return "; ".join(done.remarks)

    assert remarks("cpu") == ""
    assert "torch finds none here" in remarks("gpu")
    assert "went on from the gpu to the cpu, which round differently" in remarks("gpu", "cpu")
    assert "may have gone on from one to the other; here all" in remarks()


def test_a_finalist_is_trained_with_its_other_seed(text: Study) -> None:
    done = here(text, 1, SEED)
    assert done.same
    assert "at the best epoch, which alone is on record" in done.lines()[0]
    with pytest.raises(InputError, match=f"not trained with the seed 7, .* finalist with {SEED}"):
        here(text, 1, 7)


def test_the_command_trains_in_a_process_of_its_own(
    text: Study, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["reproduce", "small", "3", "--storage", str(text.directory.storage)]
    with pytest.raises(SystemExit) as ended:
        main([*words, "--format", "json", "--quiet"])
    row = json.loads(capsys.readouterr().out)
    assert (ended.value.code, row["same"], row["compared"]) == (0, True, 4)
    with pytest.raises(SystemExit) as ended:
        main(["reproduce", "small", "9", *words[3:]])
    assert ended.value.code == 2
    assert "its trials run from 0 to 3" in capsys.readouterr().err


def test_a_number_that_is_another_one_is_told(
    text: Study, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from rnnsearch.study.reproduction import reproduce as module

    real = module.read_record

    def changed(*given: object) -> object:
        record = real(*given)  # type: ignore[arg-type]
        values = dict(record.values)
        values[2] += 1e-15 * values[2] + 5e-16
        values[3] *= 1.5
        other = replace(record.environments[0], versions={"torch": "0.1"}, processor="a")
        return replace(record, values=values, environments=[other])

    monkeypatch.setattr(module, "read_record", changed)
    done = here(text, 0)
    first, largest, count, versions = done.lines()
    assert first.startswith("differs from its record, first here: val_nats at epoch 2: ")
    assert largest.startswith("the largest difference: val_nats at epoch 3: ")
    assert count == "2 of 4 epochs differ"
    assert "torch 0.1, now " in versions
    monkeypatch.setattr(Study, "reproduce", lambda *_, **__: done)
    with pytest.raises(SystemExit) as ended:
        main(["reproduce", "small", "0", "--storage", str(text.directory.storage), "-q"])
    assert ended.value.code == 1


def test_other_data_is_refused(tmp_path: Path) -> None:
    (tmp_path / "words.txt").write_text(WORDS)
    study = side_by_side(tmp_path, TEXT, {0: 1, 1: 1, 2: 1, 3: 1})
    assert here(study, 0).same
    (tmp_path / "words.txt").write_text(WORDS + "and more")
    with pytest.raises(DataError, match=r"the data has changed .*\n.*symbols 40, now 48"):
        here(study, 0)


def test_a_divergence_comes_again_at_its_step(tmp_path: Path) -> None:
    study = side_by_side(tmp_path, WILD, {})
    assert study.result().trials[1].state == "diverged"
    done = here(study, 1)
    assert done.same
    assert "and the divergence after them" in done.lines()[0]


@pytest.mark.parametrize("kind", SPACES)
def test_code_of_ones_own_has_to_be_what_it_was(mine: Path, kind: str) -> None:
    study = side_by_side(mine, SPACES[kind], {})
    assert here(study, 1).same
    kept = sorted(path.name.partition("-")[0] for path in study.directory.modules.iterdir())
    assert kept == ["mine", "twice"]
    (mine / "twice.py").write_text("def doubled(x):\n    return x + x  # the same\n")
    with pytest.raises(InputError, match=r"the source of twice \(it was .*twice-.*py\) has chang"):
        here(study, 0)
    allowed = reproduce(study.spec, study.directory, 0, apart=False, allow_changed_code=True)
    assert allowed.same
