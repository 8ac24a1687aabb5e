"""What differs between two trials or two studies, as plain values."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any, Literal, NamedTuple

from ruamel.yaml import YAML

from rnnsearch.goal import Goal
from rnnsearch.search.ledger.trial_record import TrialRecord
from rnnsearch.space.spec import StudySpec
from rnnsearch.tasks.fingerprint import Fingerprint

Side = Literal["A", "B"]
TASK = "task."
PATHS = ("task.path", "task.val_path", "task.test_path")
"""Keys that say where data lies, and not what it is."""


class Difference(NamedTuple):
    """A key of the configuration, and its two values; None on the side that does not have it."""

    key: str
    a: Any
    b: Any


@dataclass(frozen=True, slots=True)
class Lead:
    """A stretch of epochs in which one side is better; of neither where both are equal."""

    first: int
    last: int
    leader: Side | None


def trial_values(spec: StudySpec, record: TrialRecord) -> dict[str, Any]:
    """The configuration of a trial under dotted keys: fixed values and its own parameters."""
    return {**spec.values, **record.params}


def space_values(spec: StudySpec) -> dict[str, Any]:
    """A study's resolved space under dotted keys; a sampled key has its distribution."""
    tree: dict[str, Any] = YAML(typ="safe").load(spec.yaml)
    tree.pop("name", None)
    return dict(_leaves(tree, "", spec.parameters.keys()))


def _leaves(tree: Mapping[str, Any], above: str, whole: Collection[str]) -> Iterator[Any]:
    for key, value in tree.items():
        dotted = f"{above}{key}"
        if isinstance(value, Mapping) and value and dotted not in whole:
            yield from _leaves(value, f"{dotted}.", whole)
        else:
            yield dotted, value


def differences(a: Mapping[str, Any], b: Mapping[str, Any]) -> list[Difference]:
    """The keys whose values differ, in the order of `a`, then those that only `b` has."""
    keys = [*a, *(key for key in b if key not in a)]
    return [
        Difference(key, a.get(key), b.get(key))
        for key in keys
        if (key in a) != (key in b) or _plain(a[key]) != _plain(b[key])
    ]


def _plain(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value


def not_comparable(
    specs: tuple[StudySpec, StudySpec],
    differing: Sequence[Difference],
    data: tuple[Mapping[str, Fingerprint] | None, Mapping[str, Fingerprint] | None],
) -> list[str]:
    """Why the values of two trials or studies must not be compared, in sentences; else nothing.

    Args:
        differing: What differs in their configurations.
        data: The fingerprints of what each study was started on.
    """
    one, other = specs[0].search, specs[1].search
    reasons = []
    if one.metric != other.metric:
        reasons.append(f"A is judged by {one.metric}, B by {other.metric}")
    elif one.goal != other.goal:
        reasons.append(f"A is to {one.goal} {one.metric}, B to {other.goal} it")
    tasks = [each.key for each in differing if each.key.startswith(TASK)]
    if tasks := [key for key in tasks if key not in PATHS]:
        reasons.append(f"their tasks differ in {', '.join(tasks)}")
    one_hash, other_hash = map(_hashes, data)
    read = any(spec.values.get(path) for spec in specs for path in PATHS)
    if one_hash is None or other_hash is None:
        # Data that is made from the configuration has no hash, and is equal where that is.
        if specs[0].name != specs[1].name and (read or one_hash != other_hash):
            reasons.append("the hash of the data is not known of both")
    elif one_hash != other_hash:
        reasons.append("the contents of their data differ")
    return reasons


def _hashes(data: Mapping[str, Fingerprint] | None) -> list[str] | None:
    return None if data is None else sorted(each.sha256 for each in data.values())


def leads(a: Mapping[int, float], b: Mapping[int, float], goal: Goal) -> list[Lead]:
    """Who was better at each epoch that both have, as stretches of epochs."""

    def leader(epoch: int) -> Side | None:
        one, other = goal.cost(a[epoch]), goal.cost(b[epoch])
        return None if one == other else "A" if one < other else "B"

    stretches = []
    for side, group in groupby(sorted(a.keys() & b.keys()), key=leader):
        epochs = list(group)
        stretches.append(Lead(epochs[0], epochs[-1], side))
    return stretches
