"""A network that a person brought, called as the network of a trial is."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any, Literal

import torch
from torch import Tensor, nn

from rnnsearch.custom_code import calling
from rnnsearch.errors import ModelError
from rnnsearch.models.config import AnyModel, ModelConfig, NetworkConfig
from rnnsearch.models.custom_module import network_tensors, new_network, tensors_of
from rnnsearch.models.lengths import run_by_length
from rnnsearch.models.network import RecurrentNetwork
from rnnsearch.models.network_config import PROTOCOL, takes
from rnnsearch.models.state_tree import StateForm, described, state_form


@cache
def form_of(config: NetworkConfig, input_size: int, output_size: int, symbolic: bool) -> StateForm:
    """How the state of a network lies in one row of numbers a sequence; found by a try.

    Raises:
        ModelError: The network raises, or its state cannot be kept.
    """
    if "state" not in takes(config.type):
        return state_form(config.type, None, None)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        network = new_network(config, input_size, output_size).eval()
        states = [_tried(network, config, input_size, symbolic, batch)[1] for batch in (2, 3)]
    return state_form(config.type, *states)


def drawn_inputs(input_size: int, symbolic: bool, batch: int, steps: int) -> Tensor:
    """Inputs at random, (batch, time, feature) or symbols (batch, time)."""
    if symbolic:
        return torch.randint(input_size, (batch, steps))
    return torch.randn(batch, steps, input_size)


@torch.no_grad()
def _tried(
    network: nn.Module, config: NetworkConfig, input_size: int, symbolic: bool, batch: int
) -> tuple[Tensor, Any]:
    """What a network answers to some sequences of three time steps from the start."""
    x = drawn_inputs(input_size, symbolic, batch, 3)
    return answer(network, config.type, x, None, None)


def answer(
    network: nn.Module, path: str, x: Tensor, state: Any, lengths: Tensor | None
) -> tuple[Tensor, Any]:
    """Call a person's module.

    Args:
        x: (batch, time, feature), or symbols (batch, time).
        state: As the module gave it; None at the start.
        lengths: Time steps of each sequence, int64 (batch,); None where all are valid.

    Returns:
        Its outputs, and the state; None of a network without one.

    Raises:
        ModelError: It raises, or answers something else than it should.
    """
    named = takes(path)
    given: dict[str, Any] = {}
    if "state" in named:
        given[named["state"]] = state
    if "lengths" in named:
        whole = torch.full((len(x),), x.shape[1], device=x.device)
        given[named["lengths"]] = whole if lengths is None else lengths.clamp(min=1)
    beside = f" and {', '.join(given)}" if given else ""
    call = f"{path}, called with x {tuple(x.shape)}{beside},"
    with calling(call, ModelError):
        answered = network(x, **given)
    after = None
    if "state" in named:
        if not (isinstance(answered, tuple | list) and len(answered) == 2):
            raise ModelError(
                f"{call} gives {described(answered)} and not the two, y and state. A network is\n"
                f"{PROTOCOL}"
            )
        answered, after = answered
    if not isinstance(answered, Tensor):
        raise ModelError(f"{call} gives y as {described(answered)} and not as a tensor.")
    return answered, after


class CustomNetwork(nn.Module):
    """A person's module with the calls of `RecurrentNetwork`; the state is one row a sequence.

    Args:
        input_size: Features, or symbols of the vocabulary.
        output_size: Outputs at a time step, or of a sequence.
        symbolic: Whether inputs are symbols.
    """

    def __init__(
        self, config: NetworkConfig, input_size: int, output_size: int, symbolic: bool
    ) -> None:
        super().__init__()
        self.config = config
        self.input_size, self.output_size, self.symbolic = input_size, output_size, symbolic
        with torch.random.fork_rng(devices=[]):
            self.inner = new_network(config, input_size, output_size)
        self.form = form_of(config, input_size, output_size, symbolic)
        weights = network_tensors(config, input_size, output_size).weights
        self._trained = frozenset(weights)
        kept = {name for name, _ in tensors_of(self.inner)}
        buffers = self.inner.named_buffers()
        self._unkept = {name: one.clone() for name, one in buffers if name not in kept}

    @property
    def trained(self) -> dict[str, nn.Parameter]:
        """The weights that are trained, by name."""
        return {name: one for name, one in self.inner.named_parameters() if name in self._trained}

    @property
    def device(self) -> torch.device:
        """The device of the weights."""
        return next(self.inner.parameters()).device

    @property
    def dtype(self) -> torch.dtype:
        """The dtype of weights and activations."""
        return next(iter(self.trained.values())).dtype

    def tensors(self) -> dict[str, Tensor]:
        """The weights and the tensors held beside them, by the names that they have in the module.

        Those that are not trained are in the dtypes that the module gave them.
        """
        return {name: one.detach() for name, one in tensors_of(self.inner)}

    @torch.no_grad()
    def put(self, tensors: Mapping[str, Tensor]) -> None:
        """Copy weights and held tensors into the module, as if it were newly made of them.

        Buffers that are not kept get their first numbers again, so that no trial reads another's.
        """
        for name, own in tensors_of(self.inner):
            own.copy_(tensors[name])
        for name, own in self.inner.named_buffers():
            if name in self._unkept and self._unkept[name].shape == own.shape:
                own.copy_(self._unkept[name])

    def start(self, batch: int) -> tuple[Tensor, ...]:
        """The state before the first time step of `batch` sequences, as `forward` takes it."""
        zeros = torch.zeros(1, batch, self.form.width, device=self.device, dtype=self.dtype)
        return (zeros,)

    def forward(
        self,
        inputs: Tensor,
        state: tuple[Tensor, ...] | None = None,
        head: Literal["every", "last"] = "every",
        lengths: Tensor | None = None,
    ) -> tuple[Tensor, tuple[Tensor, ...]]:
        """Run over a chunk of time; see `RecurrentNetwork.forward`.

        Args:
            state: One part (1, batch, width), zero for a sequence that starts.
            lengths: Valid time steps of each sequence, int64 (batch,); None where all are. The
                state then means nothing.
        """
        if lengths is not None and not takes(self.config.type):
            first = self.start(inputs.shape[1]) if state is None else state
            return run_by_length(self, inputs, first, lengths, head, self.output_size)
        x = inputs.transpose(0, 1).contiguous()
        before = self.start(len(x))[0][0] if state is None else state[0][0]
        started = self.form.started(before)
        begun = bool(started.any())
        if not begun or bool(started.all()):
            outputs, after = self.asked(x, before, head, lengths, begun=begun)
            return outputs, (after.unsqueeze(0),)
        shown = x.shape[1] if head == "every" else 1
        outputs = before.new_zeros(shown, len(x), self.output_size)
        after = torch.zeros_like(before)
        for begun, which in ((True, started), (False, ~started)):
            some = None if lengths is None else lengths[which]
            outputs[:, which], after[which] = self.asked(
                x[which], before[which], head, some, begun=begun
            )
        return outputs, (after.unsqueeze(0),)

    def asked(
        self, x: Tensor, before: Tensor, head: str, lengths: Tensor | None, *, begun: bool
    ) -> tuple[Tensor, Tensor]:
        """Outputs (time, batch, output) and states (batch, width) of sequences all alike.

        Args:
            x: (batch, time, feature), or symbols (batch, time).
            before: (batch, width).
            head: As for `forward`, and so are the lengths.
            begun: Whether all sequences started before, or none did.
        """
        path, form = self.config.type, self.form
        held = form.unfolded(path, before) if begun else None
        y, after = answer(self.inner, path, x, held, lengths)
        every = (*x.shape[:2], self.output_size)
        ends = (len(x), self.output_size)
        if tuple(y.shape) not in ((every, ends) if head == "last" else (every,)):
            wanted = f"{every} or {ends}" if head == "last" else str(every)
            raise ModelError(
                f"{path}, called with x {tuple(x.shape)}, gives y of shape {tuple(y.shape)} and "
                f"not {wanted}: (batch, {'time, ' if head == 'every' else ''}output_size)."
            )
        if y.dtype != self.dtype:
            raise ModelError(f"{path} gives y as {y.dtype} and not as {self.dtype}.")
        if y.ndim == 2:
            outputs = y.unsqueeze(0)
        elif head == "every":
            outputs = y.transpose(0, 1)
        elif lengths is None:
            outputs = y[:, -1:].transpose(0, 1)
        else:
            last = (lengths - 1).clamp(min=0)
            outputs = y[torch.arange(len(y), device=y.device), last].unsqueeze(0)
        return outputs, form.folded(path, after, before)


Network = RecurrentNetwork | CustomNetwork
"""The network of one trial as a torch module."""


def network_of(config: AnyModel, input_size: int, output_size: int, symbolic: bool) -> Network:
    """The network that a trial's config describes, to be filled with its weights."""
    kind = RecurrentNetwork if isinstance(config, ModelConfig) else CustomNetwork
    return kind(config, input_size, output_size, symbolic)  # type: ignore[arg-type]


def try_network(
    config: NetworkConfig, input_size: int, output_size: int, symbolic: bool, *, whole: bool
) -> None:
    """Call a new network twice, forward and back, as a training would, and once with one time step.

    Args:
        whole: Whether the task shows whole sequences, so that no state need lead on.

    Raises:
        ModelError: The network raises, or answers something else than it should.
    """
    path = config.type
    if not whole and "state" not in takes(path):
        raise ModelError(
            f"{path}: its forward takes no `state`, and the task goes on from one call to the "
            f"next. A network is\n{PROTOCOL}"
        )
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        network = CustomNetwork(config, input_size, output_size, symbolic)
        x = drawn_inputs(input_size, symbolic, 3, 4).transpose(0, 1)
        state: tuple[Tensor, ...] | None = None
        for mode, some in ((True, x), (True, x), (False, x[:1])):
            network.train(mode)
            outputs, state = network(some, state, "last" if whole else "every")
            if not bool(torch.isfinite(outputs).all()):
                raise ModelError(f"{path} gives numbers that are not finite, of an x at random.")
            state = tuple(part.detach() for part in state) if "state" in takes(path) else None
            if mode:
                with calling(f"the way back through {path}", ModelError):
                    outputs.sum().backward()
