"""Studies with a network of the running script: what is kept, looked at without it, and refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from contracts.small_studies import trained_alone
from unit.given_code.script_like import run_cell
from unit.study.test_study_in_python import DATA

from rnnsearch import Study, choice, given_code, logint, uniform
from rnnsearch.errors import InputError, SpaceFileError
from rnnsearch.study.code import keep_code

CELL = """
import torch
from torch import nn

class Mean(nn.Module):
    def __init__(self, input_size, output_size, units: int = 8, wide: bool = False, share=0.5):
        super().__init__()
        self.inner = nn.Linear(input_size, units)
        self.outer = nn.Linear(units, output_size)

    def forward(self, x, lengths):
        return self.outer(torch.tanh(self.inner(x)).mean(1))

def train(config, state=None):
    yield {"val_loss": 1.0}, {}
"""


TRAINING = """
import torch
class Plain(torch.optim.Optimizer):
    def __init__(self, params, lr, scale: float = 1.0):
        super().__init__(params, {"lr": lr, "scale": scale})
    @torch.no_grad()
    def step(self):
        for group in self.param_groups:
            for weight in group["params"]:
                weight.add_(weight.grad, alpha=-group["lr"] * group["scale"])
def fourth(outputs, targets):
    return (outputs - targets).pow(4).mean()
"""


def study(folder: Path, names: dict[str, Any]) -> Study:
    model = {"type": names["Mean"], "units": logint(2, 8), "wide": choice([True, False])}
    return Study(
        task=DATA,
        model=model,
        training={"batch_size": 4, "max_epochs": 1},
        search={"num_trials": 2},
        storage=folder,
    )


def forget(monkeypatch: pytest.MonkeyPatch) -> None:
    """As in another process."""
    monkeypatch.setattr(given_code, "_objects", {})
    monkeypatch.setattr(given_code, "_stand_ins", {})


def test_a_study_is_kept_and_looked_at_without_its_network(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with run_cell(CELL) as names:
        made = study(tmp_path, names)
        path = made.spec.values["model.type"]
        assert path.startswith("__main__:Mean_")
        trained_alone(made.spec, tmp_path)
        keep_code(made.directory, made.spec)
        before = made.result()
        assert before.load_model().predict(DATA.val[0]).shape == (12, 1, 1)
        with pytest.raises(InputError, match=r"no file can name Mean.*from my_code import Mean"):
            made.to_yaml(tmp_path / "space.yaml")
    files = {one.suffix: one.read_text() for one in made.directory.code.iterdir()}
    assert files[".py"].startswith("class Mean(nn.Module):")
    assert set(files) == {".py", ".json"}

    forget(monkeypatch)
    alone = Study.open("arrays", storage=tmp_path)
    result = alone.result()
    assert result.leaderboard() == before.leaderboard()
    assert result.best_config.model.arguments() == before.best_config.model.arguments()
    again = r"Study\.open\('arrays', storage='.*', code=\[Mean\]\)\.run\(\)"
    with pytest.raises(InputError, match=again):
        alone.run()
    with pytest.raises(InputError, match=r"code=\[Mean\]"):
        result.load_model()
    with pytest.raises((InputError, SpaceFileError), match=r"code=\[Mean\]"):
        alone.retrained()

    with run_cell(CELL) as names:
        opened = Study.open("arrays", storage=tmp_path, code=[names["Mean"]])
        keep_code(opened.directory, opened.spec)
        assert opened.result().load_model().predict(DATA.val[0]).shape == (12, 1, 1)


def test_a_description_that_is_damaged_is_told(tmp_path: Path) -> None:
    with run_cell(CELL) as names:
        made = study(tmp_path, names)
        made.directory.create()
        made.directory.yaml.write_text(made.spec.yaml)
        keep_code(made.directory, made.spec)
        (file,) = made.directory.code.glob("*.json")
        for text in ("[]", '{"path": "os:system"}', "{", file.read_text().replace("units", "a b")):
            file.write_text(text)
            with pytest.raises(InputError, match=r"Mean-.*\.json cannot be read"):
                Study.open("arrays", storage=tmp_path)


def test_a_script_in_a_process_of_its_own_is_a_file(tmp_path: Path) -> None:
    task = {"type": "script", "metric": "val_loss", "goal": "minimize"}
    with run_cell(CELL) as names:
        task["function"] = names["train"]
        made = Study(task=task, training={"max_epochs": 2}, storage=tmp_path)
        assert made.spec.values["task.function"].startswith("__main__:train_")
        with pytest.raises(SpaceFileError, match=r"task\.process: is `own`, and the func"):
            Study(task={**task, "process": "own"}, training={"max_epochs": 2}, storage=tmp_path)


def test_its_loss_and_its_optimizer_may_be_of_a_script_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with run_cell(TRAINING) as names:
        how = {
            "loss": names["fourth"],
            "optimizer": names["Plain"],
            "optimizer_args": {"scale": uniform(0.5, 2.0)},
            "batch_size": 4,
            "max_epochs": 1,
        }
        made = Study(task=DATA, training=how, search={"num_trials": 2}, storage=tmp_path)
        trained_alone(made.spec, tmp_path)
        keep_code(made.directory, made.spec)
        before = made.result()
    forget(monkeypatch)
    result = Study.open("arrays", storage=tmp_path).result()
    assert result.best_config.training == before.best_config.training
    assert result.load_model().predict(DATA.val[0]).shape == (12, 1, 1)  # needs neither of them
    with pytest.raises(InputError, match=r"code=\[Plain, fourth\]|code=\[fourth, Plain\]"):
        Study.open("arrays", storage=tmp_path).run()
