"""Optimizers that a person brought, each made for one trial, with that trial's weights."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor, nn

from rnnsearch.arguments import shown
from rnnsearch.custom_code import blame, calling
from rnnsearch.errors import ModelError, PackError, RnnsearchError
from rnnsearch.tasks.streams import derive
from rnnsearch.training.config import TrainingConfig, TrialConfig
from rnnsearch.training.layout import Layout
from rnnsearch.training.optimizer_class import optimizer_class, settings_of
from rnnsearch.training.state_tree import from_arrays, to_arrays

if TYPE_CHECKING:
    from collections.abc import Iterator

STATE = "optimizer"
"""Under which name a snapshot keeps its state."""


def new_optimizer(how: TrainingConfig, weights: Iterable[Tensor]) -> Any:
    """The optimizer of one training.

    Raises:
        ModelError: The constructor raises.
    """
    path = how.optimizer
    settings = {name: getattr(how, key) for name, key in settings_of(path).items()}
    arguments = {**settings, **dict(how.optimizer_args)}
    with calling(f"{path}(params, {shown(arguments)})", ModelError):
        return optimizer_class(path)(list(weights), **arguments)


class TrialOptimizer:
    """The optimizer of one trial, made as it takes its first training step.

    It works on copies of the trial's weights, without their padding, and of its gradients. So its
    numbers depend on nothing of the stack, nor on the trial's place in it.

    Args:
        layout: Of the trial's weights.
        arrays: Of a snapshot, which holds the state to go on from; nothing of a trial that starts.
    """

    def __init__(
        self, config: TrialConfig, layout: Layout, arrays: Mapping[str, np.ndarray[Any, Any]]
    ) -> None:
        self._how, self._seed, self._layout = config.training, config.seed, layout
        named = (name for name in arrays if name.partition("/")[0] == STATE)
        self._stored = {name: arrays[name] for name in named}
        self._weights: dict[str, nn.Parameter] = {}
        self._made: Any = None
        self._steps = 0
        if self._stored:
            self._steps, _ = self._restored()

    def fits(self, total: int) -> bool:
        """Whether it has taken as many training steps as its trial."""
        return self._steps == total

    def update_(self, parameters: Tensor, gradients: Tensor, rate: float) -> None:
        """Take a training step.

        Args:
            parameters: The trial's row [N], changed in place.
            gradients: Its row [N], already clipped.
            rate: The learning rate of this training step.

        Raises:
            ModelError: The optimizer raises.
        """
        weights = self._layout.unpack(parameters)
        if self._made is None:
            self._make(weights)
        for name, gradient in self._layout.unpack(gradients).items():
            own = self._weights[name]
            own.data.copy_(weights[name])
            own.grad = gradient
        for group in self._made.param_groups:
            group["lr"] = rate
        try:
            with _seeded(derive(self._seed, STATE, self._steps), parameters.device):
                self._made.step()
        except RnnsearchError:
            raise
        except Exception as error:  # not by `calling`, which opens a file at each training step
            raise ModelError(f"{self._how.optimizer}.step() raised {blame(error)}") from error
        self._steps += 1
        for leaf in self._layout.leaves:
            part = leaf.blocked(parameters[leaf.offset : leaf.offset + leaf.size])
            part.copy_(self._weights[leaf.name].detach().reshape(part.shape))

    def arrays(self) -> dict[str, np.ndarray[Any, Any]]:
        """Its state, as a snapshot keeps it; nothing before the first training step.

        Raises:
            StateError: The state holds what cannot be stored.
        """
        if self._made is None:
            return self._stored
        return to_arrays({"steps": self._steps, "state": self._made.state_dict()}, STATE)

    def _make(self, weights: Mapping[str, Tensor]) -> None:
        self._weights = {name: nn.Parameter(one.clone()) for name, one in weights.items()}
        self._made = new_optimizer(self._how, self._weights.values())
        if self._stored:
            load_state(self._made, self._restored()[1])
            self._stored = {}

    def _restored(self) -> tuple[int, Any]:
        tree = from_arrays(self._stored, STATE)
        if not (isinstance(tree, dict) and isinstance(tree.get("steps"), int)):
            raise PackError("it holds no state of an optimizer")
        return tree["steps"], tree["state"]


def load_state(optimizer: Any, state: Any) -> None:
    """Give an optimizer a state that `state_dict` of its like gave.

    torch casts what is loaded to the dtype of the weights; here it stays as it was, bit for bit,
    unless the class loads its state by itself.

    Raises:
        PackError: It does not fit.
    """
    try:
        optimizer.load_state_dict(state)
        if type(optimizer).load_state_dict is torch.optim.Optimizer.load_state_dict:
            weights = [one for group in optimizer.param_groups for one in group["params"]]
            for number, kept in state["state"].items():
                optimizer.state[weights[number]].update(_on(kept, weights[number].device))
    except Exception as error:
        raise PackError(f"the optimizer cannot go on from its state: {blame(error)}") from error


def _on(kept: Mapping[str, Any], device: torch.device) -> dict[str, Any]:
    """The state of one weight with its tensors on a device."""
    return {
        name: one.to(device) if isinstance(one, Tensor) and one.dim() else one
        for name, one in kept.items()
    }


@contextmanager
def _seeded(seed: int, device: torch.device) -> Iterator[None]:
    """torch's generators as of a seed, and afterwards as they were before."""
    with torch.random.fork_rng(devices=[] if device.type == "cpu" else [device]):
        torch.manual_seed(seed)
        yield


def try_optimizer(how: TrainingConfig) -> None:
    """Take training steps with an optimizer, the last one after it went on from its own state.

    Raises:
        ModelError: It raises, or goes on otherwise than it would have.
    """
    path = how.optimizer
    dice = torch.Generator().manual_seed(0)
    first = [torch.randn(shape, generator=dice) for shape in ((3, 4), (3,))]
    slopes = [[torch.randn(one.shape, generator=dice) for one in first] for _ in range(3)]

    def steps(optimizer: Any, weights: list[nn.Parameter], some: slice) -> None:
        for number, gradients in list(enumerate(slopes))[some]:
            for one, gradient in zip(weights, gradients, strict=True):
                one.grad = gradient.clone()
            with (
                torch.no_grad(),
                _seeded(number, torch.device("cpu")),
                calling(f"{path}.step()", ModelError),
            ):
                optimizer.step()

    weights = [nn.Parameter(one.clone()) for one in first]
    optimizer = new_optimizer(how, weights)
    steps(optimizer, weights, slice(0, 2))
    again = [nn.Parameter(one.detach().clone()) for one in weights]
    other = new_optimizer(how, again)
    try:
        load_state(other, from_arrays(to_arrays(optimizer.state_dict(), STATE), STATE))
    except PackError as error:
        raise ModelError(f"{path}: its state cannot be stored and restored: {error}") from error
    steps(optimizer, weights, slice(2, 3))
    steps(other, again, slice(2, 3))
    if not all(map(torch.equal, weights, again)):
        raise ModelError(
            f"{path} takes another step after it was restored than before: it keeps something "
            "outside of `self.state` and its `param_groups`, which snapshots do not have."
        )
    if all(map(torch.equal, weights, first)):
        raise ModelError(f"{path} changed no weight in three steps.")
