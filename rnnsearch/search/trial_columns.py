"""The trials of a study as columns by name: what the ledger keeps of them, and their parameters."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from rnnsearch.errors import InputError
from rnnsearch.search.leaderboard import Row
from rnnsearch.search.ledger.trial_record import TrialRecord
from rnnsearch.search.ran_on import devices_of, nodes_of
from rnnsearch.space.goals import other_goals
from rnnsearch.space.nearest import nearest
from rnnsearch.space.spec import StudySpec

_OF_ROW = (
    *("rank", "kind", "number", "name", "state", "value", "loss", "last_value", "best_epoch"),
    *("epoch", "seconds", "mean", "seeds", "winner", "reason"),
)
"""Columns that are entries of a row of the leaderboard."""
_OF_RECORD = ("seed", "attempts", "crashes", "started", "ended")
"""Columns that are attributes of a `TrialRecord`."""
_OF_END = ("training_steps", "kernel")
"""Columns that are among the attributes that a trial gets at its end."""
_OF_KINDS = ("device", "node")
"""Of a study whose packs ask for GPUs: what a trial was trained on, and where."""
TRAIN_LOSS = "train_loss"
FRONT = "front"
"""Of a study of several goals; its values in those beside the metric have their names."""
COLUMNS = (*_OF_ROW, *_OF_RECORD, *_OF_END, TRAIN_LOSS)
"""The names that every study has; `train_loss` is the training loss at the best epoch."""
TIMES = ("started", "ended")
"""Columns of Unix times."""
PARAMS = "params."
"""What may stand before the name of a parameter, and does where a file names one."""

Kind = Literal["number", "text", "time"]


@dataclass(frozen=True)
class Column:
    """One column of the trials.

    Attributes:
        name: As a person asked for it.
        kind: What its values are; `text` where some are no numbers.
        values: One for each row of the leaderboard, in its order; None where it has none.
    """

    name: str
    kind: Kind
    values: Sequence[Any]


@dataclass(frozen=True)
class TrialColumns:
    """Finds columns of a study's trials, and its baselines, by their names.

    Args:
        rows: The leaderboard, whose order all columns have.
        trials: All trials of the study.
        spec: The study's space; its metric is another name of the column `value`.
    """

    rows: Sequence[Row]
    trials: Sequence[TrialRecord]
    spec: StudySpec

    def column(self, name: str) -> Column:
        """The column of that name.

        A parameter, and a fixed key of the space, may be named by the last parts of its key:
        `hidden_size`, `model.hidden_size` and `params.hidden_size` are one.

        Raises:
            InputError: There is none, or several keys end so.
        """
        values = self._values(name)
        if name in TIMES:
            return Column(name, "time", values)
        present = [value for value in values if value is not None]
        numbers = all(isinstance(one, int | float) for one in present)
        flags = any(isinstance(one, bool) for one in present)
        return Column(name, "number" if present and numbers and not flags else "text", values)

    def every(self) -> list[str]:
        """The names of all columns that a file has: the parameters with `params.` before them."""
        params = (PARAMS + key for key in self.spec.parameters)
        return [*COLUMNS, *self._of_kinds(), *self._of_goals(), *params]

    def _of_kinds(self) -> Sequence[str]:
        """The columns of a study whose packs may be of several kinds."""
        return _OF_KINDS if self.spec.resources.gpus_per_pack > 0 else ()

    def _of_goals(self) -> list[str]:
        """The columns of a study of several goals."""
        goals = [one.name for one in other_goals(self.spec.search.goals)]
        return [*goals, FRONT] if goals else []

    def _goal(self, row: Row, name: str) -> Any:
        return row.get(FRONT) if name == FRONT else (row.get("goals") or {}).get(name)

    def _values(self, name: str) -> list[Any]:
        if name == self.spec.search.metric:
            name = "value"
        if name in self._of_goals():
            return [self._goal(row, name) for row in self.rows]
        if name in _OF_ROW:
            return [row[name] for row in self.rows]
        if name in COLUMNS or name in self._of_kinds():
            records = {record.number: record for record in self.trials}
            return [_of_record(records.get(row["number"]), name) for row in self.rows]
        key = self._key(name)
        if key in self.spec.parameters:
            return [row["params"].get(key) for row in self.rows]
        fixed = self.spec.values[key]
        fixed = list(fixed) if isinstance(fixed, tuple) else fixed
        return [fixed if row["kind"] == "trial" else None for row in self.rows]

    def _key(self, name: str) -> str:
        """The key of the space that a name stands for."""
        keys = [*self.spec.parameters, *self.spec.values]
        for one in (name, name.removeprefix(PARAMS)):
            if one in keys:
                return one
        bare = name.removeprefix(PARAMS)
        for among in (list(self.spec.parameters), keys):
            ends = sorted({key for key in among if bare and key.endswith(f".{bare}")})
            if len(ends) == 1:
                return ends[0]
            if ends:
                raise InputError(f"{name!r} may be {' or '.join(ends)}; write the whole key.")
        raise InputError(self._unknown(name))

    def _unknown(self, name: str) -> str:
        metric, parameters = self.spec.search.metric, list(self.spec.parameters)
        there = [*COLUMNS, *self._of_kinds(), metric, *parameters]
        near = nearest(name.removeprefix(PARAMS), there)
        meant = f" Did you mean {near}?" if near else ""
        return (
            f"there is no column {name!r}.{meant}\nThere is {metric} (that is `value`), "
            f"{', '.join([*COLUMNS, *self._of_kinds()])}"
            + (f", and the parameters {', '.join(parameters)}" if parameters else "")
            + ", and every other key of the space file. Other metrics are in MLflow alone."
        )


def _of_record(record: TrialRecord | None, name: str) -> Any:
    """The value of a column that a row of the leaderboard has not; None of a baseline."""
    if record is None:
        return None
    if name in _OF_RECORD:
        return getattr(record, name)
    if name in _OF_KINDS:
        each = devices_of(record.ran_on) if name == "device" else nodes_of(record.ran_on)
        return ", ".join(each) or None
    if name == TRAIN_LOSS:
        best = record.best_epoch
        return None if best is None else record.losses_by_epoch.get(best)
    return record.attributes.get(name) or None


def picked(columns: Mapping[str, Column], places: Sequence[int]) -> list[dict[str, Any]]:
    """The rows at these places, each with the columns' values under their names."""
    return [{name: column.values[place] for name, column in columns.items()} for place in places]
