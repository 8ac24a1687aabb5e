"""Series of a panel that cannot be learned: all of them are named at once, with a way out."""

from __future__ import annotations

import json
import shlex
from collections.abc import Mapping, Sequence

from rnnsearch.errors import DataError
from rnnsearch.tasks.series.config import SeriesConfig
from rnnsearch.tasks.series.parts import rows_needed

SHOWN = 8
"""So many series are said with their reasons."""

LISTED = 200
"""Beyond so many short ones they are left out by their rows rather than by name."""


def refuse_unfit(
    config: SeriesConfig,
    names: Sequence[str],
    wrong: Mapping[int, DataError],
    rows: Sequence[int],
) -> None:
    """Raise what is wrong with some series, if anything.

    Args:
        names: Of all series.
        wrong: What is wrong, by the series' place.
        rows: Of all series.

    Raises:
        DataError: Of a single series as it was; of a panel with all of its series that cannot be
            used, and how to leave them out.
    """
    if not wrong:
        return
    first = next(iter(wrong.values()))
    if len(wrong) == 1 and len(names) == 1:
        raise first
    if len(wrong) == len(names):
        raise DataError(f"none of the {len(names):,} series can be used: {first}", first.key)
    said = [str(error).removeprefix(f"{config.path}: ") for error in wrong.values()]
    shown = "\n    ".join(said[:SHOWN])
    more = f"\n    and {len(said) - SHOWN:,} more" if len(said) > SHOWN else ""
    left = {names[at]: rows[at] for at in wrong}
    option = ""
    needed = rows_needed(config)
    if len(left) > LISTED and needed:
        option = f" --set task.min_rows={needed}"
        left = {name: count for name, count in left.items() if count >= needed}
    if left:
        listed = json.dumps([*config.skip_series, *left], ensure_ascii=False)
        option += f" --set {shlex.quote(f'task.skip_series={listed}')}"
    raise DataError(
        f"{config.path}: {len(wrong):,} of {len(names):,} series cannot be used:\n    {shown}{more}"
        f"\n    To leave them out add{option}",
        first.key,
    )
