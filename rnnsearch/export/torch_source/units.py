"""Between a person's units and a network's, as lines of Python.

`enter` makes of `x` (batch, time, ...) what the network reads, (time, batch', ...), in `read`; and
`leave` of `outputs` (time', batch', ...) what they mean, (batch, time', ...), in `y`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import singledispatch
from typing import Any

import numpy as np

from rnnsearch.export.units import dtype_of
from rnnsearch.tasks.interface import Chances, Classes, Forecast, Numbers, Symbols, Table, Values


@singledispatch
def enter(reads: Any) -> Iterator[str]:
    """The lines of `enter`; of a table they also set `kept`."""
    raise NotImplementedError


@enter.register
def _(reads: Symbols) -> Iterator[str]:
    yield "read = x.transpose(0, 1)"


@enter.register
def _(reads: Numbers) -> Iterator[str]:
    yield from _scaled("x", [reads.center], [reads.scale], "X", dtype_of(reads), series=False)
    yield "read = rows.transpose(0, 1)"


@enter.register
def _(reads: Table) -> Iterator[str]:
    dtype, count = np.dtype(dtype_of(reads)).name, reads.targets
    given = "x"
    if reads.transform != "none":
        bend = "torch.sqrt(1 + targets)" if reads.transform == "sqrt1p" else "torch.log1p(targets)"
        yield f"targets = x[..., :{count}].to(torch.{dtype})"
        yield f"x = torch.cat([{bend}, x[..., {count}:].to(torch.{dtype})], -1)"
    series = bool(reads.series)
    yield from _scaled(given, reads.center, reads.scale, "X", dtype_of(reads), series=series)
    if reads.flags is not None:
        end, at = reads.measured, reads.flags
        yield f"empty = rows[..., :{end}].isnan()  # they are read as 0, and flagged"
        yield f"cells = rows[..., :{end}].masked_fill(empty, 0.0)"
        yield (
            f"rows = torch.cat([cells, rows[..., {end}:{at}], empty.to(DTYPE), "
            f"rows[..., {at}:]], -1)"
        )
    answered = count
    if reads.picked:
        answered = 1
        yield "# each target by itself: (batch * target, time, feature)"
        yield "rows = rows[:, :, PICKED].transpose(1, 2).flatten(0, 1)"
    if reads.anchor == "end":
        yield "# the targets are read as changes against the last row"
        yield f"kept = rows[:, -1:, :{answered}]"
        yield f"rows = torch.cat([rows[..., :{answered}] - kept, rows[..., {answered}:]], -1)"
    elif reads.anchor == "row":
        yield f"kept = rows[..., :{answered}]  # what is answered are changes against it"
    if reads.segment > 1:
        yield f"rows = rows.unflatten(1, (-1, {reads.segment})).flatten(2)  # {reads.segment} rows"
    yield "read = rows.transpose(0, 1)"


def _scaled(
    x: str,
    center: Sequence[Sequence[float]],
    scale: Sequence[Sequence[float]],
    name: str,
    dtype: Any,
    *,
    series: bool,
) -> Iterator[str]:
    moved = any(map(any, center)) or any(one != 1 for row in scale for one in row)
    if not moved:
        yield f"rows = {x}.to(DTYPE)"
        return
    where = "[series][:, None]" if series else "[0]"
    word = np.dtype(dtype).name
    yield f"rows = ({x}.to(torch.{word}) - {name}_CENTER{where}) / {name}_SCALE{where}"
    yield "rows = rows.to(DTYPE)"


@singledispatch
def leave(answers: Any) -> Iterator[str]:
    """The lines of `leave`."""
    raise NotImplementedError


@leave.register
def _(answers: Values) -> Iterator[str]:
    yield "y = outputs.transpose(0, 1)"
    if any(answers.center) or any(one != 1 for one in answers.scale):
        word = np.dtype(dtype_of(answers)).name
        yield f"y = y.to(torch.{word}) * Y_SCALE[0] + Y_CENTER[0]"


@leave.register
def _(answers: Classes) -> Iterator[str]:
    yield "y = outputs.transpose(0, 1).softmax(-1)"


@leave.register
def _(answers: Chances) -> Iterator[str]:
    yield "y = outputs.transpose(0, 1).sigmoid()"


@leave.register
def _(answers: Forecast) -> Iterator[str]:
    table, count = answers.table, answers.table.targets
    quantiles, answered = max(1, len(answers.quantiles)), 1 if table.picked else count
    yield "# (batch, time, rows ahead, target, quantile)"
    shape = f"({answers.rows}, {answered}, {quantiles})"
    yield f"y = outputs.transpose(0, 1).unflatten(-1, {shape})"
    if table.anchor != "none":
        yield "y = y + kept[:, :, None, :, None]"
    if table.picked:
        yield f"y = y.unflatten(0, (-1, {count})).permute(0, 2, 3, 1, 4, 5).squeeze(4)"
    if quantiles > 1:
        yield "y = y.sort(dim=-1).values  # quantiles that cross are put in order"
    word, where = np.dtype(dtype_of(answers)).name, "[series]" if table.series else "[:1]"
    for name in ("CENTER", "SCALE"):
        yield f"{name.lower()} = X_{name}{where}[:, None, None, :{count}, None]"
    yield f"y = y.to(torch.{word}) * scale + center"
    if table.transform == "sqrt1p":
        yield "y = y.clamp(min=0) ** 2 - 1"
    elif table.transform == "log1p":
        yield "y = torch.expm1(y)"
    if not answers.quantiles:
        yield "y = y[..., 0]"
    if not answers.whole:
        yield "y = y[:, :, 0]"


def constants(reads: Any, answers: Any) -> Iterator[str]:
    """Lines that define what the lines above read."""
    pairs = [("X", reads)]
    pairs += [("Y", answers)] if isinstance(answers, Values) else []
    for name, side in pairs:
        if isinstance(side, Symbols):
            continue
        rows = isinstance(side, Table)
        for what, numbers in (("CENTER", side.center), ("SCALE", side.scale)):
            shown = [list(row) for row in numbers] if rows else [list(numbers)]
            word = np.dtype(dtype_of(side)).name
            yield f"{name}_{what} = torch.tensor({shown!r}, dtype=torch.{word})"
    if isinstance(reads, Table) and reads.picked:
        yield f"PICKED = {[list(one) for one in reads.picked]!r}"
