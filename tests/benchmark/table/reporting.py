"""Puts the report together: the aims, and every figure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from statistics import fmean
from typing import Any

from measured import markdown, said

from table import aims
from table.comparing import differences, ranked, regrets, stops
from table.contenders import DEFAULT_RULE, LONGEST, TRIALS
from table.reading import Table
from table.replays import Row

HOW = """\
Shares are of rows that are better than what a search had, in percent, at so much device time of all
workers together, in trainings of average length: medians over the repeats, with 95 % intervals of
the bootstrap. `commit` is the last that changed what is replayed of ours, `load` that of the
machine; neither load nor clock enters a figure. Empty cells were not replayed so far.
"""


KNOWING = """\
What bounds it: the device time to the best 1 % of a search that knew all other rows before it
began and trained the rows whole in the order of what a forest foretells of them (`knowing.py`).
"""
SHARES = ("and its value lost, %", "better rows by that, %", "device time saved, %")
RULES = """\
The same random trials judged by every rule: in how many studies, in percent, the value of the best
of them was lost, how many of the rows lay between, and the device time saved.
"""


def report(
    tables: Mapping[str, Table],
    rows: Mapping[str, Sequence[Row]],
    machine: Mapping[str, Any],
    rules: Mapping[str, Sequence[dict[str, Any]]],
    champions: Sequence[dict[str, Any]],
    knowing: Sequence[dict[str, Any]],
    everybody: Sequence[str],
) -> Iterator[str]:
    """The report, paragraph by paragraph.

    Args:
        tables: All spaces; the aims are answered by those of the table, without the surrogates.
        rows: The replays of each.
        rules: What stopping rules cost and save in studies of random trials, by space.
        champions: By seeds and by one value.
        knowing: What a search would need that knew all other rows, by space.
        everybody: Names of all contenders.
    """
    own = {name: one for name, one in tables.items() if "surrogate" not in one.made}
    others = {name: one for name, one in tables.items() if name not in own}
    crews = sorted({row["workers"] for some in rows.values() for row in some})
    yield f"{said(machine)}\n"
    yield HOW
    yield from _missing(own, rows, crews, everybody)
    yield "## The aims\n"
    judged = [one for name in own for one in rules.get(name, ())]
    yield from _aims(own, rows, crews, judged, knowing)
    yield "**Champions by seeds against champions by one value:** expected test regret.\n"
    yield from (
        f"- {one['space']}, {one['champion by']}: {one['expected test regret']}"
        for one in champions
    )
    yield ""
    for title, some in (("All five spaces", own), ("LCBench, its tasks together", others)):
        if len(some) > 1:
            yield from _together(title, some, rows, crews)
    yield f"## What rules cost and save\n\n{RULES}"
    yield from _table(_judged(rules))
    if champions:
        yield "## Champions\n"
        yield from _table(champions)
    for name, table in tables.items():
        yield f"## {name}\n\n{said(table.made)}\n"
        for workers in crews:
            if some_rows := list(regrets({name: table}, rows, workers)):
                yield f"{workers} at once:\n"
                yield from _table(some_rows)
        for workers in crews:
            if some_stops := list(stops(rows[name], workers)):
                yield f"Studies, {workers} at once:\n"
                yield from _table(some_stops)


def _judged(rules: Mapping[str, Sequence[Mapping[str, Any]]]) -> Iterator[dict[str, Any]]:
    """A row a rule, what it costs and saves on each space, and the mean of all."""
    for alike in zip(*rules.values(), strict=True):
        line: dict[str, Any] = {"rule": alike[0]["rule"]}
        figures = [[one[key] for key in SHARES] for one in alike]
        for one, some in zip(alike, figures, strict=True):
            line[one["space"]] = _shares(some)
        yield line | {"mean": _shares([fmean(some) for some in zip(*figures, strict=True)])}


def _shares(figures: Sequence[float]) -> str:
    lost, rows, saved = figures
    return f"{lost:.0f}, {rows:.2g}, {saved:.0f}"


def _missing(
    tables: Mapping[str, Table],
    rows: Mapping[str, Sequence[Row]],
    crews: Sequence[int],
    everybody: Sequence[str],
) -> Iterator[str]:
    """Who was not replayed, and how long the others were."""
    for workers in crews:
        known = ranked(tables, rows, workers)
        lengths: dict[int, list[str]] = {}
        for who, ranks in known.items():
            lengths.setdefault(min(row["trainings"] for row in ranks.rows), []).append(who)
        for length, some in sorted(lengths.items()):
            yield f"- {workers} at once, to {length} trainings of {LONGEST}: {'; '.join(some)}"
        if missing := [who for who in everybody if who not in known]:
            yield f"- {workers} at once, on all spaces of the table not yet: {'; '.join(missing)}"
    limits = ", ".join(f"{count} trials of `{name}`" for name, count in TRIALS.items())
    yield f"\nSearches end with {limits}.\n"


def _aims(
    tables: Mapping[str, Table],
    rows: Mapping[str, Sequence[Row]],
    crews: Sequence[int],
    judged: Sequence[Mapping[str, Any]],
    knowing: Sequence[dict[str, Any]],
) -> Iterator[str]:
    yield (
        f"**The best {100 * aims.SHARE:.0f} % in a tenth of the device time of random search?** "
        f"Medians, in trainings; nobody was replayed beyond {LONGEST}.\n"
    )
    soonest = [line for workers in crews for line in aims.soonest(tables, rows, workers)]
    yield f"In {sum(line['a tenth or less'] == 'yes' for line in soonest)} of {len(soonest)}.\n"
    yield from _table(soonest)
    if knowing:
        yield KNOWING
        yield from _table(knowing)
    yield "**Never behind a rival by more than the noise?**\n"
    for workers in crews:
        yield from _behind(tables, rows, workers)
    yield (
        f"\n**Ahead of the best rival by {aims.AHEAD} at the median?** "
        "The lowest of the rivals' medians over the default's, at each device time.\n"
    )
    yield from _table([line for workers in crews for line in aims.ahead(tables, rows, workers)])
    yield f"**The best trial stopped in at most {aims.LOST:.0f} % of studies?**\n"
    for workers in crews:
        yield f"- {aims.best_stopped({name: rows[name] for name in tables}, workers)}"
    if alone := [one for one in judged if one["rule"] == DEFAULT_RULE]:
        yield f"- {aims.random_stopped(alone)}"
    yield ""


def _behind(
    tables: Mapping[str, Table], rows: Mapping[str, Sequence[Row]], workers: int
) -> Iterator[str]:
    """The cells behind, over all spaces and on each."""
    cells, count = aims.behind(tables, rows, workers)
    if not count:
        return
    yield f"- {workers} at once, mean over the spaces: in {len(cells)} of {count} cells behind"
    yield from (f"  - {cell}" for cell in cells)
    for name, table in tables.items():
        cells, count = aims.behind({name: table}, rows, workers)
        chance = f"by chance about {count / 40:.0f}"
        yield f"- {workers} at once, {name}: in {len(cells)} of {count} ({chance})"
        yield from (f"  - {cell}" for cell in cells)


def _together(
    title: str,
    tables: Mapping[str, Table],
    rows: Mapping[str, Sequence[Row]],
    crews: Sequence[int],
) -> Iterator[str]:
    """What all had over some spaces, and the default against each."""
    yield f"## {title}\n"
    for workers in crews:
        if ranked(tables, rows, workers):
            yield f"{workers} at once:\n"
            yield from _table(regrets(tables, rows, workers))
            yield from _table(differences(tables, rows, workers))
    for workers in crews:
        some = list(stops([row for name in tables for row in rows[name]], workers))
        if some:
            yield f"Studies, {workers} at once:\n"
            yield from _table(some)


def _table(rows: Iterable[dict[str, Any]]) -> Iterator[str]:
    """A table; nothing where there are no rows."""
    if known := list(rows):
        yield f"{markdown(known)}\n"
