"""What must hold between several fields, and between the fields and the data."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from rnnsearch.errors import DataError, Mistake
from rnnsearch.goal import Goal
from rnnsearch.space.conditions import holds
from rnnsearch.space.corners import corners
from rnnsearch.space.distributions import Choice, Parameter
from rnnsearch.space.nearest import nearest
from rnnsearch.space.noting import Place, note
from rnnsearch.space.sections import Reading
from rnnsearch.space.trial import task_config
from rnnsearch.space.words import plain_text
from rnnsearch.tasks.base import Metric, TaskData, Window
from rnnsearch.tasks.config import TaskConfig
from rnnsearch.tasks.families import family, family_of
from rnnsearch.tasks.load import load_data, stand_in_data

WINDOW_KEYS = ("training.batch_size", "training.seq_len", "training.steps_per_epoch")
WINDOW_CULPRITS = ("training.seq_len", *WINDOW_KEYS, "training", "task.path", "task")
"""Where windows that do not fit are noted, the first of them that the file names."""

BETWEEN_LAYERS = ("model.dropout", "model.residual")
"""Fields that do nothing in a network of one layer."""


@dataclass(slots=True)
class Draft:
    """A study on its way to a spec: everything read, nothing checked across fields yet."""

    reading: Reading
    fixed: dict[str, Any]
    parameters: Mapping[str, Parameter]
    mistakes: list[Mistake]
    root: Place
    data: dict[TaskConfig, TaskData] = field(default_factory=dict)
    stand_ins: dict[TaskConfig, TaskData] = field(default_factory=dict)
    """The same, or what knows the task's rules where the data is not to be read."""

    def note(self, keys: Sequence[str], message: str, suggestion: str = "") -> None:
        """Add a mistake at the first of the keys that the file names."""
        named = next((key for key in keys if key in self.reading.places), None)
        place = self.reading.places[named] if named is not None else self.root
        note(self.mistakes, place, named or keys[0], message, suggestion)

    def sound(self, prefix: str) -> bool:
        """Whether no field under a prefix is a mistake."""
        return not any(key == prefix or key.startswith(f"{prefix}.") for key in self.reading.wrong)

    def task_keys(self) -> list[str]:
        return [key for key in self.reading.fields if key.startswith("task.")]


def check_effects(draft: Draft) -> None:
    """A sampled field that can never do anything is a mistake: it would waste the search."""
    noted = {mistake.key for mistake in draft.mistakes}
    fields = draft.reading.fields
    for key in draft.parameters:
        if key in draft.reading.wrong or key in noted:
            continue
        if key in BETWEEN_LAYERS:
            if layer_counts(draft.parameters, draft.fixed)[1] < 2:
                draft.note(
                    [key],
                    "is sampled, but works between layers and model.num_layers is "
                    "never above 1. Sample model.num_layers, or take this field out.",
                )
        elif (needs := fields[key].needs) is not None and not _can_work(draft, *needs):
            parent, members = needs
            said = " or ".join(plain_text(one) for one in members)
            draft.note(
                [key], f"is sampled, but does nothing unless {parent} is {said}, which it never is."
            )


def layer_counts(parameters: Mapping[str, Parameter], values: Mapping[str, Any]) -> tuple[int, int]:
    """Layers of the shallowest and of the deepest network of a space."""
    found = []
    sizes_key, layers_key = "model.hidden_sizes", "model.num_layers"
    sizes: tuple[Any, ...] = (values.get(sizes_key),)
    if sizes_key in parameters:
        drawn = parameters[sizes_key].distribution
        sizes = drawn.members if isinstance(drawn, Choice) else ()
    for one in sizes:
        if one is not None:
            found.append(len(one))
        elif layers_key not in parameters:
            found.append(values.get(layers_key, 1))
        else:
            layers = parameters[layers_key].distribution
            found += layers.members if isinstance(layers, Choice) else (layers.low, layers.high)
    return min(found), max(found)


def _can_work(draft: Draft, parent: str, members: tuple[Any, ...]) -> bool:
    if parent in draft.reading.wrong:
        return True
    if parent not in draft.parameters:
        return holds(members, draft.fixed.get(parent))
    distribution = draft.parameters[parent].distribution
    return not isinstance(distribution, Choice) or any(
        member in members for member in distribution.members
    )


def check_clash(draft: Draft) -> None:
    """What the task knows of fields, its own and others, that do not go together."""
    if draft.reading.task_type is None:
        return
    task = family(draft.reading.task_type)
    if not (task.clashing and draft.sound("task") and all(map(draft.sound, task.clashing))):
        return
    for values in corners(draft.parameters, draft.fixed, list(task.clashing)):
        message = task.clash(values)
        if message is not None:
            draft.note([task.clashing[0]], message)
            return


def check_task(draft: Draft, *, check_data: bool) -> list[Metric] | None:
    """Task, data and windows.

    Returns:
        The metrics that every task of the space reports, or None where they are not known.
    """
    if draft.reading.task_type is None or not draft.sound("task"):
        return None
    metrics: dict[str, Metric] | None = None
    for values in corners(draft.parameters, draft.fixed, draft.task_keys()):
        try:
            config = task_config(values)
        except DataError as error:
            draft.note(["task"], str(error))
            return None
        data = None if _own_problems(draft, config) else _load(draft, config, check_data)
        if data is None:
            continue
        draft.stand_ins[config] = data
        reported = {metric.name: metric for metric in known_metrics(data)}
        before = reported if metrics is None else metrics
        metrics = {name: metric for name, metric in before.items() if name in reported}
    if check_data and metrics is not None:
        _check_windows(draft)
    return None if metrics is None else list(metrics.values())


def _own_problems(draft: Draft, config: TaskConfig) -> bool:
    """Note what a task's own config finds wrong with itself."""
    before = len(draft.mistakes)
    for key, message in family_of(config).problems(config):
        draft.note([f"task.{key}", *_parents(f"task.{key}")], message)
    return len(draft.mistakes) > before


def _parents(key: str) -> list[str]:
    parts = key.split(".")
    return [".".join(parts[:end]) for end in range(len(parts) - 1, 0, -1)]


def _load(draft: Draft, config: TaskConfig, check_data: bool) -> TaskData | None:
    """The data, or for metric names alone a stand-in where the file is not to be touched."""
    if config in draft.data:
        return draft.data[config]
    try:
        data = load_data(config) if check_data else stand_in_data(config)
    except DataError as error:
        message = str(error)
        if not any(mistake.message == message for mistake in draft.mistakes):
            keys = ["task.path", "task.text", "task.type", "task"]
            draft.note([error.key, *_parents(error.key), *keys] if error.key else keys, message)
        return _quietly(config) if check_data else None
    if check_data and data is not None:
        draft.data[config] = data
    return data


def _quietly(config: TaskConfig) -> TaskData | None:
    """A stand-in, so that the other mistakes of the file are found too."""
    try:
        return stand_in_data(config)
    except DataError:
        return None


def _check_windows(draft: Draft) -> None:
    if not all(draft.sound(key) for key in WINDOW_KEYS):
        return
    keys = [*draft.task_keys(), *WINDOW_KEYS]
    for values in corners(draft.parameters, draft.fixed, keys):
        data = draft.data.get(task_config(values))
        if data is None:
            continue
        batch, length, steps = (values[key] for key in WINDOW_KEYS)
        problem = data.window_problem(
            Window(batch_size=batch, seq_len=length, steps_per_epoch=steps)
        )
        if problem is not None:
            sampled = [key for key in WINDOW_KEYS if key in draft.parameters]
            said = ", ".join(
                f"{key.partition('.')[2]} {plain_text(values[key])}" for key in sampled
            )
            with_what = f" (drawn: {said})" if said else ""
            draft.note(WINDOW_CULPRITS, problem.rstrip(".") + with_what + ".")
            return  # One combination shows what is wrong; a hundred of them would hide it.


def known_metrics(data: TaskData) -> list[Metric]:
    """What a study can be judged on: the task's own metrics, and the loss that is trained on."""
    found = list(data.metrics())
    if all(metric.name != "train_loss" for metric in found):
        meaning = "mean training loss of the epoch, dropout and carried state included"
        found.append(Metric("train_loss", "units of the loss", "minimize", meaning))
    return found


def check_metric(draft: Draft, metrics: Sequence[Metric] | None) -> None:
    """Fill in the metric and the goal, or note that they do not fit the task."""
    metric_key, goal_key = "search.metric", "search.goal"
    if metrics is None:
        return
    known = {metric.name: metric for metric in metrics}
    if metric_key not in draft.reading.values:
        if metric_key in draft.reading.wrong or not known:
            return
        draft.fixed[metric_key] = family(str(draft.reading.task_type)).judged_by(
            draft.fixed, [metric.name for metric in metrics]
        )
    name = draft.fixed[metric_key]
    if name not in known:
        draft.note(
            [metric_key],
            f"the task `{draft.reading.task_type}` reports no {name!r}; it "
            f"reports {', '.join(known)}.",
            nearest(name, known),
        )
        return
    natural = Goal(known[name].goal)
    if goal_key in draft.reading.values and draft.fixed[goal_key] != natural:
        draft.note(
            [goal_key],
            f"{name} is better the {natural.side}, so its goal is "
            f"{natural}; leave the line out, or mend it.",
            natural,
        )
    elif goal_key not in draft.reading.wrong:
        draft.fixed[goal_key] = natural.value
