"""Losses that a person brought: any function of outputs and targets, one trial after the other."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from functools import cache
from typing import Any

import torch
from torch import Tensor

from rnnsearch.custom_code import blame, calling, find_object
from rnnsearch.errors import InputError, ModelError, RnnsearchError
from rnnsearch.tasks.base import TaskData

LENGTHS = "lengths"
"""The argument by which a loss asks for whole sequences."""

TRIED = (4, 3)
"""Time steps and sequences of the outputs on which `try_loss` tries a loss."""

PROTOCOL = """def loss(outputs, targets): ...  # of the valid rows: (n, output_size), (n, targets)
def loss(outputs, targets, lengths): ...  # (batch, time, ...) and int64 (batch,)
# classes are int64 (n,) or (batch, time); it returns the mean as a tensor of no axes"""


def loss_function(path: str) -> Callable[..., Any]:
    """The function behind `package.module:function`, looked for in the working directory too.

    Raises:
        ModelError: There is no such module or function, or it cannot be called.
    """
    try:
        function = find_object(path, "loss", "function")
    except InputError as error:
        raise ModelError(str(error)) from error
    if isinstance(function, type):
        raise ModelError(f"{path} is a class, and a loss is a function:\n{PROTOCOL}")
    if not callable(function):
        raise ModelError(f"{path} cannot be called. A loss is\n{PROTOCOL}")
    called: Callable[..., Any] = function
    return called


def reads_sequences(path: str) -> bool:
    """Whether a loss is given whole sequences, by its argument `lengths`."""
    return _names_lengths(loss_function(path))


@cache
def _names_lengths(function: Callable[..., Any]) -> bool:
    if isinstance(function, torch.nn.Module):
        function = function.forward
    try:
        return LENGTHS in inspect.signature(function).parameters
    except ValueError:  # of a function that is written in C
        return False


def custom_losses(
    path: str, outputs: Tensor, targets: Tensor, valid: Tensor | None
) -> tuple[Tensor, Tensor]:
    """See `losses.losses_and_gradients`.

    A trial's function sees its own valid time steps alone, at places in memory that are its own, so
    its numbers depend neither on the trials beside it nor on padding.
    """
    losses, gradients = outputs.new_zeros(len(outputs)), torch.zeros_like(outputs)
    whole = reads_sequences(path)
    for member, own in enumerate(outputs):
        which = None if valid is None else valid[member]
        if which is not None and not bool(which.any()):
            continue
        one = _sequences if whole else _rows
        losses[member], gradients[member] = one(path, own, targets[member], which)
    return losses, gradients


def _rows(
    path: str, outputs: Tensor, targets: Tensor, valid: Tensor | None
) -> tuple[Tensor, Tensor]:
    """The loss of one trial's valid rows, and its gradient [T, B, O].

    Args:
        outputs: [T, B, O].
        targets: [T, B, targets], or classes [T, B].
        valid: [T, B].
    """
    if valid is None:
        loss, arriving = _called(path, outputs.flatten(0, 1).clone(), targets.flatten(0, 1).clone())
        return loss, arriving.view_as(outputs)
    loss, arriving = _called(path, outputs[valid], targets[valid])
    gradient = torch.zeros_like(outputs)
    gradient[valid] = arriving
    return loss, gradient


def _sequences(
    path: str, outputs: Tensor, targets: Tensor, valid: Tensor | None
) -> tuple[Tensor, Tensor]:
    """The loss of one trial's whole sequences, zero behind their ends, and its gradient."""
    steps, batch = outputs.shape[:2]
    if valid is None:
        lengths = torch.full((batch,), steps, device=outputs.device)
    else:
        lengths = valid.sum(0)
        steps = int(lengths.max())
        outputs = outputs.masked_fill(~valid.unsqueeze(-1), 0)
        behind = ~valid if targets.dim() == 2 else ~valid.unsqueeze(-1)
        targets = targets.masked_fill(behind, 0)
    shown, answers = (one[:steps].transpose(0, 1).contiguous() for one in (outputs, targets))
    loss, arriving = _called(path, shown, answers, lengths)
    gradient = torch.zeros_like(outputs)
    gradient[:steps] = arriving.transpose(0, 1)
    if valid is not None:
        gradient.masked_fill_(~valid.unsqueeze(-1), 0)
    return loss, gradient


def _called(path: str, outputs: Tensor, *others: Tensor) -> tuple[Tensor, Tensor]:
    """What a loss gives of some outputs, and its gradient in them.

    Raises:
        ModelError: It raises, or gives something else than a mean that leads back to the outputs.
    """
    leaf = outputs.detach().requires_grad_()
    try:
        with torch.enable_grad():
            answer = loss_function(path)(leaf, *others)
            if problem := _problem(answer, leaf):
                raise ModelError(
                    f"{_call(path, outputs, *others)} {problem}. A loss is\n{PROTOCOL}"
                )
            (gradient,) = torch.autograd.grad(answer, [leaf], materialize_grads=True)
    except RnnsearchError:
        raise
    except Exception as error:  # not by `calling`, which opens a file at each training step
        raise ModelError(f"{_call(path, outputs, *others)} raised {blame(error)}") from error
    return answer.detach().reshape(()), gradient


def _call(path: str, *tensors: Tensor) -> str:
    """How a loss was called, in words."""
    names = ("outputs", "targets", LENGTHS)
    shown = (f"{name} {tuple(one.shape)}" for name, one in zip(names, tensors, strict=False))
    return f"{path}, called with {', '.join(shown)},"


def _problem(answer: Any, outputs: Tensor) -> str:
    """What is wrong with a loss's answer, as the end of a sentence; empty if nothing is."""
    if not isinstance(answer, Tensor):
        return f"gives an object of the class {type(answer).__name__} and not a tensor"
    if answer.numel() != 1:
        return f"gives a tensor of shape {tuple(answer.shape)} and not one number, the mean"
    if not answer.requires_grad:
        return "gives a number that no gradient leads back from: it is detached, or no tensor of it"
    if answer.dtype != outputs.dtype:
        return f"gives a number in {answer.dtype} and not in {outputs.dtype}, as the outputs are"
    return ""


def try_loss(path: str, data: TaskData) -> None:
    """Call a loss once with outputs at random, forward and back, as a training would.

    Raises:
        ModelError: It raises, or gives something else than it should.
    """
    outputs, first = data.output_size, data.losses[0]
    dice = torch.Generator().manual_seed(0)
    answered = torch.randn(1, *TRIED, outputs, generator=dice)
    if first == "cross_entropy":
        targets = torch.randint(outputs, (1, *TRIED), generator=dice)
    else:
        wide = outputs // len(data.quantiles) if data.quantiles else outputs
        targets = torch.randn(1, *TRIED, wide, generator=dice)
        if first == "bce":
            targets = (targets > 0).to(answered.dtype)
    valid = torch.ones(1, *TRIED, dtype=torch.bool)
    valid[0, -1, 0] = False
    with torch.random.fork_rng(devices=[]), calling(path, ModelError):
        torch.manual_seed(0)
        custom_losses(path, answered, targets, valid)
