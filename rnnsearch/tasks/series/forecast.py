"""From rows of a table to what a network reads, and from its outputs to a forecast.

Everything here is in scaled units and knows no file: the task uses it on its data, a trained model
on whatever rows it is given. Axes: K networks, T rows in time, B sequences, F features.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from rnnsearch.tasks.arrays import Bools
from rnnsearch.tasks.base import Predictor, State
from rnnsearch.tasks.series.config import SeriesConfig
from rnnsearch.tasks.series.inputs.learned import InputRows


def picked_features(config: SeriesConfig, beside: int) -> list[list[int]]:
    """Where channels are `each`: the features that a sequence of each target reads.

    Args:
        beside: How many features there are of `inputs`.

    Returns:
        For each target, places in the last axis of `features`: the target's own values first, then
        the past columns, the known ones, the flags of the cells that were empty, and `inputs`.
    """
    targets, past = len(config.targets), len(config.past_numbers)
    end = targets + past + len(config.known_numbers) * (2 if config.lead > 1 else 1)
    picked = [[target, *range(targets, end)] for target in range(targets)]
    if config.missing == "mask":
        past_flags = range(end + targets, end + targets + past)
        picked = [[*one, end + target, *past_flags] for target, one in enumerate(picked)]
        end += targets + past
    return [[*one, *range(end, end + beside)] for one in picked]


def features(
    config: SeriesConfig, scaled: NDArray[np.float32], empty: Bools, beside: InputRows
) -> Any:
    """What a network reads at each row of one series.

    These are the targets, the past columns, the columns known ahead as they will be `config.lead`
    rows later (and, where that is more than one row, as they are now too), and with `missing: mask`
    a flag for each target and past column, 1 where the cell was empty. Behind them stand the inputs
    that are no columns of numbers, those known ahead likewise. Rows at the end, whose later rows
    are not among those given, have zeros in place of the later values.

    Args:
        scaled: Float32 [rows, columns], empty cells filled.
        empty: Which cells were empty; [rows, targets + past].
        beside: The other inputs of the rows.

    Returns:
        Float32 [rows, features]; `scaled` itself where it needs nothing beside it.
    """
    measured = config.measured
    parts = [scaled[:, :measured], *_known(config, scaled[:, measured:])]
    if config.missing == "mask":
        parts.append(empty.astype(np.float32))
    if beside.any:
        parts += [beside.fixed, *_known(config, beside.ahead)]
    return parts[0] if len(parts) == 1 else np.concatenate(parts, axis=1)


def _known(config: SeriesConfig, known: NDArray[np.float32]) -> list[NDArray[np.float32]]:
    """What is known ahead [rows, columns], as it will be `config.lead` rows later; where that is
    more than one row, as it is now too."""
    if not known.shape[1]:
        return []
    ahead = np.zeros_like(known)
    ahead[: -config.lead] = known[config.lead :]
    return [ahead, known] if config.lead > 1 else [ahead]


def forecast(
    config: SeriesConfig, predictor: Predictor, history: Tensor, later: Tensor, steps: int
) -> Tensor:
    """Forecast the targets of the rows that follow.

    Args:
        history: Features [K or 1, T, B, F] of the rows before. Where each target is forecast by
            itself, the features are those of `picked_features`, and B counts targets fastest.
        later: Features [1, up to steps - 1, B, F] of the rows to predict but for the last one, of
            which only the columns known ahead are read; rows that are not given count as zeros. A
            recursive forecast puts its own predictions in the targets' place.
        steps: Rows to predict; at most the horizon of a direct forecast.

    Returns:
        [K, steps, B, targets] in scaled units, in the predictor's dtype; where each target is
        forecast by itself, [K, steps, B / targets, targets]. A model of quantiles gives one more
        axis, the last, along which its quantiles rise: those that a network lets cross are put in
        order (Chernozhukov et al., Quantile and probability curves without crossing, 2010).
    """
    answers = _answers(config, predictor, history, later, steps)
    if config.channels == "each":
        members, ahead, _, _, quantiles = answers.shape
        answers = answers.reshape(members, ahead, -1, len(config.targets), quantiles)
    return answers.sort(dim=-1).values if config.quantiles else answers.squeeze(-1)


def entered(config: SeriesConfig, history: Tensor) -> Tensor:
    """What a direct forecast reads of features [K, T, B, F].

    With `anchor: last` the targets become changes against the last row; with a segment of several
    rows, these rows stand side by side in one time step: [K, T / segment, B, segment * F].
    """
    targets = config.answered
    if config.anchor == "last":
        last = history[:, -1:, :, :targets]
        history = torch.cat([history[..., :targets] - last, history[..., targets:]], dim=-1)
    if config.segment > 1:
        members, _, *rest = history.shape
        steps = history.reshape(members, -1, config.segment, *rest)
        history = steps.transpose(2, 3).flatten(3)
    return history.contiguous()


def _answers(
    config: SeriesConfig, predictor: Predictor, history: Tensor, later: Tensor, steps: int
) -> Tensor:
    """Values of the targets that a sequence has, [K, steps, B, answered, quantiles or 1]."""
    targets, quantiles = config.answered, max(1, len(config.quantiles))
    median = config.quantiles.index(0.5) if config.quantiles else 0
    anchored = config.anchor == "last"
    fed, last = history, history[:, -1:, :, :targets]
    if config.direct:
        outputs = predictor(entered(config, history), None)[0].squeeze(1)
        blocks = outputs.view(*outputs.shape[:2], config.horizon, targets, quantiles)
        blocks = blocks.transpose(1, 2)
        return (blocks + last.unsqueeze(-1) if anchored else blocks)[:, :steps]
    later = functional.pad(later, (0, 0, 0, 0, 0, max(steps - 1 - later.shape[1], 0)))
    state: State = None
    answers = []
    for step in range(steps):
        outputs, state = predictor(fed.contiguous(), state)
        answer = outputs[:, -1:].reshape(*outputs[:, -1:].shape[:3], targets, quantiles)
        if anchored:
            answer = answer + fed[:, -1:, :, :targets, None]
        answers.append(answer)
        if step + 1 < steps:
            others = later[:, step : step + 1, :, targets:].expand(len(answer), -1, -1, -1)
            fed = torch.cat([answer[..., median], others], dim=-1)
    return torch.cat(answers, dim=1)
