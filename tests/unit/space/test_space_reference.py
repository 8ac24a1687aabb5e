"""The reference has every key, with what its field says."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest
from test_space_vocabulary import NAME

from rnnsearch.cli.app import main
from rnnsearch.errors import DataError, InputError
from rnnsearch.space.fields import SECTIONS, choices, every_field
from rnnsearch.space.load import loads
from rnnsearch.space.reference import reference, reference_of
from rnnsearch.tasks.families import task_types


def told(*words: str, capsys: pytest.CaptureFixture[str]) -> str:
    with pytest.raises(SystemExit) as ended:
        main(["keys", *words])
    assert not ended.value.code
    return capsys.readouterr().out


def test_every_key_of_every_task_is_in_it_once() -> None:
    found = reference()
    fields = {key: one for name in task_types() for key, one in every_field(name).items()}
    assert {one.key for one in found} == {
        *fields,
        *(
            "name",
            "params",
            "first_trials",
            "model.type",
            "training.optimizer_args",
            "model.cell_args",
        ),
    }
    assert len({(one.key, one.where) for one in found}) == len(found)
    sections = list(dict.fromkeys(one.key.partition(".")[0] for one in found))
    assert sections == list(SECTIONS)
    # What a key is for is said of all but the few whose name says it.
    assert {one.key for one in found if not one.meaning} == {"task.type"}


def test_what_one_of_several_configs_has_is_said_with_its_type() -> None:
    for key, configs in choices("sine").items():
        found = {one.where for one in reference(key)}
        assert found <= {"", *(f"{key}.type: {name}" for name in configs)}
    (scale,) = reference("task.noise.scale", NAME)
    assert (scale.where, scale.default, scale.range.most) == ("task.noise.type: gauss", "0.5", 2)


def test_a_users_task_is_told_like_ours() -> None:
    found = {one.key: one for one in reference("task", NAME)}
    assert found["task.length"].meaning == "Numbers a sequence."
    assert found["task.seed"].never_sampled == "all say the same numbers"
    assert found["task.length"].draws == ("int", "logint", "choice")


@pytest.mark.parametrize(
    ("key", "task", "error", "said"),
    [
        ("training.lr", None, InputError, "there is no key training.lr. Did you mean training.le"),
        ("zzz", "sine", InputError, "`rnnsearch keys` prints all"),
        ("task.targets", "sine", InputError, "there is no key task.targets"),
        ("", "sinus", DataError, "'sinus' is no task; tasks are series,"),
    ],
)
def test_what_is_not_there(key: str, task: str | None, error: type[Exception], said: str) -> None:
    with pytest.raises(error, match=said.replace(".", r"\.")):
        reference(key, task)


def test_the_command(capsys: pytest.CaptureFixture[str]) -> None:
    assert told("training.patience", capsys=capsys) == (
        "training.patience: a whole number, at least 0 and at most 1,000,000 epochs; default 5\n"
        "    Epochs without improvement that `plateau` lets pass. Only with training.schedule: "
        "plateau. Drawn\n    by int, logint, choice.\n"
    )
    assert told("task.length", "--task", "adding", capsys=capsys) == (
        "\nwith task.type: adding:\n"
        "task.length: a whole number, at least 2 and at most 1,000,000 steps; default 100\n"
        "    Steps of a sequence. Drawn by int, logint, choice.\n"
    )
    (found,) = json.loads(told("resources.pack_timeout", "--format", "json", capsys=capsys))["keys"]
    assert found == {
        "key": "resources.pack_timeout",
        "where": "",
        "type": "a time such as 90s, 10m or 2h, or null",
        "range": {"least": 10, "most": 30 * 24 * 3600, "above": None, "below": None},
        "unit": "seconds",
        "default": "600s",
        "meaning": found["meaning"],
        "draws": [],
        "never_sampled": "only fields of task, model and training are",
        "needs": "",
    }


NET = """from torch import nn


class Net(nn.Module):
    \"\"\"Some network.

    Args:
        units: How wide it is.
    \"\"\"

    def __init__(self, input_size, output_size, units: int = 8, gate="open"):
        super().__init__()
        self.head = nn.Linear(input_size, output_size)

    def forward(self, x, lengths):
        return self.head(x)
"""


def test_the_arguments_of_the_classes_of_a_file_are_told_with_their_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("net_of_keys.py").write_text(NET, encoding="utf-8")
    text = """task: {type: sine}
model: {type: "net_of_keys:Net", units: {int: [2, 9]}}
training: {optimizer: {choice: [adam, "torch.optim:NAdam"]}}
"""
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])
    spec = loads(text, name="keys", directory=tmp_path, check_data=False)
    entries = {one.key: one for one in reference_of(spec)}
    assert "model.hidden_size" not in entries
    assert "task.window" not in entries
    units = entries["model.units"]
    assert (units.type, units.default, units.meaning) == ("a whole number", "8", "How wide it is.")
    assert units.where == "model.type: net_of_keys:Net (net_of_keys.py:4)"
    decay = entries["training.optimizer_args.momentum_decay"]
    assert decay.where.startswith("training.optimizer: torch.optim:NAdam (")
    Path("keys.yaml").write_text(text, encoding="utf-8")
    assert "model.gate: a text; default open" in told("model", "--file", "keys.yaml", capsys=capsys)
    with pytest.raises(SystemExit) as ended:
        main(["keys", "--file", "keys.yaml", "--task", "sine"])
    assert ended.value.code == 2
