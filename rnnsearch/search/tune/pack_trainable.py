"""A pack as Ray Tune sees it: a class `Trainable` that trains many trials in one worker."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import ray
from ray.tune import Trainable

from rnnsearch.given_code import take
from rnnsearch.search.messages import PackSettings, Update
from rnnsearch.search.same_code import check_same
from rnnsearch.search.tune.pack_worker import PackWorker
from rnnsearch.search.tune.steady_pack import SteadyPack
from rnnsearch.tasks.base import TaskData
from rnnsearch.tasks.config import TaskConfig

REPORT = "pack_report"
"""Key of a slice's result, a list with one `PackReport`: Tune flattens dicts, but not lists."""


class PackTrainable(Trainable):  # type: ignore[misc]  # Ray ships no complete types
    """Trains what its updates bring aboard; its Tune config holds a name and the settings."""

    def setup(self, config: dict[str, Any], code: Mapping[str, Any] | None = None) -> None:
        check_same(config["settings"].get("code", ""))  # before anything that may not fit is used
        take(code or {})  # before a config names it
        settings = PackSettings(**config["settings"])
        _redirect_output(Path(settings.logs), config["pack"])
        self._pack: SteadyPack | None = None
        finds_gpu = _has_gpu()
        on_gpu = settings.gpus > 0 and finds_gpu
        self._worker = PackWorker(
            config["pack"],
            settings,
            partial(self._build, settings, "cuda" if on_gpu else "cpu"),
            ray.get,
            ray.get_runtime_context().get_node_id(),
            device="gpu" if on_gpu else "cpu",
            lacks_gpu=settings.gpus > 0 and not finds_gpu,
        )

    def step(self) -> dict[str, Any]:
        """Train a slice, which Tune calls a step."""
        return {REPORT: [self._worker.train_slice()]}

    def update(self, update: Update) -> None:
        """Apply an update. The driver's calls arrive in order, so this is before the next slice."""
        self._worker.apply(update)

    def cleanup(self) -> None:
        """End the pack's thread, which must not be at work when the interpreter exits."""
        if self._pack is not None:
            self._pack.close()

    def _build(
        self, settings: PackSettings, device: str, data: Callable[[TaskConfig], TaskData]
    ) -> SteadyPack:
        import torch

        from rnnsearch.training.memory import most_at_once
        from rnnsearch.training.pack import Pack

        torch.set_num_threads(settings.threads)
        if settings.gpus > 0 and device == "cpu":
            print("torch finds no GPU here: training on the CPU", flush=True)
        pack = Pack(
            data,
            device=device,
            objective=settings.objective,
            goal=settings.goal,
            most=most_at_once(torch.device(device), settings.gpus, settings.trial_bytes),
        )
        self._pack = SteadyPack(pack)
        return self._pack


def _has_gpu() -> bool:
    import torch

    return torch.cuda.is_available()


def _redirect_output(folder: Path, name: str) -> None:
    """Send all that this process prints, by C code too, to a file in the study's logs.

    On a node that does not see the study's folder it stays in Ray's own logs.
    """
    if not folder.is_dir():
        return
    target = os.open(folder / f"{name}.log", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    os.dup2(target, 1)
    os.dup2(target, 2)
    os.close(target)
