"""`rnnsearch explain`: what a cell computes, and that its three forms agree."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, get_args

import typer

from rnnsearch.cli.options import MOST, Format, FormatOption
from rnnsearch.cli.text import print_json
from rnnsearch.errors import InputError


class ClassicCell(StrEnum):
    """Cells with a from-scratch form."""

    RNN = "rnn"
    GRU = "gru"
    LSTM = "lstm"


AtLeastOne = Annotated[int, typer.Option(min=1, max=MOST)]

MOST_CELLS = 2_000
MOST_PRODUCTS = 2e9
"""What the forms may compute for comparison: some seconds, and far more than can be read."""


def explain(
    cell: Annotated[ClassicCell, typer.Argument(help="rnn, gru or lstm.")],
    input_size: AtLeastOne = 100,
    hidden_sizes: Annotated[
        str, typer.Option(help="Units of each layer, as in 30,20; one number for all layers.")
    ] = "20",
    num_layers: Annotated[
        int | None,
        typer.Option(min=1, max=MOST, help="Layers, where --hidden-sizes is one number."),
    ] = None,
    output_size: AtLeastOne = 1,
    batch_size: AtLeastOne = 3,
    seq_len: AtLeastOne = 10,
    format_: FormatOption = Format.TEXT,
) -> None:
    """Print a cell's equations, its unfolded network, every shape, and how well its forms agree."""
    sizes = _sizes(hidden_sizes, num_layers)
    _refuse_long(input_size, sizes, batch_size, seq_len)
    from rnnsearch.models import explain as said
    from rnnsearch.models.reference import ClassicCell as Name

    name: Name = next(one for one in get_args(Name) if one == cell.value)
    shapes = said.shapes(name, input_size, sizes, output_size, batch_size, seq_len)
    found = said.differences(name, input_size, sizes, batch_size, seq_len)
    if format_ is Format.JSON:
        shaped = {row: list(shape) for row, shape, _ in shapes}
        print_json({"equations": said.EQUATIONS[name], "shapes": shaped, "differences": found})
        return
    typer.echo(f"{name}: input {input_size}, layers of {', '.join(map(str, sizes))} units\n")
    for line in (*said.EQUATIONS[name], "y_t = V h_t + c, of the last layer"):
        typer.echo(f"  {line}")
    if len(sizes) > 1:
        typer.echo("  x_t of a layer above the first is h_t of the one below")
    typer.echo("\nunfolded in time, the same U, W and V at every step:\n")
    typer.echo("\n".join(said.unfolded(len(sizes))))
    typer.echo("\nshapes:")
    for row, shape, meaning in shapes:
        typer.echo(f"  {row:<10} {shape!s:<18} {meaning}")
    typer.echo("\nlargest difference between the forms, float64:")
    for pair, parts in found.items():
        figures = ", ".join(f"{part} {value:.1e}" for part, value in parts.items())
        typer.echo(f"  {pair:<34} {figures}")


def _refuse_long(input_size: int, sizes: list[int], batch_size: int, seq_len: int) -> None:
    """Refuse a network whose forms would be compared for hours, or not fit into memory."""
    cells = seq_len * len(sizes)
    pairs = zip([input_size, *sizes], sizes, strict=False)
    products = 4.0 * seq_len * batch_size * sum((below + units) * units for below, units in pairs)
    if cells > MOST_CELLS or products > MOST_PRODUCTS:
        raise InputError(
            f"that is {cells:,} cells, layers times steps, and {products:.1e} multiplications; at "
            f"most {MOST_CELLS:,} and {MOST_PRODUCTS:.0e} are compared. Make --seq-len, "
            "--batch-size, --hidden-sizes or --num-layers smaller."
        )


def _sizes(text: str, num_layers: int | None) -> list[int]:
    try:
        sizes = [int(part) for part in text.split(",")]
    except ValueError:
        sizes = []
    if not sizes or min(sizes) < 1:
        raise InputError(
            f"--hidden-sizes must be whole numbers from 1, with commas between, not {text!r}. "
            "Write --hidden-sizes 30,20"
        )
    if num_layers is not None and len(sizes) > 1 and len(sizes) != num_layers:
        raise InputError(
            f"--hidden-sizes names {len(sizes)} layers and --num-layers says {num_layers}. "
            "Leave --num-layers out, or give one size for all layers."
        )
    return sizes * min(num_layers or 1, MOST_CELLS + 1) if len(sizes) == 1 else sizes
