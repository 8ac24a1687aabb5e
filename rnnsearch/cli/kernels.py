"""The command `kernels`: which kernel trains which shape on this machine."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Literal

import typer

from rnnsearch.cli.options import FormatOption, SetOption
from rnnsearch.models.cells import CLASSIC

HIDDEN_SIZES = (16, 32, 64, 128, 256, 512)
BATCH_SIZES = (1, 32, 128)


def kernels(
    file: Annotated[
        Path | None,
        typer.Argument(metavar="[FILE]", help="Only shapes that a space file can reach."),
    ] = None,
    device: Annotated[
        Literal["cpu", "cuda"], typer.Option(help="Device on which packs train.")
    ] = "cpu",
    dtype: Annotated[
        Literal["float32", "float64"], typer.Option(help="Number type, as in training.dtype.")
    ] = "float32",
    set_: SetOption = None,
    format_: FormatOption = "text",
) -> None:
    """Print which kernel trains networks of which shape on this machine."""
    import torch

    from rnnsearch.cli.text import print_json, print_table
    from rnnsearch.training.kernels.compiled import notes
    from rnnsearch.training.stepping.choice import choices

    cells, sizes, batches = (
        (CLASSIC, HIDDEN_SIZES, BATCH_SIZES) if file is None else _reached(file, set_ or ())
    )
    chosen = choices(cells, sizes, batches, torch.device(device), getattr(torch, dtype))
    rows = [
        {
            "cell": one.cell,
            "units": one.hidden_size,
            "batch": one.batch_size,
            "numbers, mean square": one.steps,
            "symbols and other losses": one.layers,
        }
        for one in chosen
    ]
    for line in notes():
        typer.echo(line, err=True)
    if format_ == "json":
        print_json(rows)
    else:
        print_table(rows)


def _reached(
    file: Path, overrides: Sequence[str]
) -> tuple[Sequence[str], Sequence[int], Sequence[int]]:
    """The cells of a space file, and the smallest and largest hidden sizes and batch sizes."""
    from rnnsearch.errors import InputError
    from rnnsearch.space.corners import corners
    from rnnsearch.space.fields import NETWORK
    from rnnsearch.space.load import load

    spec = load(file, overrides)
    if NETWORK in spec.values:
        raise InputError(
            f"{spec.values[NETWORK]} is a network of your own, for which no kernel is chosen here: "
            f"`rnnsearch check` says whether its trials are computed at once."
        )
    keys = ("model.cell", "model.hidden_size", "model.hidden_sizes", "training.batch_size")
    reached = list(corners(spec, keys))
    cells = {corner["model.cell"] for corner in reached}
    batches = {corner["training.batch_size"] for corner in reached}
    sizes: set[int] = set()
    for corner in reached:
        sizes.update(corner["model.hidden_sizes"] or (corner["model.hidden_size"],))
    return sorted(cells), sorted(sizes), sorted(batches)
