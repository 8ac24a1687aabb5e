"""Calling the modules of K trials at once: `vmap` over a call with each trial's own tensors."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from typing import Any

from torch import Tensor, nn
from torch.func import functional_call, vmap
from torch.utils._pytree import tree_leaves, tree_map

from rnnsearch.models.custom_network import CustomNetwork
from rnnsearch.training.fused.prepared import prepare
from rnnsearch.training.fused.recurrent import single
from rnnsearch.training.fused.steady import steady
from rnnsearch.training.fused.streams import DroppingCalls, streaming

Named = Mapping[str, Tensor]


class _Asked(nn.Module):
    """The call of a network that is told whether sequences began, since `vmap` cannot look."""

    def __init__(self, network: CustomNetwork) -> None:
        super().__init__()
        self.network = network

    def forward(self, *given: Any, begun: bool) -> tuple[Tensor, Tensor]:
        return self.network.asked(*given, begun=begun)


class FusedNetwork:
    """A person's network, called for K trials at once.

    Args:
        network: A module of its own for this, which is changed to be called so.
        intercepted: Whether calls of `functional.dropout` are to drop by our streams.

    Attributes:
        direct: Whether a single trial is computed without `vmap`, since its bits are the same so.
    """

    def __init__(self, network: CustomNetwork, *, intercepted: bool) -> None:
        prepare(network.inner)
        self.network = network
        self._asked = _Asked(network)
        self._intercepted = intercepted
        self.direct = False

    def __call__(
        self,
        tensors: Named,
        x: Tensor,
        rows: Tensor,
        head: str,
        lengths: Tensor | None,
        *,
        begun: bool,
        training: bool = False,
        seeds: Tensor | None = None,
    ) -> tuple[Tensor, Tensor, dict[str, Tensor]]:
        """Outputs [K, time, B, O], the states after them [K, B, width], and the tensors after them.

        Args:
            tensors: Of each trial, by the names of `CustomNetwork.tensors`, each [K, ...].
            x: [K, B, time, feature], or symbols [K, B, time].
            rows: The states before, [K, B, width].
            lengths: Int64 [K, B]; None where all time steps are valid.
            begun: Whether all sequences of all trials started before, or none did.
            training: In which mode modules are.
            seeds: By which they drop in training, int32 [K]; None drops nothing.
        """
        self.network.train(training)

        def one(
            own: Named, x: Tensor, rows: Tensor, lengths: Tensor | None, seed: Tensor | None
        ) -> tuple[Tensor, Tensor, dict[str, Tensor]]:
            given = {f"network.inner.{name}": tensor for name, tensor in own.items()}
            with streaming(seed):
                outputs, after = functional_call(
                    self._asked, given, (x, rows, head, lengths), {"begun": begun}
                )
            return outputs, after, {name: given[f"network.inner.{name}"] for name in own}

        with steadily(intercepted=self._intercepted):
            result: tuple[Tensor, Tensor, dict[str, Tensor]] = over_trials(
                one, tensors, x, rows, lengths, seeds, direct=self.direct
            )
        return result


@contextmanager
def steadily(*, intercepted: bool = False) -> Iterator[None]:
    """A context in which the modules of several trials may be called and differentiated."""
    with ExitStack() as stack:
        stack.enter_context(steady())
        if intercepted:
            stack.enter_context(DroppingCalls())
        yield


def over_trials(function: Callable[..., Any], *given: Any, direct: bool) -> Any:
    """`vmap` over the first axis of every tensor; what is None stays None.

    Args:
        direct: Whether a single trial is computed without `vmap`, which takes twice as long.
    """
    count = len(tree_leaves(given)[0])
    if direct and count == 1:
        token = single.set(True)
        try:
            return tree_map(lambda one: one.unsqueeze(0), function(*tree_map(_first, given)))
        finally:
            single.reset(token)
    axes = tuple(None if one is None else 0 for one in given)
    return vmap(function, in_dims=axes, randomness="error")(*given)


def _first(one: Tensor | None) -> Tensor | None:
    return None if one is None else one.squeeze(0)
