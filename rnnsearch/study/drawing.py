"""When the pictures of a study are drawn: once its search is over, and at nobody's cost."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from rnnsearch.commands import shown
from rnnsearch.study.pictures import draw_champion, draw_trials

if TYPE_CHECKING:
    from rnnsearch.events import ChampionChosen
    from rnnsearch.search.directory import StudyDirectory
    from rnnsearch.search.ledger.ledger import Ledger
    from rnnsearch.space.spec import StudySpec
    from rnnsearch.tasks.base import Score, TaskData


@dataclass(frozen=True, slots=True)
class Pictures:
    """Draws them; one that cannot be drawn is said, and the study goes on to its end without it.

    Attributes:
        data: Of the study's first configuration.
        say: Called with a line that should stay on the screen.
    """

    spec: StudySpec
    directory: StudyDirectory
    ledger: Ledger
    data: TaskData
    say: Callable[[str], None]

    def champion(self, champion: ChampionChosen | None) -> None:
        """The champion's picture, where there is a champion and no picture of it yet."""
        if champion is not None and not Path(champion.figure).is_file():
            # The winner of a task that is sampled may have learned from other data.
            sampled = any(key.startswith("task.") for key in self.spec.parameters)
            data = None if sampled else self.data
            self._draw(
                "champion",
                lambda: draw_champion(champion, self.ledger.trials(), self.spec, data),
            )

    def study(self, baselines: Sequence[Score]) -> None:
        """All trials, and the baselines."""
        won = self.ledger.notes.champion
        number = None if won is None else won.number
        self._draw(
            "study",
            lambda: draw_trials(
                self.ledger.trials(), baselines, self.spec, self.directory.figures, number
            ),
        )

    def _draw(self, whose: str, draw: Callable[[], object]) -> None:
        try:
            draw()
        except Exception as error:
            log = self.directory.logs / f"picture-{whose}.log"
            log.write_text(traceback.format_exc(), encoding="utf-8")
            problem = str(error).partition("\n")[0] or type(error).__name__
            self.say(f"note: there is no picture of the {whose}: {problem} ({shown(log)})")
