"""The command that writes a champion in a format that other programs read."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from rnnsearch.cli.models import AllowCode, Asked, ModelName, load_asked
from rnnsearch.cli.options import Quiet, Storage, TrackingUri
from rnnsearch.cli.progress_line import ProgressLine
from rnnsearch.cli.text import print_table
from rnnsearch.commands import DEFAULT_STORAGE, shown
from rnnsearch.export.tolerance import TOLERANCE

FileFormat = Literal["onnx", "torch", "safetensors"]


def export(
    model: ModelName,
    format_: Annotated[
        FileFormat,
        typer.Option(
            "--format",
            help="onnx: whole sequences, and time step by time step, with the scaler and the "
            "vocabulary inside; torch: a file of plain torch that needs nothing of rnnsearch, and "
            "programs of torch.export; safetensors: the weights, and a config.json.",
        ),
    ],
    out: Annotated[
        Path | None,
        typer.Option(
            "--out",
            "-o",
            metavar="FOLDER",
            help="A folder that is not there yet; without it one named by the model and the "
            "format.",
        ),
    ] = None,
    tolerance: Annotated[
        float,
        typer.Option(
            min=0.0,
            help="The largest difference from the model's own answers that is held, in units of "
            "what is usual for an answer.",
        ),
    ] = TOLERANCE,
    storage: Storage = DEFAULT_STORAGE,
    tracking_uri: TrackingUri = None,
    allow_code: AllowCode = False,
    quiet: Quiet = False,
) -> None:
    """Write a champion in a format that other programs read, held against the champion itself."""
    from rnnsearch.export.exporting import export as export_model

    trained = load_asked(Asked(model, storage, tracking_uri, allow_code), "export")
    with ProgressLine(quiet=quiet) as line:
        exported = export_model(
            trained, format_, out, name=model, tolerance=tolerance, say=line.say
        )
    wide = any(one.roundings for one in exported.findings)
    rows = [
        {
            "compared": one.what,
            "sequences at once": one.batch,
            "time steps": one.steps,
            "largest difference": f"{one.difference:.1e}",
            **({"of roundings": f"{one.roundings:.1e}" if one.roundings else ""} if wide else {}),
        }
        for one in exported.findings
    ]
    print_table(rows)
    if rows:
        print(
            f"\nheld to {tolerance:g}, in units of what is usual for an answer, on inputs at random"
        )
    if wide:
        print(
            "where more: this network amplifies roundings, and its own answers in float32 and in "
            "float64 lie as far apart as the last column says"
        )
    for note in exported.notes:
        print(f"note: {note}")
    print("\nwritten:")
    for name in exported.files:
        path = exported.folder / name
        print(f"  {shown(path)}  {path.stat().st_size:,} bytes")
    print(f"\nin {shown(exported.folder)}:", *exported.usage.splitlines(), sep="\n  ")
