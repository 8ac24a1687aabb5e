"""The table of recurrent trainings: make it, and compare searches on it.

rnnsearch bench table make [--spaces sine ...] [--parts FOLDER]
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

import torch
from measured import machine

sys.path.insert(0, str(Path(__file__).parent / "table"))

import made_data
import making

NAMES = ("sine", "noisy_sine", "series", "labels", "text")


def make(arguments: argparse.Namespace) -> None:
    torch.set_num_threads(1)
    arguments.parts.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="bench-table-") as name:
        made_data.write_data(Path(name))
        making.make(arguments.spaces, Path(name), arguments.parts, print)
    for name in arguments.spaces:
        making.joined(name, arguments.parts, Path(__file__).parent / "table", machine())


def main() -> None:
    parser = argparse.ArgumentParser(prog="rnnsearch bench table", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    commands = parser.add_subparsers(required=True)
    making_it = commands.add_parser("make", help="Train all that is missing of the table.")
    making_it.add_argument("--spaces", nargs="+", choices=NAMES, default=list(NAMES))
    making_it.add_argument("--parts", type=Path, default=Path("studies") / "table-parts")
    making_it.set_defaults(run=make)
    arguments = parser.parse_args()
    arguments.run(arguments)


if __name__ == "__main__":
    main()
