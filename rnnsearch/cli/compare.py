"""The command `compare`: two trials, or two studies, beside each other."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Annotated, Any

import typer

from rnnsearch.cli.options import FormatOption, Storage
from rnnsearch.cli.sides import BEST, HOW, Side, side_of
from rnnsearch.cli.sparkline import curve_lines
from rnnsearch.cli.text import print_json, print_table, print_wrapped, screen_width
from rnnsearch.commands import DEFAULT_STORAGE, command
from rnnsearch.errors import InputError
from rnnsearch.space.words import short

NEITHER = "neither"

if TYPE_CHECKING:
    from rnnsearch.search.comparison import Difference, Lead


def compare(
    a: Annotated[
        str, typer.Argument(metavar="A", help="A trial as NAME:NUMBER or NAME:best, or a study.")
    ],
    b: Annotated[
        str,
        typer.Argument(
            metavar="B", help="The same of the other; a mere number is a trial of A's study."
        ),
    ],
    storage: Storage = DEFAULT_STORAGE,
    format_: FormatOption = "text",
) -> None:
    """Compare two trials or two studies: what differs in their configurations, their curves, who
    led when, what they cost, and the winners on the test part."""
    if ":" in a and b.isdecimal():
        b = f"{a.partition(':')[0]}:{b}"
    if (":" in a) != (":" in b):
        study, trial = (b, a) if ":" in a else (a, b)
        again = command("compare", f"{study}:{BEST}", trial, storage=storage)
        raise InputError(
            f"{trial} is a trial, and {study} a whole study. {HOW} With its best: {again}"
        )
    sides = (side_of(a, storage), side_of(b, storage))
    if format_ == "json":
        print_json(_as_json(_compared(sides)))
    else:
        _print(_compared(sides))


@dataclass(frozen=True)
class _Compared:
    """Two sides and what came out of comparing them.

    Attributes:
        facts: What is known of each side, by its name for people.
        equal: How many keys of the configuration are equal.
        reasons: Why values are not compared; empty where they are.
    """

    sides: tuple[Side, Side]
    facts: Sequence[tuple[str, Any, Any]]
    differing: Sequence[Difference]
    equal: int
    reasons: Sequence[str]
    leads: Sequence[Lead]


def _compared(sides: tuple[Side, Side]) -> _Compared:
    from rnnsearch.search.comparison import (
        differences,
        leads,
        not_comparable,
        space_values,
        trial_values,
    )

    one, other = sides
    if one.trial is not None and other.trial is not None:
        values = [
            trial_values(one.result.spec, one.trial),
            trial_values(other.result.spec, other.trial),
        ]
    else:
        values = [space_values(each.result.spec) for each in sides]
    facts = [each.facts() for each in sides]
    differing = differences(*values)
    reasons = not_comparable(
        (one.result.spec, other.result.spec), differing, (one.result.data, other.result.data)
    )
    curves = [each.shown.values_by_epoch if each.shown else {} for each in sides]
    names = dict.fromkeys([*facts[0], *facts[1]])
    return _Compared(
        sides,
        [(name, facts[0].get(name), facts[1].get(name)) for name in names],
        differing,
        len({*values[0], *values[1]}) - len(differing),
        reasons,
        [] if reasons else leads(curves[0], curves[1], one.result.spec.search.goal),
    )


def _print(compared: _Compared) -> None:
    one, other = compared.sides
    width = screen_width()
    print_table(
        [
            {"": name, f"A: {one.name}": _fact(name, a), f"B: {other.name}": _fact(name, b)}
            for name, a, b in compared.facts
        ],
        width=width,
    )
    print()
    kind = "configuration" if one.trial else "space"
    if compared.differing:
        print(f"the {kind} differs ({compared.equal} other keys are equal):")
        print_table(
            [
                {"": each.key, "A": _shown(each.a), "B": _shown(each.b)}
                for each in compared.differing
            ],
            width=width,
        )
    else:
        print(f"the {kind} is the same in all {compared.equal} keys")
    print()
    if compared.reasons:
        print_wrapped([f"values are not compared: {'; '.join(compared.reasons)}"])
    for title, curves in _curves(compared.sides).items():
        print(title)
        print(*curve_lines(curves, together=not compared.reasons, screen=width), sep="\n")
    if compared.leads:
        print_wrapped([who_led(compared.leads)])


def _curves(sides: tuple[Side, Side]) -> dict[str, Mapping[str, Mapping[int, float]]]:
    """The curves to draw below each other, by their title; those of studies are of their best."""
    from rnnsearch.search.best_over_time import best_over_time

    names = "AB"
    metrics = dict.fromkeys(each.result.spec.search.metric for each in sides)
    metric = " and ".join(metrics)
    curves: dict[str, Mapping[str, Mapping[int, float]]] = {}
    if sides[0].trial is None:
        goal = [each.result.spec.search.goal for each in sides]
        curves[f"best {metric} so far, by ended trials:"] = {
            name: {
                moment.ended: moment.best
                for moment in best_over_time(each.result.trials, one)
                if moment.best is not None
            }
            for name, each, one in zip(names, sides, goal, strict=True)
        }
    of = "" if sides[0].trial else " of the best trial"
    curves[f"{metric}{of}, by epoch:"] = {
        name: each.shown.values_by_epoch if each.shown else {}
        for name, each in zip(names, sides, strict=True)
    }
    return {title: drawn for title, drawn in curves.items() if any(drawn.values())}


def who_led(leads: Sequence[Lead]) -> str:
    """Who was better in how many of the epochs that both have, and when.

    `A is better in 48 of 60 epochs, B in 12: B at epochs 1-12, A at 13-60`
    """
    epochs: Counter[str] = Counter()
    for lead in leads:
        epochs[lead.leader or NEITHER] += lead.last - lead.first + 1
    total = sum(epochs.values())
    (most, count), *others = epochs.most_common()
    if total == 1:
        how = "both are equal" if most == NEITHER else f"{most} is better"
        return f"{how} in the only epoch that both have"
    if not others and most == NEITHER:
        return f"both are equal in all {total:,} epochs"
    text = f"{most} is better in {'all ' if count == total else f'{count:,} of '}{total:,} epochs"
    text += "".join(f", {side} in {number:,}" for side, number in others)
    if not others:
        return text
    parts = [
        f"{lead.leader or NEITHER} at {'' if place else 'epochs '}{lead.first}"
        + (f"-{lead.last}" if lead.last > lead.first else "")
        for place, lead in enumerate(leads)
    ]
    shown = parts if len(parts) <= 12 else [*parts[:8], f"... {len(parts) - 10} more", *parts[-2:]]
    return f"{text}: {', '.join(shown)}"


def _fact(name: str, value: Any) -> str:
    """A fact; counts have their thousands parted, as everywhere, and seeds are names."""
    return f"{value:,}" if isinstance(value, int) and name != "seed" else short(value)


def _shown(value: Any) -> str:
    """A value of the configuration; a key that a side does not have is left empty."""
    return short(list(value) if isinstance(value, tuple) else value, 6)


def _as_json(compared: _Compared) -> dict[str, Any]:
    a, b = map(_name_as_json, compared.sides)
    return {
        "a": a,
        "b": b,
        "facts": [{"fact": name, "a": one, "b": other} for name, one, other in compared.facts],
        "differs": [each._asdict() for each in compared.differing],
        "equal_keys": compared.equal,
        "not_compared": list(compared.reasons),
        "curves": [
            {name: dict(curve) for name, curve in drawn.items()} | {"title": title}
            for title, drawn in _curves(compared.sides).items()
        ],
        "leads": [asdict(lead) for lead in compared.leads],
    }


def _name_as_json(side: Side) -> dict[str, Any]:
    trial = None if side.trial is None else side.trial.number
    return {"study": side.result.directory.name, "trial": trial}
