"""Every mistake that a space file can hold: its line, its key, and the remedy in its words."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import pytest

from rnnsearch.errors import Mistake, SpaceFileError
from rnnsearch.space.load import load, loads

SINE = "task: {type: sine}\n"
TEXT = "task: {type: text, text: abcdefghijklmnopqrstuvwxyz}\n"


class Case(NamedTuple):
    """A file, and the one mistake in it."""

    text: str
    line: int
    key: str
    words: str
    suggestion: str = ""


CASES = {
    "unknown section": Case(SINE + "trainning: {}", 2, "trainning", "allowed", "training"),
    "field at the top": Case(SINE + "hidden_size: 3", 2, "hidden_size", "under `model:`"),
    "unknown key": Case(
        SINE + "model:\n  hiden_size: 3", 3, "model.hiden_size", "unknown key", "model.hidden_size"
    ),
    "other tools' word": Case(
        SINE + "training:\n  lr: 3", 3, "training.lr", "unknown key", "training.learning_rate"
    ),
    "wrong section": Case(
        SINE + "training:\n  hidden_size: 3",
        3,
        "training.hidden_size",
        "belongs to `model`",
        "model.hidden_size",
    ),
    "unknown nested key": Case(
        "task:\n  type: sine\n  rollout: {step: [1]}",
        3,
        "task.rollout.step",
        "unknown key",
        "task.rollout.steps",
    ),
    "no task": Case("model: {}", 1, "task", "is missing"),
    "no type": Case("task:\n  num_points: 5", 1, "task.type", "one of sine, text"),
    "unknown type": Case("task:\n  type: sin", 2, "task.type", "one of sine, text", "sine"),
    "sampled type": Case("task:\n  type: {choice: [sine, text]}", 2, "task.type", "never sampled"),
    "section is a list": Case(SINE + "model: [1]", 2, "model", "must be a mapping"),
    "section is a distribution": Case(SINE + "model: {choice: [1]}", 2, "model", "field by field"),
    "text for a whole number": Case(
        SINE + 'model:\n  hidden_size: "3"', 3, "model.hidden_size", "a whole number", "3"
    ),
    "float for a whole number": Case(
        SINE + "model:\n  hidden_size: 10.0", 3, "model.hidden_size", "not 10.0", "10"
    ),
    "true for a number": Case(
        SINE + "training: {learning_rate: true}", 2, "training.learning_rate", "must be a number"
    ),
    "text for a number": Case(
        SINE + "training: {learning_rate: '1e-3'}",
        2,
        "training.learning_rate",
        "the text '1e-3'",
        "0.001",
    ),
    "yes for true": Case(
        SINE + "training: {carry_state: yes}", 2, "training.carry_state", "true or false", "true"
    ),
    "number for true": Case(
        SINE + "training: {carry_state: 1}", 2, "training.carry_state", "true or false"
    ),
    "near a literal": Case(
        SINE + "model: {cell: ltsm}", 2, "model.cell", "one of rnn, gru, lstm", "lstm"
    ),
    "off for null": Case(
        SINE + "training: {clip_norm: off}", 2, "training.clip_norm", "or null", "null"
    ),
    "infinite": Case(
        SINE + "training: {learning_rate: .inf}", 2, "training.learning_rate", "must be a number"
    ),
    "below the range": Case(SINE + "model: {hidden_size: 0}", 2, "model.hidden_size", "at least 1"),
    "dropout of 1": Case(
        SINE + "model: {dropout: 1.0}", 2, "model.dropout", "at least 0 and below 1"
    ),
    "rate of 0": Case(
        SINE + "training: {learning_rate: 0}", 2, "training.learning_rate", "above 0"
    ),
    "beta of 1": Case(SINE + "training: {beta2: 1}", 2, "training.beta2", "below 1"),
    "factor of 1": Case(
        SINE + "search: {scheduler: {reduction_factor: 1}}",
        2,
        "search.scheduler.reduction_factor",
        "above 1",
    ),
    "no trials": Case(SINE + "search: {num_trials: 0}", 2, "search.num_trials", "at least 1"),
    "no top": Case(SINE + "search: {finalists: {top: 0}}", 2, "search.finalists.top", "at least"),
    "no seeds": Case(
        SINE + "search: {finalists: {seeds: 0}}", 2, "search.finalists.seeds", "at least 1"
    ),
    "no slots": Case(SINE + "resources: {slots: 0}", 2, "resources.slots", "at least 1"),
    "automatic": Case(
        SINE + "resources: {packs: automatic}", 2, "resources.packs", "a whole number", "auto"
    ),
    "no cpus": Case(
        SINE + "resources: {cpus_per_pack: 0}", 2, "resources.cpus_per_pack", "above 0"
    ),
    "horizon of 0": Case(
        "task: {type: sine, rollout: {steps: [0, 1]}}", 1, "task.rollout.steps", "at least 1"
    ),
    "no horizon": Case(
        "task: {type: sine, rollout: {steps: []}}", 1, "task.rollout.steps", "one member"
    ),
    "horizon too far": Case(
        "task:\n  type: sine\n  rollout:\n    steps: [1, 60]", 4, "task.rollout.steps", "goes to 60"
    ),
    "unsafe name": Case(SINE + "name: ../me", 2, "name", "name of a folder", "me"),
    "empty choice": Case(SINE + "model: {cell: {choice: []}}", 2, "model.cell", "choice is empty"),
    "choice of no list": Case(
        SINE + "model: {cell: {choice: rnn}}", 2, "model.cell", "[rnn, gru, lstm]"
    ),
    "wrong member": Case(
        SINE + "model:\n  cell:\n    choice:\n    - rnn\n    - gro",
        6,
        "model.cell",
        "choice member 2",
        "gru",
    ),
    "member twice": Case(
        SINE + "model: {num_layers: {choice: [1, 2, 1]}}", 2, "model.num_layers", "there twice: 1"
    ),
    "reversed": Case(
        SINE + "model: {hidden_size: {int: [32, 8]}}",
        2,
        "model.hidden_size",
        "reversed",
        "int: [8, 32]",
    ),
    "empty range": Case(
        SINE + "model: {hidden_size: {int: [8, 8]}}",
        2,
        "model.hidden_size",
        "write that value",
        "hidden_size: 8",
    ),
    "one end": Case(
        SINE + "model: {hidden_size: {int: [8]}}", 2, "model.hidden_size", "int: [low, high]"
    ),
    "log through zero": Case(
        SINE + "training: {weight_decay: {loguniform: [0.0, 0.1]}}",
        2,
        "training.weight_decay",
        "above 0",
        "uniform: [0.0, 0.1]",
    ),
    "end outside the range": Case(
        SINE + "model: {dropout: {uniform: [0.0, 1.0]}}", 2, "model.dropout", "upper end of uniform"
    ),
    "float ends for int": Case(
        SINE + "model: {hidden_size: {int: [1.5, 3]}}", 2, "model.hidden_size", "a whole number"
    ),
    "uniform for whole numbers": Case(
        SINE + "model: {hidden_size: {uniform: [1, 3]}}",
        2,
        "model.hidden_size",
        "use int or logint",
        "int",
    ),
    "int for numbers": Case(
        SINE + "training: {learning_rate: {int: [1, 3]}}",
        2,
        "training.learning_rate",
        "use uniform",
        "uniform",
    ),
    "range for names": Case(
        SINE + "model: {cell: {uniform: [0, 1]}}", 2, "model.cell", "use choice"
    ),
    "step does not divide": Case(
        SINE + "model: {hidden_size: {int: [8, 33], step: 8}}",
        2,
        "model.hidden_size.step",
        "[8, 32] or [8, 40]",
    ),
    "float step does not divide": Case(
        SINE + "model: {num_layers: 2, dropout: {uniform: [0.0, 0.5], step: 0.2}}",
        2,
        "model.dropout.step",
        "[0.0, 0.4] or [0.0, 0.6]",
    ),
    "step of 0": Case(
        SINE + "model: {hidden_size: {int: [8, 32], step: 0}}",
        2,
        "model.hidden_size.step",
        "above 0",
    ),
    "step of a log": Case(
        SINE + "model: {hidden_size: {logint: [8, 32], step: 8}}",
        2,
        "model.hidden_size.step",
        "not with logint",
    ),
    "unknown distribution": Case(
        SINE + "model: {hidden_size: {log_int: [8, 32]}}",
        2,
        "model.hidden_size.log_int",
        "no part of a distribution",
        "logint",
    ),
    "Ray's randint": Case(
        SINE + "model: {hidden_size: {randint: [8, 32]}}",
        2,
        "model.hidden_size.randint",
        "no part",
        "int",
    ),
    "two distributions": Case(
        SINE + "model:\n  hidden_size:\n    int: [8, 32]\n    choice: [1]",
        5,
        "model.hidden_size",
        "int and choice; keep one",
    ),
    "only a condition": Case(
        SINE + "model: {hidden_size: {when: {model.cell: lstm}}}",
        2,
        "model.hidden_size",
        "names no distribution",
    ),
    "sampled epochs": Case(
        SINE + "training: {max_epochs: {int: [1, 3]}}", 2, "training.max_epochs", "never sampled"
    ),
    "sampled seed": Case(SINE + "search: {seed: {int: [1, 3]}}", 2, "search.seed", "never sampled"),
    "seed among training": Case(
        SINE + "training: {seed: {int: [1, 3]}}", 2, "training.seed", "`search`", "search.seed"
    ),
    "condition on an unknown key": Case(
        SINE + "model:\n  cell: {choice: [rnn, gru]}\n"
        "  nonlinearity: {choice: [tanh, relu], when: {model.cel: rnn}}",
        4,
        "model.nonlinearity.when",
        "'model.cel' is no field",
        "model.cell",
    ),
    "condition on an impossible value": Case(
        SINE + "model:\n  cell: {choice: [rnn, gru]}\n"
        "  nonlinearity: {choice: [tanh, relu], when: {model.cell: [rnn, lstm]}}",
        4,
        "model.nonlinearity.when",
        "model.cell is never lstm",
    ),
    "condition on no value": Case(
        SINE + "model:\n  cell: {choice: [rnn, gru]}\n"
        "  nonlinearity: {choice: [tanh, relu], when: {model.cell: rrn}}",
        4,
        "model.nonlinearity.when",
        "model.cell must be one of rnn, gru, lstm",
        "rnn",
    ),
    "condition on a fixed value": Case(
        SINE + "model:\n  nonlinearity: {choice: [tanh, relu], when: {model.cell: rnn}}",
        3,
        "model.nonlinearity.when",
        "model.cell is always lstm",
    ),
    "condition beyond a range": Case(
        SINE + "model:\n  num_layers: {int: [1, 2]}\n"
        "  dropout: {uniform: [0.0, 0.5], when: {model.num_layers: {min: 3}}}",
        4,
        "model.dropout.when",
        "at least 3 never holds",
    ),
    "condition reversed": Case(
        SINE + "model:\n  num_layers: {int: [1, 2]}\n"
        "  dropout: {uniform: [0.0, 0.5], when: {model.num_layers: {min: 2, max: 1}}}",
        4,
        "model.dropout.when",
        "reversed",
    ),
    "condition with least": Case(
        SINE + "model:\n  num_layers: {int: [1, 2]}\n"
        "  dropout: {uniform: [0.0, 0.5], when: {model.num_layers: {minn: 2}}}",
        4,
        "model.dropout.when",
        "min and max",
        "min",
    ),
    "range of a name": Case(
        SINE + "model:\n  cell: {choice: [rnn, gru]}\n"
        "  nonlinearity: {choice: [tanh, relu], when: {model.cell: {min: 2}}}",
        4,
        "model.nonlinearity.when",
        "is no number",
    ),
    "condition on a continuous value": Case(
        SINE + "model:\n  dropout: 0.0\n  hidden_size: {int: [8, 9], "
        "when: {training.learning_rate: 0.01}}\n"
        "training: {learning_rate: {uniform: [0.0001, 0.1]}}",
        4,
        "model.hidden_size.when",
        "continuous",
    ),
    "condition that is no mapping": Case(
        SINE + "model: {hidden_size: {int: [8, 9], when: rnn}}",
        2,
        "model.hidden_size.when",
        "{model.cell: rnn}",
    ),
    "waits for itself": Case(
        SINE + "model: {hidden_size: {int: [8, 9], when: {model.hidden_size: 8}}}",
        2,
        "model.hidden_size.when",
        "model.hidden_size -> model.hidden_size",
    ),
    "cycle": Case(
        SINE + "model:\n  num_layers: {int: [1, 2], when: {model.hidden_size: 8}}\n"
        "  hidden_size: {int: [8, 9], when: {model.cell: rnn}}\n"
        "  cell: {choice: [rnn, gru], when: {model.num_layers: 1}}",
        3,
        "model.num_layers.when",
        "model.num_layers -> model.hidden_size -> model.cell -> model.num_layers",
    ),
    "metric of another task": Case(
        SINE + "search: {metric: val_nats}", 2, "search.metric", "reports val_mse", "val_mse"
    ),
    "metric misspelt": Case(
        SINE + "search: {metric: val_rmse}", 2, "search.metric", "reports no 'val_rmse'", "val_mse"
    ),
    "goal against the metric": Case(
        SINE + "search: {metric: val_mse, goal: maximize}", 2, "search.goal", "lower", "minimize"
    ),
    "grace beyond the end": Case(
        SINE + "training: {max_epochs: 4}\nsearch:\n  scheduler: {grace_period: 5}",
        4,
        "search.scheduler.grace_period",
        "allowed are 1 to 4",
        "grace_period: 1",
    ),
    "budget without unit": Case(
        SINE + "search: {time_budget: 10}", 2, "search.time_budget", '"10m"', '"10s"'
    ),
    "budget of days": Case(
        SINE + "search: {time_budget: 2d}", 2, "search.time_budget", "with its unit"
    ),
    "budget of nothing": Case(
        SINE + "search: {time_budget: 0s}", 2, "search.time_budget", "above 0"
    ),
    "file not there": Case(
        "task:\n  type: text\n  path: nowhere.txt", 3, "task.path", "nowhere.txt"
    ),
    "path and text": Case(
        "task:\n  type: text\n  path: nowhere.txt\n  text: abc", 3, "task.path", "exactly one"
    ),
    "neither path nor text": Case("task:\n  type: text", 1, "task", "exactly one"),
    "split of 1.1": Case(
        "task:\n  type: text\n  text: abcdefghijklmnopqrstuvwxyz\n"
        "  split: {train: 0.9, val: 0.1, test: 0.1}",
        4,
        "task.split",
        "sums to 1.1",
    ),
    "window too long": Case(
        TEXT + "training: {seq_len: 100}", 2, "training.seq_len", "too short for sequences of 100"
    ),
    "one window of several too long": Case(
        TEXT + "training:\n  seq_len: {choice: [4, 100]}",
        3,
        "training.seq_len",
        "drawn: seq_len 100",
    ),
    "embedding of numbers": Case(
        SINE + "model: {embedding_size: {int: [1, 2]}}", 2, "model.embedding_size", "ignores it"
    ),
    "embedding of one-hot": Case(
        TEXT + "training: {seq_len: 4}\nmodel: {embedding_size: {int: [1, 2]}}",
        3,
        "model.embedding_size",
        "unless model.input is embedding",
    ),
    "momentum of adam": Case(
        SINE + "training: {momentum: {uniform: [0.0, 0.9]}}", 2, "training.momentum", "sgd"
    ),
    "dropout of one layer": Case(
        SINE + "model: {dropout: {uniform: [0.0, 0.5]}}", 2, "model.dropout", "never above 1"
    ),
    "first trials of no list": Case(
        SINE + "first_trials: {model.cell: rnn}", 2, "first_trials", "list of mappings"
    ),
    "first trial outside": Case(
        SINE + "model: {hidden_size: {int: [40, 50]}}\nfirst_trials:\n- {model.hidden_size: 8}",
        4,
        "first_trials[0]",
        "cannot be 8",
    ),
    "first trial without a default": Case(
        SINE + "model: {hidden_size: {int: [40, 50]}}\nfirst_trials:\n- {}",
        4,
        "first_trials[0]",
        "must name model.hidden_size",
    ),
    "first trial of a fixed field": Case(
        SINE + "model: {hidden_size: 8}\nfirst_trials:\n- {model.hidden_size: 9}",
        4,
        "first_trials[0]",
        "fixed at 8",
    ),
    "first trial of an unknown field": Case(
        SINE + "model: {hidden_size: {int: [8, 9]}}\nfirst_trials:\n- {model.hidden: 9}",
        4,
        "first_trials[0]",
        "'model.hidden' is no field",
        "model.hidden_size",
    ),
    "first trial of an inactive field": Case(
        SINE + "model:\n  cell: {choice: [rnn, lstm]}\n"
        "  nonlinearity: {choice: [tanh, relu], when: {model.cell: rnn}}\n"
        "first_trials:\n- {model.cell: lstm, model.nonlinearity: relu}",
        6,
        "first_trials[0]",
        "needs model.cell is rnn",
    ),
    "empty file": Case("# nothing here\n", 1, "", "is empty"),
    "a list": Case("- 1\n- 2", 1, "", "a list, not a mapping"),
    "a text": Case("hello", 1, "", "rnnsearch init"),
    "duplicate key in a section": Case(
        SINE + "model:\n  cell: rnn\n  cell: gru", 4, "model.cell", "a second time"
    ),
    "duplicate key": Case(SINE + "model: {}\nmodel: {}", 3, "model", "already in line 2"),
}


def mistakes_of(text: str, tmp_path: Path) -> tuple[Mistake, ...]:
    with pytest.raises(SpaceFileError) as caught:
        loads(text, name="space.yaml", directory=tmp_path)
    return caught.value.mistakes


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
def test_one_mistake_is_found_with_line_key_and_remedy(case: Case, tmp_path: Path) -> None:
    mistakes = mistakes_of(case.text, tmp_path)
    assert len(mistakes) == 1, [str(mistake) for mistake in mistakes]
    mistake = mistakes[0]
    assert mistake.line == case.line
    assert mistake.key == case.key
    assert case.words in mistake.message
    assert mistake.suggestion == case.suggestion
    assert mistake.source == "space.yaml"


def test_all_mistakes_come_at_once_in_the_order_of_the_file(tmp_path: Path) -> None:
    text = (
        "task: {type: sine}\n"
        "model: {cell: ltsm, hiden_size: 3}\n"
        "training: {learning_rate: {loguniform: [0.1, 0.01]}}\n"
        "search: {metric: val_msee, num_trials: many}\n"
    )
    mistakes = mistakes_of(text, tmp_path)
    assert [mistake.line for mistake in mistakes] == [2, 2, 3, 4, 4]
    assert {mistake.key for mistake in mistakes} == {
        "model.cell",
        "model.hiden_size",
        "training.learning_rate",
        "search.metric",
        "search.num_trials",
    }
    error = SpaceFileError(mistakes)
    assert str(error).startswith("5 mistakes in the search space:\n  space.yaml:2: model.")


def test_a_missing_data_file_does_not_hide_the_wrong_metric(tmp_path: Path) -> None:
    text = "task: {type: text, path: nowhere.txt}\nsearch: {metric: val_nat}"
    assert [mistake.key for mistake in mistakes_of(text, tmp_path)] == [
        "task.path",
        "search.metric",
    ]


def test_an_empty_data_file_is_a_mistake_at_its_path(tmp_path: Path) -> None:
    (tmp_path / "empty.txt").write_text("")
    mistakes = mistakes_of("task:\n  type: text\n  path: empty.txt", tmp_path)
    assert [(mistake.line, mistake.key) for mistake in mistakes] == [(3, "task.path")]
    assert "empty" in mistakes[0].message


@pytest.mark.parametrize(
    ("raw", "line", "words"),
    [
        (b"\x89PNG\r\n\x1a\n\x00\x00", 1, "no UTF-8"),
        (b"task: {type: sine}\nname: caf\xe9", 2, "byte 0xe9"),
        (b"task: {type: sine}\n\x00", 2, "U+0000"),
        ("task: {type: sine}".encode("utf-16"), 1, "no UTF-8"),
    ],
)
def test_a_binary_file_is_a_mistake(tmp_path: Path, raw: bytes, line: int, words: str) -> None:
    path = tmp_path / "space.yaml"
    path.write_bytes(raw)
    with pytest.raises(SpaceFileError) as caught:
        load(path)
    assert [mistake.line for mistake in caught.value.mistakes] == [line]
    assert words in caught.value.mistakes[0].message


def test_a_missing_file_names_its_neighbour(tmp_path: Path) -> None:
    (tmp_path / "sine.yaml").write_text(SINE)
    with pytest.raises(SpaceFileError) as caught:
        load(tmp_path / "sin.yaml")
    assert caught.value.mistakes[0].suggestion == str(tmp_path / "sine.yaml")
    with pytest.raises(SpaceFileError, match="folder"):
        load(tmp_path)


@pytest.mark.parametrize(
    ("override", "key", "words", "suggestion"),
    [
        ("nonsense", "", "KEY=VALUE", ""),
        ("=3", "", "KEY=VALUE", ""),
        ("training.lr=3", "training.lr", "unknown key", "training.learning_rate"),
        ("modle.cell=rnn", "modle.cell", "unknown key", "model.cell"),
        ("training.learning_rate=", "training.learning_rate", "has no value", ""),
        ("training.learning_rate=-1", "training.learning_rate", "above 0", ""),
        ("model.cell=[rnn", "", "no YAML", ""),
        ("model.cell.choice=[rnn]", "model.cell.choice", "--set 'model.cell={choice: ...}'", ""),
        ("model={cel: rnn}", "model.cel", "unknown key", "model.cell"),
    ],
)
def test_a_wrong_override_names_itself(
    override: str, key: str, words: str, suggestion: str, tmp_path: Path
) -> None:
    with pytest.raises(SpaceFileError) as caught:
        loads(SINE, name="s", directory=tmp_path, overrides=[override])
    (mistake,) = caught.value.mistakes
    assert mistake.source == f"--set {override}"
    assert mistake.line is None
    assert (mistake.key, mistake.suggestion) == (key, suggestion)
    assert words in mistake.message
