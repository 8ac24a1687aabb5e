"""What a right file becomes: defaults, overrides, conditions, and the resolved file."""

from __future__ import annotations

from pathlib import Path

import pytest

from rnnsearch.errors import SpaceFileError
from rnnsearch.space.conditions import Between, Parameter
from rnnsearch.space.distributions import Choice, Float, Int
from rnnsearch.space.load import load, loads
from rnnsearch.space.resolve import renamed
from rnnsearch.space.spec import StudySpec

SPACES = Path(__file__).parents[3] / "search_spaces"
SINE = "task: {type: sine}\n"


def spec_of(text: str, *overrides: str, directory: Path | None = None) -> StudySpec:
    return loads(text, name="s", directory=directory or Path.cwd(), overrides=overrides)


def test_the_smallest_file_is_one_trial_with_every_default() -> None:
    spec = spec_of(SINE)
    assert spec.name == "s"
    assert spec.parameters == {}
    assert spec.search.num_trials == 1
    assert spec.search.metric == "val_rollout_rmse_49"
    assert spec.search.goal == "minimize"
    assert spec.values["model.cell"] == "lstm"
    assert spec.values["task.starts"] == (0.0, 1.0, 2.0)
    assert spec.values["training.steps_per_epoch"] == 100
    assert spec.resources.packs == "auto"


def test_every_distribution_reads_as_itself() -> None:
    spec = spec_of(
        SINE + "model:\n"
        "  cell: {choice: [rnn, gru]}\n"
        "  nonlinearity: {choice: [tanh, relu], when: {model.cell: rnn}}\n"
        "  hidden_size: {logint: [8, 32]}\n"
        "  num_layers: {int: [1, 5], step: 2}\n"
        "  dropout: {uniform: [0.0, 0.5], step: 0.1, when: {model.num_layers: {min: 2}}}\n"
        "training:\n"
        "  learning_rate: {loguniform: [1e-4, 1]}\n"
        "  clip_norm: {choice: [null, 1]}\n"
    )
    assert dict(spec.parameters) == {
        "model.cell": Parameter(Choice(("rnn", "gru"))),
        "model.nonlinearity": Parameter(Choice(("tanh", "relu")), {"model.cell": ("rnn",)}),
        "model.hidden_size": Parameter(Int(8, 32, log=True)),
        "model.num_layers": Parameter(Int(1, 5, step=2)),
        "model.dropout": Parameter(Float(0.0, 0.5, step=0.1), {"model.num_layers": Between(min=2)}),
        "training.learning_rate": Parameter(Float(1e-4, 1.0, log=True)),
        "training.clip_norm": Parameter(Choice((None, 1.0))),
    }
    assert next(iter(spec.parameters)) == "model.cell"
    assert "model.cell" not in spec.values


def test_a_nested_field_of_the_task_is_sampled_under_its_dotted_key() -> None:
    spec = spec_of("task: {type: sine, rollout: {steps: [1, 10], warmup_steps: {int: [1, 5]}}}")
    assert dict(spec.parameters) == {"task.rollout.warmup_steps": Parameter(Int(1, 5))}
    assert spec.search.metric == "val_rollout_rmse_10"


def test_steps_divide_in_decimals() -> None:
    spec = spec_of(SINE + "model: {num_layers: 2, dropout: {uniform: [0.0, 0.3], step: 0.1}}")
    assert spec.parameters["model.dropout"].distribution == Float(0.0, 0.3, step=0.1)


@pytest.mark.parametrize(("text", "seconds"), [("90s", 90), ("10m", 600), ("1.5h", 5400)])
def test_a_time_budget_is_seconds_once_it_is_read(text: str, seconds: float) -> None:
    assert spec_of(SINE + f"search: {{time_budget: {text}}}").search.time_budget == seconds


@pytest.mark.parametrize(
    "shares", ["{train: 1, val: 0, test: 0}", "{train: 0.8, val: 0.1, test: 0.1}"]
)
def test_a_text_is_judged_where_it_has_a_part(shares: str) -> None:
    text = f"task: {{type: text, text: {'abcdefghij' * 5}, split: {shares}}}"
    wanted = "train_nats" if "val: 0," in shares else "val_nats"
    assert spec_of(text).search.metric == wanted


def test_the_goal_is_the_metrics_own() -> None:
    text = "task: {type: text, text: abcdefghijabcdefghijabcdefghij}\n"
    assert spec_of(text + "search: {metric: val_accuracy}").search.goal == "maximize"
    assert spec_of(text + "search: {metric: train_loss}").search.goal == "minimize"


def test_the_default_grace_period_fits_a_short_training() -> None:
    assert spec_of(SINE + "training: {max_epochs: 3}").search.scheduler.grace_period == 3
    text = SINE + "training: {max_epochs: 3}\nsearch: {scheduler: {type: none, grace_period: 9}}"
    assert spec_of(text).search.scheduler.type == "none"


def test_relative_paths_start_at_the_file_and_in_overrides_at_the_working_directory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "elsewhere").mkdir()
    for folder in (tmp_path, tmp_path / "elsewhere"):
        (folder / "a.txt").write_text("abcdefghij" * 20)
    file = tmp_path / "s.yaml"
    file.write_text("task: {type: text, path: a.txt}")
    monkeypatch.chdir(tmp_path / "elsewhere")
    assert load(Path("../s.yaml")).values["task.path"] == str(tmp_path / "a.txt")
    assert load(file, ["task.path=a.txt"]).values["task.path"] == str(
        tmp_path / "elsewhere" / "a.txt"
    )


def test_a_module_is_no_path() -> None:
    spec = spec_of("task: {type: text, path: 'python:pydoc_data.topics'}")
    assert spec.values["task.path"] == "python:pydoc_data.topics"


def test_an_override_replaces_the_whole_entry_with_its_condition() -> None:
    text = SINE + (
        "model:\n  cell: {choice: [rnn, lstm]}\n"
        "  nonlinearity: {choice: [tanh, relu], when: {model.cell: rnn}}\n"
    )
    spec = spec_of(text, "model.nonlinearity=relu")
    assert spec.values["model.nonlinearity"] == "relu"
    spec = spec_of(text, "model.nonlinearity={choice: [relu, tanh]}")
    assert spec.parameters["model.nonlinearity"] == Parameter(Choice(("relu", "tanh")))


def test_overrides_make_sections_and_the_last_one_counts() -> None:
    spec = spec_of(
        SINE, "search.finalists.top=2", "search.finalists.top=1", "name=2024", "model={cell: gru}"
    )
    assert spec.search.finalists.top == 1
    assert spec.values["model.cell"] == "gru"
    assert spec.name == "2024"


def test_an_override_may_switch_off_with_null() -> None:
    assert spec_of(SINE, "training.clip_norm=null").values["training.clip_norm"] is None


def test_a_pinned_parent_fixes_what_hangs_on_it() -> None:
    spec = load(SPACES / "sine.yaml", ["model.cell=lstm", "model.num_layers=1"])
    assert "model.nonlinearity" not in spec.parameters
    assert spec.values["model.nonlinearity"] == "tanh"
    assert spec.values["model.dropout"] == 0.0
    assert spec.first_trials == (
        {"model.hidden_size": 16, "training.learning_rate": 0.01, "training.carry_state": True},
    )
    assert again(spec) == spec


def test_a_condition_keeps_what_an_override_leaves_possible() -> None:
    text = SINE + (
        "model:\n  cell: {choice: [rnn, gru, lstm]}\n"
        "  hidden_size: {int: [8, 9], when: {model.cell: [rnn, gru]}}\n"
    )
    spec = spec_of(text, "model.cell={choice: [gru, lstm]}")
    assert spec.parameters["model.hidden_size"].when == {"model.cell": ("gru",)}
    assert again(spec) == spec


def test_an_override_that_a_first_trial_contradicts_says_how_to_go_on() -> None:
    rate = "training.learning_rate={loguniform: [1e-4, 1e-3]}"
    with pytest.raises(SpaceFileError, match=r"--set 'first_trials=\[\]'"):
        load(SPACES / "sine.yaml", [rate])
    assert load(SPACES / "sine.yaml", [rate, "first_trials=[]"]).first_trials == ()


def test_a_first_trial_takes_documented_defaults() -> None:
    spec = spec_of(
        SINE + "model: {cell: {choice: [rnn, lstm]}, hidden_size: {int: [8, 64]}}\n"
        "first_trials:\n- {model.hidden_size: 9}\n- {}\n"
    )
    assert spec.first_trials == (
        {"model.cell": "lstm", "model.hidden_size": 9},
        {"model.cell": "lstm", "model.hidden_size": 32},
    )
    assert spec.first_params() == spec.first_trials[0]


def test_lists_among_choices_have_stable_labels() -> None:
    spec = spec_of(
        "task: {type: sine, rollout: {steps: {choice: [[1, 10], [1, 10, 49]]}}}\n"
        "first_trials: [{task.rollout.steps: [1, 10]}]\n"
    )
    assert spec.first_trials == ({"task.rollout.steps": "[1, 10]"},)
    # Only what every member reports can be compared.
    with pytest.raises(SpaceFileError, match="reports no 'val_rollout_rmse_49'"):
        spec_of(spec.yaml, "search.metric=val_rollout_rmse_49")


def test_anchors_may_be_shared() -> None:
    spec = spec_of(
        SINE + "model: {num_layers: &n {int: [1, 2]}, hidden_size: *n}\nsearch: {num_trials: 3}"
    )
    assert spec.parameters["model.hidden_size"] == Parameter(Int(1, 2))


def test_without_its_data_a_file_can_still_be_read() -> None:
    text = "task: {type: text, path: nowhere.txt}\ntraining: {seq_len: 1000000}"
    spec = loads(text, name="s", directory=Path("/"), check_data=False)
    assert spec.values["task.path"] == "/nowhere.txt"
    assert spec.search.metric == "val_nats"


def again(spec: StudySpec) -> StudySpec:
    return loads(spec.yaml, name="other", directory=Path("/"))


@pytest.mark.parametrize("name", ["sine", "hello", "char"])
def test_a_shipped_space_is_right_and_its_resolved_file_loads_to_an_equal_spec(name: str) -> None:
    spec = load(SPACES / f"{name}.yaml")
    assert spec.name == name
    assert len(spec.first_trials) == 1
    assert again(spec) == spec
    assert list(again(spec).parameters) == list(spec.parameters)
    assert list(again(spec).values) == list(spec.values)


def test_the_tutorials_configuration_is_trial_0_of_sine() -> None:
    assert load(SPACES / "sine.yaml").first_params() == {
        "model.cell": "rnn",
        "model.nonlinearity": "tanh",
        "model.hidden_size": 16,
        "model.num_layers": 1,
        "training.learning_rate": 0.01,
        "training.carry_state": True,
    }


def test_a_resolved_file_holds_what_is_hard_to_write() -> None:
    text = (
        "task: {type: text, text: \"nul: # 'x' \\u00e9\\n\\t\\U0001F600 yes\", "
        "split: {train: 1, val: 0, test: 0}, cyclic: true}\n"
        "training: {seq_len: 4, learning_rate: {uniform: [1e-07, 0.30000000000000004]}}\n"
        "search: {time_budget: 1.5s, num_trials: 3}\nname: no\n"
    )
    spec = spec_of(text)
    assert spec.name == "no"
    assert again(spec) == spec


def test_a_study_can_be_renamed() -> None:
    spec = load(SPACES / "sine.yaml")
    other = renamed(spec, "sine-2")
    assert other.name == "sine-2"
    assert again(other) == other
    assert renamed(other, "sine") == spec


def test_a_shipped_example_is_named_where_its_file_is_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SpaceFileError) as caught:
        load(Path("search_spaces/sine.yaml"))
    assert "An example has that name: rnnsearch init --example sine" in str(caught.value)
    with pytest.raises(SpaceFileError) as caught:
        load(Path("nothing.yaml"))
    assert str(caught.value).endswith("there is no such file.")
    (tmp_path / "names").mkdir()
    with pytest.raises(SpaceFileError, match="If it is data: rnnsearch init names"):
        load(Path("names"))
