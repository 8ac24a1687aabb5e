"""What is kept with a study's run in MLflow beside events: its description and its leaderboard."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from rnnsearch.disk import replace_file
from rnnsearch.events import RANKED
from rnnsearch.records.names import LEADERBOARD
from rnnsearch.study.description import description
from rnnsearch.study.pictures import attempted
from rnnsearch.study.schedule import write_schedule

if TYPE_CHECKING:
    from rnnsearch.events import StudyState
    from rnnsearch.study.opened import OpenedStudy
    from rnnsearch.study.result import StudyResult
    from rnnsearch.tasks.base import Score

T = TypeVar("T")

_COLUMNS = ("rank", "name", "state", "value", "loss", "best_epoch", "epoch", "seconds", "reason")


@dataclass(frozen=True, slots=True)
class Keepsakes:
    """Makes what MLflow's page of a study shows beside its runs.

    Where something cannot be made, a line says so, its traceback lies in the study's logs, and the
    study goes on to its end without it.

    Attributes:
        say: Called with a line that should stay on the screen.
    """

    study: OpenedStudy
    say: Callable[[str], None]

    def opening(self) -> str:
        """The description of the study as a run of the driver begins; empty where that failed."""

        def make() -> str:
            return self._describe(self._result(()))

        return self._made(make, "its run in MLflow begins without a description") or ""

    def closing(
        self, baselines: Sequence[Score], state: StudyState, reason: str, seconds: float, ranks: int
    ) -> tuple[str, list[int] | None]:
        """Write the leaderboard, and describe the study as a run of the driver ends.

        Args:
            state: How it ends, for `reason`, after so many `seconds`.
            ranks: How many trials to rank.

        Returns:
            The description, and the numbers of the best trials; empty and None where that failed.
        """

        def make() -> tuple[str, list[int]]:
            result = self._result(baselines)
            board = result.leaderboard()
            self._write(leaderboard_table(board, result.spec.search.metric))
            best = [row["number"] for row in board if row["state"] in RANKED]
            return self._describe(result, state, reason, seconds), best[:ranks]

        self._made(
            lambda: write_schedule(self._result(())), "the champion's schedule is not written"
        )
        without = "its run in MLflow ends without a description and a leaderboard"
        return self._made(make, without) or ("", None)

    def _describe(self, result: StudyResult, *how: Any) -> str:
        return description(result, self.study.ledger.num_trials, *how)

    def _made(self, make: Callable[[], T], without: str) -> T | None:
        """What `make` returns; None where it failed, which is said in the words `without`."""
        return attempted(make, without, self.study.directory.logs / "description.log", self.say)

    def _result(self, baselines: Sequence[Score]) -> StudyResult:
        """The result so far, from the ledger that this driver holds."""
        from rnnsearch.search.finalist import rerun_values
        from rnnsearch.study.result import StudyResult

        notes, trials = self.study.ledger.notes, self.study.ledger.trials()
        return StudyResult(
            spec=self.study.spec,
            directory=self.study.directory,
            trials=trials,
            baselines=baselines or notes.baselines,
            champion=notes.champion,
            run=None,
            notes=notes.remarks,
            tie_break=notes.tie_break,
            reruns=rerun_values(notes.finalists, trials),
            labels=notes.labels,
        )

    def _write(self, table: Mapping[str, Any]) -> None:
        """Write the leaderboard's file."""
        replace_file(self.study.directory.root / LEADERBOARD, json.dumps(table))


def leaderboard_table(rows: Sequence[Mapping[str, Any]], metric: str) -> dict[str, Any]:
    """A leaderboard in the form of MLflow's tables, which pandas calls `split`.

    Args:
        metric: The study's, which names the column of the best values.
    """
    keys = sorted({key for row in rows for key in row["params"]})
    of_goals = {key: None for row in rows for key in row.get("goals") or ()}
    if of_goals:
        rows = [{**row, **(row.get("goals") or {})} for row in rows]
        of_goals = dict.fromkeys(["front", *of_goals])
    heads = {"value": metric, "name": "trial", "epoch": "epochs", "loss": "its loss"}
    columns = [*(heads.get(one, one) for one in _COLUMNS), *of_goals, "winner", *keys]
    data = [
        [
            *(_cell(row[one]) for one in _COLUMNS),
            *(_cell(row.get(one)) for one in of_goals),
            "yes" if row["winner"] else "",
            *(_cell(row["params"].get(key)) for key in keys),
        ]
        for row in rows
    ]
    return {"columns": columns, "data": data}


def _cell(value: Any) -> Any:
    """A value as strict JSON has it: a number that is not finite becomes its name."""
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    return "" if value is None else value
