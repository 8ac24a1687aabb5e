"""What a trial needs before it can train: its task, its slot, its first rows, its stack's key."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import torch

from rnnsearch.errors import PackError
from rnnsearch.models.config import NetworkConfig, is_custom
from rnnsearch.models.initial import initial_weights
from rnnsearch.tasks.base import Task, TaskData, Window, loss_metric
from rnnsearch.tasks.config import TaskConfig
from rnnsearch.tasks.fold_task import FoldTask
from rnnsearch.tasks.folds import Folded
from rnnsearch.tasks.streams import derive
from rnnsearch.training.changes import CHANGES, changes_problem
from rnnsearch.training.config import TrialConfig
from rnnsearch.training.custom_optimizers import TrialOptimizer
from rnnsearch.training.layout import layout_of
from rnnsearch.training.restoring import check_restored
from rnnsearch.training.slots import Slot, View, best_weights
from rnnsearch.training.snapshot import TrialSnapshot
from rnnsearch.training.stack_key import Shared, stack_key
from rnnsearch.training.weights import Weights

TaskBuilder = Callable[[TaskConfig, TaskData, torch.device, torch.dtype], Task]
DataSource = Mapping[TaskConfig, TaskData] | Callable[[TaskConfig], TaskData]


class Placement:
    """Prepares trials for their stacks, and builds each task of a pack once.

    Args:
        data: The data by task config, or a function that finds it, which is called once a task.
        objective: A metric that the task of every trial must report.
        build: Builds a task, with its data on the device.
    """

    def __init__(
        self, data: DataSource, device: torch.device, objective: str, build: TaskBuilder
    ) -> None:
        self._data = data
        self._device = device
        self._objective = objective
        self._build = build
        self._built: dict[tuple[TaskConfig, str], Task] = {}
        self._folds: dict[tuple[TaskConfig, str], list[FoldTask]] = {}

    def task(self, config: TrialConfig) -> Task:
        """The trial's task on the device, in the trial's dtype.

        Raises:
            PackError: There is no data for it.
        """
        key = (config.task, config.training.dtype)
        if key not in self._built:
            if callable(self._data):
                data = self._data(config.task)
            elif config.task in self._data:
                data = self._data[config.task]
            else:
                raise PackError(f"the pack has no data for the task {config.task}")
            dtype = getattr(torch, config.training.dtype)
            self._built[key] = self._build(config.task, data, self._device, dtype)
        return self._built[key]

    def fold_tasks(self, config: TrialConfig) -> list[FoldTask]:
        """Each fold of the trial's task on the device."""
        key = (config.task, config.training.dtype)
        if key not in self._folds:
            data, dtype = self.task(config).data, getattr(torch, config.training.dtype)
            assert isinstance(data, Folded)
            pairs = [data.fold(number) for number in range(data.folds)]
            self._folds[key] = [
                FoldTask(self._build(config.task, own, self._device, dtype), numbers)
                for own, numbers in pairs
            ]
        return self._folds[key]

    def weights(self, slot: Slot) -> Weights | None:
        """The weights of a trial's best epoch, to leave the pack; None where it finished none."""
        return best_weights(slot, slot.best, slot.layout, self.task(slot.config).head)

    def slot(self, trial_id: str, snapshot: TrialSnapshot, view: View | None = None) -> Slot:
        """The bookkeeping of a trial as of a snapshot, which may be fresh.

        Args:
            view: See `Slot`.

        Raises:
            PackError: The trial cannot be trained, or cannot go on from that snapshot; the message
                says why.
        """
        config = snapshot.config
        task = self.task(config)
        how = config.training
        window = Window(how.batch_size, how.seq_len, how.steps_per_epoch)
        problem = task.data.window_problem(window)
        if problem is not None:
            raise PackError(problem)
        if (wrong := changes_problem(how, config.model)) is not None:
            raise PackError(f"{CHANGES}: {wrong}")
        if how.loss is not None and not (is_custom(how.loss) or how.loss in task.data.losses):
            raise PackError(
                f"the task cannot be trained on the loss {how.loss}; it takes"
                f" {', '.join(task.data.losses)}"
            )
        _check_model(config, task.data)
        metrics = task.data.metrics()
        names = [metric.name for metric in metrics]
        if self._objective not in (*names, "train_loss"):
            raise PackError(
                f"the task reports no metric {self._objective}; it reports train_loss,"
                f" {', '.join(names)}"
            )
        data = task.data
        layout = layout_of(config.model, data.input_size, data.output_size, data.symbolic)
        if how.average != "none" and layout.held is not None:
            raise PackError(
                "the network holds values beside its weights, such as a batch norm's, which do not "
                "belong to averaged weights: take training.average away"
            )
        check_restored(snapshot, layout, self._objective)
        arrays = snapshot.arrays
        best = {name: arrays[name] for name in arrays if name.startswith("best")}
        brought = is_custom(how.optimizer)
        slot = Slot(
            trial_id=trial_id,
            layout=layout,
            window=window,
            optimizer=TrialOptimizer(config, layout, arrays) if brought else None,
            own_loss=loss_metric(metrics),
            best=best,
            view=view,
            **snapshot.figures(),
        )
        if slot.step:
            slot.plan(task)
            if slot.step > len(slot.planned()):
                raise PackError(f"it is at step {slot.step} of {len(slot.planned())}")
        return slot

    def first_rows(self, slot: Slot) -> dict[str, np.ndarray[Any, Any]]:
        """The rows of a trial that starts from its seed, as far as they do not start at zero."""
        config, data = slot.config, self.task(slot.config).data
        sizes = data.input_size, data.output_size, data.symbolic
        weights = initial_weights(config.model, *sizes, derive(config.seed, "weights"))
        dtype = getattr(torch, config.training.dtype)
        unpadded = {name: tensor.detach().to(dtype) for name, tensor in weights.items()}
        rows = {"parameters": slot.layout.pack(unpadded).numpy()}
        if slot.layout.held is not None:
            exact = {name: tensor.double() for name, tensor in weights.items()}
            rows["held"] = slot.layout.held.pack(exact).numpy()
        return rows

    def shared(self, slot: Slot) -> Shared:
        """What the trial shares with the others of its stack.

        Raises:
            PackError: The task cannot be trained as the trial's config asks.
        """
        task = self.task(slot.config)
        key = stack_key(slot.config, task.data, slot.window)
        return Shared(key, task, slot.layout, self._device)


def _check_model(config: TrialConfig, data: TaskData) -> None:
    """Check that a network goes with the task and with how it is to be trained.

    Raises:
        PackError: It does not.
    """
    model = config.model
    if isinstance(model, NetworkConfig):
        from rnnsearch.models.network_config import takes

        if not data.whole_sequence and "state" not in takes(model.type):
            raise PackError(
                f"{model.type} takes no `state`, and the task goes on from one call to the next"
            )
        return
    if model.bidirectional and not data.whole_sequence:
        raise PackError(
            "a model that reads backwards would be shown what it has to predict: the task is causal"
        )
    if model.initial_state == "learned" and config.training.carry_state:
        raise PackError("a step starts from a carried state or from a learned one, not both")
