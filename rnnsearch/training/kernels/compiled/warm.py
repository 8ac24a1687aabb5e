"""Compile kernels into the cache ahead of their use: `python -m <this module> rnn_tanh gru`.

A driver starts this as a child while Ray starts. The first cell is compiled alone, as soon as can
be, for it is the one that the first trial needs; the others then beside one another, a process a
core, each with what the first has left in memory of the parts that all cells share. Packs see which
cells are still to come (`cache.claim`) and train those that are there.

What a person should know goes to standard output, a line each: folders of kernels that are not used
since others may write there, and a numba that cannot be used. All else goes to standard error.
Nothing here imports torch: that would take as long as half a kernel.
"""

from __future__ import annotations

import multiprocessing
import os
import sys
from collections.abc import Sequence


def main(cells: Sequence[str]) -> int:
    """Compile the named cells, the first one first; without names, all cells.

    Returns:
        The exit status: 2 if a name is unknown, else 0.
    """
    try:
        from rnnsearch.training.kernels.compiled import cache, entry, host
    except ImportError as error:
        print(f"compiled kernels are not used: {error}")
        return 0
    # To whoever started this, at once: it may be ended at any time.
    print(*cache.refused_folders(), sep="\n", end="", flush=True)
    refusal = host.refusal()
    if refusal:
        print(f"nothing to compile: {refusal}", file=sys.stderr)
        return 0
    known = entry.names()
    unknown = sorted(set(cells) - set(known))
    if unknown:
        print(f"no kernel for {unknown}; there are {', '.join(known)}", file=sys.stderr)
        return 2
    names = [name for name in cells or known if not entry.is_ready(name)]
    cache.claim(function.__name__ for name in names for function in entry.functions(name))
    if names:
        entry.load(names[0])
    rest = names[1:]
    if rest:
        # Nothing but the standard library's and numba's own state to copy, and no thread.
        method = "fork" if "fork" in multiprocessing.get_all_start_methods() else "spawn"
        workers = min(len(rest), os.cpu_count() or 1)
        with multiprocessing.get_context(method).Pool(workers) as pool:
            pool.map(entry.load, rest, chunksize=1)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
