"""Checks of what must hold between several fields, and between fields and the data."""

from __future__ import annotations

from collections.abc import Sequence

from rnnsearch.errors import DataError
from rnnsearch.goal import Goal
from rnnsearch.space.candidate import Candidate
from rnnsearch.space.conditions import left_of
from rnnsearch.space.corners import corners, layer_counts
from rnnsearch.space.fields import NETWORK, applies
from rnnsearch.space.nearest import nearest
from rnnsearch.space.trial import task_config
from rnnsearch.space.words import plain_text
from rnnsearch.tasks.base import Metric, TaskData, Window
from rnnsearch.tasks.config import TaskConfig
from rnnsearch.tasks.families import family, family_of
from rnnsearch.tasks.load import load_data, stand_in_data

WINDOW_KEYS = ("training.batch_size", "training.seq_len", "training.steps_per_epoch")
FOLDS = "task.validation.folds"
WINDOW_CULPRITS = ("training.seq_len", *WINDOW_KEYS, "training", "task.path", "task")
"""Windows that do not fit are noted at the first of these keys that the file names."""

BETWEEN_LAYERS = ("model.dropout", "model.residual")
"""Fields that do nothing in a network of one layer."""


def check_effects(study: Candidate) -> None:
    """Note sampled fields that can never have an effect: they would waste the search."""
    noted = {mistake.key for mistake in study.file.mistakes}
    fields = study.file.fields
    for key in study.parameters:
        if study.file.is_wrong(key) or key in noted:
            continue
        if key in BETWEEN_LAYERS and NETWORK not in study.values:
            if layer_counts(study)[1] < 2:
                study.note(
                    [key],
                    "is sampled, but works between layers and model.num_layers is "
                    "never above 1. Sample model.num_layers, or take this field out.",
                )
        elif (needs := fields[key].needs) is not None:
            parent, condition = needs
            if not study.file.is_wrong(parent) and left_of(condition, parent, study) is None:
                message = f"does nothing unless {condition.clause(parent)}, which it never is."
                study.note([key], f"is sampled, but {message}")


def check_clash(study: Candidate) -> None:
    """Note values of fields, of any section, that the task says do not go together."""
    if study.file.task_type is None:
        return
    task = family(study.file.task_type)
    if not (task.clashing and study.sound("task") and all(map(study.sound, task.clashing))):
        return
    for values in corners(study, list(task.clashing)):
        message = task.clash(values)
        if message is not None:
            study.note([task.clashing[0]], message)
            return


def check_task(study: Candidate, *, check_data: bool) -> list[Metric] | None:
    """Check every task of the space, its data and its windows.

    Args:
        study: What is checked; it keeps the data that was read.
        check_data: Whether to read the data. Where not, only the rules of the task are known.

    Returns:
        The metrics that every task of the space reports, or None where they are not known.
    """
    if study.file.task_type is None or not study.sound("task"):
        return None
    metrics: dict[str, Metric] | None = None
    for values in corners(study, study.task_keys()):
        try:
            config = task_config(values)
        except DataError as error:
            study.note(["task"], str(error))
            return None
        data = None if _note_problems(study, config) else _load(study, config, check_data)
        if data is None:
            continue
        study.stand_ins[config] = data
        try:
            reported = {metric.name: metric for metric in known_metrics(data)}
        except DataError as error:  # of a metric that a person brought
            study.note([error.key or "task", "task"], str(error))
            study.data.clear()
            return None
        before = reported if metrics is None else metrics
        metrics = {name: metric for name, metric in before.items() if name in reported}
    if check_data and metrics is not None and applies(study.file.task_type, WINDOW_KEYS[0]):
        _check_windows(study)
    return None if metrics is None else list(metrics.values())


def _note_problems(study: Candidate, config: TaskConfig) -> bool:
    """Note what the task finds wrong with its config; whether there was anything."""
    before = len(study.file.mistakes)
    for key, message in family_of(config).problems(config):
        study.note([f"task.{key}", *_parents(f"task.{key}")], message)
    return len(study.file.mistakes) > before


def _parents(key: str) -> list[str]:
    """The sections that a key lies in, the innermost first."""
    parts = key.split(".")
    return [".".join(parts[:end]) for end in range(len(parts) - 1, 0, -1)]


def _load(study: Candidate, config: TaskConfig, check_data: bool) -> TaskData | None:
    """Read the data of a task, or make a stand-in that only knows the task's rules.

    None where there is neither.
    """
    if config in study.data:
        return study.data[config]
    try:
        data = load_data(config) if check_data else stand_in_data(config)
    except DataError as error:
        message = str(error)
        if not any(mistake.message == message for mistake in study.file.mistakes):
            keys = ["task.path", "task.text", "task.type", "task"]
            study.note([error.key, *_parents(error.key), *keys] if error.key else keys, message)
        return _stand_in(config) if check_data else None
    if check_data and data is not None:
        study.data[config] = data
    return data


def _stand_in(config: TaskConfig) -> TaskData | None:
    """Make a stand-in for data that is wrong, so that other mistakes of the file are found too."""
    try:
        return stand_in_data(config)
    except DataError:
        return None


def _check_windows(study: Candidate) -> None:
    """Note the first combination of window sizes that does not fit into the data."""
    if not all(study.sound(key) for key in WINDOW_KEYS):
        return
    keys = [*study.task_keys(), *WINDOW_KEYS]
    for values in corners(study, keys):
        data = study.data.get(task_config(values))
        if data is None:
            continue
        batch, length, steps = (values[key] for key in WINDOW_KEYS)
        problem = data.window_problem(
            Window(batch_size=batch, seq_len=length, steps_per_epoch=steps)
        )
        if problem is not None:
            sampled = [key for key in WINDOW_KEYS if key in study.parameters]
            sampled_values = ", ".join(
                f"{key.partition('.')[2]} {plain_text(values[key])}" for key in sampled
            )
            with_what = f" (drawn: {sampled_values})" if sampled_values else ""
            study.note(WINDOW_CULPRITS, problem.rstrip(".") + with_what + ".")
            return  # One combination shows what is wrong; a hundred of them would hide it.


def known_metrics(data: TaskData) -> list[Metric]:
    """The metrics that a study can be judged by: the task's, and the loss that is trained on."""
    metrics = list(data.metrics())
    if data.losses and all(metric.name != "train_loss" for metric in metrics):
        meaning = "mean training loss of the epoch, dropout and carried state included"
        metrics.append(Metric("train_loss", "units of the loss", "minimize", meaning))
    return metrics


def check_metric(study: Candidate, metrics: Sequence[Metric] | None) -> None:
    """Fill in the study's metric and goal, or note that they do not fit the task.

    Args:
        study: What is checked.
        metrics: What `check_task` gave.
    """
    metric_key, goal_key = "search.metric", "search.goal"
    if metrics is None:
        return
    known = {metric.name: metric for metric in metrics}
    if metric_key not in study.file.values:
        if study.file.is_wrong(metric_key) or not known:
            return
        study.values[metric_key] = family(str(study.file.task_type)).judged_by(
            study.values, [metric.name for metric in metrics]
        )
    name = study.values[metric_key]
    if name not in known:
        study.note(
            [metric_key],
            f"the task `{study.file.task_type}` reports no {name!r}; it "
            f"reports {', '.join(known)}.",
            nearest(name, known),
        )
        return
    natural = Goal(known[name].goal)
    # A goal that stands beside another metric in the file is that one's.
    own = study.file.overridden(goal_key) or not study.file.overridden(metric_key)
    if own and goal_key in study.file.values and study.values[goal_key] != natural:
        study.note(
            [goal_key],
            f"{name} is better the {natural.side}, so its goal is "
            f"{natural}; leave the line out, or mend it.",
            natural,
        )
    elif not study.file.is_wrong(goal_key):
        study.values[goal_key] = natural.value


def check_price(study: Candidate) -> None:
    """Note a limit of costs where a pack costs nothing."""
    values = study.values
    if values.get("search.max_cost") is None or not (
        study.sound("search.price") and study.sound("resources")
    ):
        return
    parts = {"cpu": "resources.cpus_per_pack", "gpu": "resources.gpus_per_pack"}
    if not any(values[f"search.price.{name}"] * values[key] for name, key in parts.items()):
        part = next((name for name, key in parts.items() if values[key]), "cpu")
        study.note(
            ["search.max_cost"],
            "limits what packs cost, and none costs anything: say what an hour costs of what a "
            f"pack takes, as `price: {{{part}: 2.5}}` under search or `--price {part}=2.5`.",
        )


def check_ensemble(study: Candidate) -> None:
    """Note an ensemble that cannot be made, or that could not be scored as its members are."""
    key, section = "search.finalists.ensemble", "search.finalists"
    values, task = study.values, study.file.task_type
    if task is None or not study.sound(section) or values[key] < 2:
        return
    if family(task).own_loop:
        study.note([key], "has no effect: a script's models are its own, and have no mean. Set 1.")
    elif values.get(FOLDS, 0) and study.sound("task"):
        study.note(
            [key],
            f"cannot be used with {FOLDS}: no part is left on which the mean of several models "
            "could be scored, since each was trained on all folds. Set one of the two to its "
            "default (ensemble 1, folds 0).",
        )
    elif values.get("search.metric") == "train_loss" and not _reports(study, "train_loss"):
        study.note(
            [key],
            "cannot be used where trials are judged by train_loss, which is known of a training "
            "alone. Judge by a metric of the task, or set 1.",
        )
    else:
        most = values[f"{section}.top"] * values[f"{section}.seeds"]
        if values[key] > most:
            study.note(
                [key],
                f"is {values[key]}, and there are no more than {most} trainings of finalists: "
                "top times seeds. Lower it, or raise these.",
                max(1, most),
            )


def _reports(study: Candidate, name: str) -> bool:
    """Whether the tasks compute a metric of any model, and not the training of its own."""
    metrics = [metric.name for data in study.stand_ins.values() for metric in data.metrics()]
    return name in metrics


def check_register_as(study: Candidate) -> None:
    """Note a name that MLflow takes for no registered model."""
    key = "search.register_as"
    name = study.values.get(key)
    if isinstance(name, str) and (not name.strip() or set(name) & set("/:@")):
        study.note(
            [key],
            f"must be the name of a registered model, without `/`, `:` and `@`, not {name!r}; a "
            "version and an alias are not part of it.",
            name.removeprefix("models:/").partition("/")[0].partition("@")[0],
        )
