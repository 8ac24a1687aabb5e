"""The reference has every key, with what its field says."""

from __future__ import annotations

import json

import pytest
from test_space_vocabulary import NAME

from rnnsearch.cli.app import main
from rnnsearch.errors import DataError, InputError
from rnnsearch.space.fields import SECTIONS, choices, every_field
from rnnsearch.space.reference import reference
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
