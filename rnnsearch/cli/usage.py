"""Print where a champion lies, and Python code that uses it and runs as it is printed."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from rnnsearch.commands import shown
from rnnsearch.report.usage import (
    read_description,
    state_with_mlflow,
    with_mlflow,
    with_rnnsearch,
    with_torch,
)
from rnnsearch.training.checkpoint import SCRIPT_STATE

if TYPE_CHECKING:
    from rnnsearch.study import StudyResult


def print_usage(result: StudyResult) -> None:
    """Print where the champion's weights lie, and code that uses them, of a study that has one."""
    champion = result.champion
    description = None if champion is None else read_description(Path(champion.path))
    if champion is None or description is None:
        return
    checkpoint = Path(champion.path).resolve()
    print(f"\ncheckpoint: {shown(checkpoint)}")
    _print_block("with rnnsearch", with_rnnsearch(description, checkpoint))
    run = result.run
    if run is not None and run.champion_uri:
        script = SCRIPT_STATE in description
        lines = with_mlflow(run.champion_uri, run.tracking_uri)
        if script:
            lines = state_with_mlflow(run.champion_uri, run.tracking_uri, checkpoint.name)
        _print_block("with MLflow", lines)
    if SCRIPT_STATE in description:
        return
    if (in_torch := with_torch(description, checkpoint)) is not None:
        _print_block("in plain torch", in_torch)
    else:
        print(
            "\nin plain torch: the network is none of torch's own modules; its tensors are those "
            f"of {shown(checkpoint / 'weights.safetensors')} under their names"
        )


def _print_block(title: str, lines: Sequence[str]) -> None:
    print(f"\n{title}:", *(f"  {line}".rstrip() for line in lines), sep="\n")
