"""The command `explain`: what a cell computes, and how well its implementations agree."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

import typer

from rnnsearch.cli.options import FormatOption, count
from rnnsearch.cli.text import print_json
from rnnsearch.errors import InputError
from rnnsearch.models.cells import CELLS, RECURRENT

MOST_CELLS = 2_000
MOST_PRODUCTS = 5e7
"""The most cells (layers times time steps) and multiplications that are compared, in seconds."""


if TYPE_CHECKING:
    Cell = str
else:
    Cell = Literal[tuple(CELLS)]


def explain(
    cell: Annotated[Cell, typer.Argument(case_sensitive=False, help="The cell to explain.")],
    input_size: Annotated[int, count(help="Numbers that enter at each time step.")] = 100,
    hidden_sizes: Annotated[
        str, typer.Option(help="Units of each layer, as in 30,20; one number counts for all.")
    ] = "20",
    num_layers: Annotated[
        int | None, count(help="Layers, where --hidden-sizes is one number.")
    ] = None,
    output_size: Annotated[int, count(help="Numbers that the head gives.")] = 1,
    batch_size: Annotated[int, count(help="Sequences in a batch, in the shapes.")] = 3,
    seq_len: Annotated[int, count(help="Time steps of a sequence.")] = 10,
    nonlinearity: Annotated[
        Literal["tanh", "relu"],
        typer.Option(case_sensitive=False, help="Activation of an rnn alone."),
    ] = "tanh",
    code: Annotated[bool, typer.Option("--code", help="Also print the cell in numpy.")] = False,
    format_: FormatOption = "text",
) -> None:
    """Print a cell's equations, shapes and parameter counts, and how far its forms differ."""
    sizes = _sizes(hidden_sizes, num_layers)
    _refuse_long(input_size, sizes, batch_size, seq_len)
    if nonlinearity == "relu" and not CELLS[cell].nonlinearities:
        raise InputError(f"--nonlinearity is of the rnn; a {cell} has its own.")
    from rnnsearch.models import explain as explained
    from rnnsearch.training.kernels.forms import differences

    counts = explained.parameters(cell, input_size, sizes, output_size)
    equations = CELLS[cell].equations
    if nonlinearity == "relu":
        equations = tuple(line.replace("tanh(", "relu(") for line in equations)
    shapes = explained.shapes(cell, input_size, sizes, output_size, batch_size, seq_len)
    differing = differences(cell, input_size, sizes, batch_size, seq_len, nonlinearity=nonlinearity)
    lines = _lines(cell, explained.code_name(cell, nonlinearity))
    if format_ == "json":
        shaped = {row: list(shape) for row, shape, _ in shapes}
        result = {"equations": equations, "shapes": shaped, "parameters": counts}
        shown = {"code": lines} if code else {}
        print_json({**result, "differences": differing, **shown})
        return
    typer.echo(f"{cell}: input {input_size}, layers of {', '.join(map(str, sizes))} units\n")
    for line in (*equations, "y_t = V h_t + c, of the last layer"):
        typer.echo(f"  {line}")
    if len(sizes) > 1:
        typer.echo("  x_t of a layer above the first is h_t of the one below")
    if CELLS[cell].torch:
        typer.echo("\nunfolded in time, the same U, W and V at every step:\n")
        typer.echo("\n".join(explained.unfolded(len(sizes))))
    elif cell not in RECURRENT:
        typer.echo("  no gate reads the state before, so a scan computes all steps at once")
    typer.echo("\nshapes:")
    for row, shape, meaning in shapes:
        typer.echo(f"  {row:<10} {shape!s:<18} {meaning}")
    parts = ", ".join(f"{place} {count:,}" for place, count in counts.items())
    typer.echo(f"\nparameters: {sum(counts.values()):,} ({parts})")
    if code:
        typer.echo(f"\na layer from scratch, as it is compared here:\n\n{lines}")
    typer.echo("\nlargest difference between the forms, float64:")
    for pair, values in differing.items():
        figures = ", ".join(f"{part} {value:.1e}" for part, value in values.items())
        typer.echo(f"  {pair:<34} {figures}")


def _lines(cell: str, name: str) -> str:
    """The source of the function `name` in the cell's module, which is the code that is
    compared."""
    import inspect

    return f"import numpy as np\n\n\n{inspect.getsource(getattr(CELLS[cell].code, name))}"


def _refuse_long(input_size: int, sizes: list[int], batch_size: int, seq_len: int) -> None:
    """Refuse a network whose comparison would take hours, or more memory than there is."""
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
    """The units of each layer, from `--hidden-sizes` and `--num-layers`."""
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
