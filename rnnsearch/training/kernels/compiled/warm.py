"""Compile kernels into the cache ahead of their use: `python -m <this module> lstm gru`.

A driver starts this as a child while Ray starts; packs that come to need the same kernels
meanwhile wait for it (`cache.alone`) and then load them. Cells are compiled beside one another, a
process a core, since one cell alone takes up to half a minute.
"""

from __future__ import annotations

import multiprocessing
import sys
from collections.abc import Sequence

from rnnsearch.training.kernels.compiled.kernel import CompiledKernel

_RNN = ("rnn_tanh", "rnn_relu")
_CELLS = ("gru", "lstm", "rnn")
"""The longest to compile first."""


def main(cells: Sequence[str]) -> int:
    """Warm up the named cells; without any, all of them."""
    refusal = CompiledKernel().host_refusal()
    if refusal:
        print(f"nothing to compile: {refusal}", file=sys.stderr)
        return 0
    each = [name for cell in cells or _CELLS for name in (_RNN if cell == "rnn" else (cell,))]
    workers = min(len(each), multiprocessing.cpu_count())
    with multiprocessing.get_context("spawn").Pool(workers) as pool:
        try:
            pool.map(_warm_up, each, chunksize=1)
        except ValueError as error:
            print(error, file=sys.stderr)
            return 2
    return 0


def _warm_up(cell: str) -> None:
    CompiledKernel().warm_up([cell])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
