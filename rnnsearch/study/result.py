"""The result of a study, read from its ledger and its checkpoints."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rnnsearch.errors import ModelError, NoUsableTrialError
from rnnsearch.events import STATES
from rnnsearch.export.tolerance import TOLERANCE
from rnnsearch.records.study_file import study_file
from rnnsearch.records.tracking_uri import shown_uri
from rnnsearch.search.directory import StudyDirectory
from rnnsearch.space.spec import StudySpec
from rnnsearch.space.trial import trial_config
from rnnsearch.space.words import short
from rnnsearch.study.no_champion import no_champion
from rnnsearch.study.recording import since

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

    from rnnsearch.events import ChampionChosen
    from rnnsearch.export.exporting import Exported
    from rnnsearch.search.analysis import Analysis
    from rnnsearch.search.ledger.finished import Finished
    from rnnsearch.search.ledger.reading import LedgerReader
    from rnnsearch.search.ledger.run_figures import RunFigures
    from rnnsearch.search.ledger.trial_record import TrialRecord
    from rnnsearch.search.regret import Regret
    from rnnsearch.search.replay import Replay
    from rnnsearch.tasks.base import Score
    from rnnsearch.tasks.fingerprint import Fingerprint
    from rnnsearch.training.config import TrialConfig
    from rnnsearch.training.script.model import ScriptModel
    from rnnsearch.training.trained import TrainedModel


@dataclass(frozen=True, repr=False)
class StudyResult:
    """A study's trials, baselines and champion.

    Attributes:
        trials: All trials by number.
        baselines: The task's baselines, scored on the study's data.
        champion: The winner; None where no trial was usable yet.
        run: How the last run of the driver went; None where none has ended yet.
        notes: What a person must know of where the study comes from, and of its data, such as a
            missing held-out part.
        data: Fingerprints by path of the data that the study was started on; None where an older
            version started it.
        tie_break: The task's own loss, which decides between trials that are equal in the study's
            metric; empty in older studies, and where the task reports none.
        reruns: The study's metric of each finalist's trainings with other seeds, by trial number.
        rerun_seeds: The same values by trial number and seed.
        finished: By trial number, how stopped trials ended that were trained to the end afterwards.
        pack_seconds: How long the packs of all runs lived, from their first reports on; 0 in older
            studies.
        refused: How many proposals were not trained, by the constraint that they broke.
        labels: How people read the names of metrics that stand for columns or series of theirs.
    """

    spec: StudySpec
    directory: StudyDirectory
    trials: Sequence[TrialRecord]
    baselines: Sequence[Score]
    champion: ChampionChosen | None
    run: RunFigures | None
    notes: Sequence[str] = ()
    data: Mapping[str, Fingerprint] | None = None
    tie_break: str = ""
    reruns: Mapping[int, Sequence[float]] = field(default_factory=dict)
    rerun_seeds: Mapping[int, Mapping[int, float]] = field(default_factory=dict)
    finished: Mapping[int, Finished] = field(default_factory=dict)
    pack_seconds: float = 0.0
    refused: Mapping[str, int] = field(default_factory=dict)
    labels: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def read(
        cls, spec: StudySpec, directory: StudyDirectory, reader: LedgerReader | None = None
    ) -> StudyResult:
        """Read the result from the study's files as they are now; a driver may be at work on it.

        Args:
            reader: Has read the ledger before, and reads what is new in it; None reads all.
        """
        from rnnsearch.search.finalist import rerun_seeds, rerun_values
        from rnnsearch.search.ledger.reading import LedgerReader

        ledger = (reader or LedgerReader(directory, spec)).read()
        notes = ledger.notes
        champion, run = notes.champion, notes.run
        if champion is not None:
            # The study may have been moved since.
            path = study_file(champion.path, directory.root)
            figure = study_file(champion.figure, directory.root) if champion.figure else ""
            champion = replace(champion, path=str(path), figure=str(figure))
        if run is not None:
            uri = shown_uri(directory.storage, run.tracking_uri)
            run = replace(since(run, champion, directory), tracking_uri=uri)
        return cls(
            spec=spec,
            directory=directory,
            trials=ledger.trials,
            baselines=notes.baselines,
            champion=champion,
            run=run,
            notes=notes.remarks,
            data=notes.data,
            tie_break=notes.tie_break,
            reruns=rerun_values(notes.finalists, ledger.trials),
            rerun_seeds=rerun_seeds(notes.finalists, ledger.trials),
            finished=notes.finished_stopped,
            pack_seconds=notes.pack_seconds,
            refused=ledger.refused,
            labels=notes.labels,
        )

    def __repr__(self) -> str:
        """Its state and its best value, in a line."""
        ended = ", ".join(f"{count} {state}" for state, count in self.counts().items() if count)
        try:
            best = self.best_trial
        except NoUsableTrialError:
            value = "no value yet"
        else:
            figure = self.champion_value() if self.champion else best.best_value
            value = f"best {self.spec.search.metric} {short(figure)} ({best.name})"
        return f"<StudyResult {self.directory.name}: {self.state}; {ended or 'no trial'}; {value}>"

    def _repr_html_(self) -> str:
        """What a notebook shows of it: its state, the winner beside the baselines, the trials."""
        from rnnsearch.study.html import leaderboard_html, winner_html

        metric, won = self.spec.search.metric, self.champion
        counts = ", ".join(f"{n} {state}" for state, n in self.counts().items() if n) or "no trial"
        how = self.state + (f" ({self.reason})" if self.reason else "")
        name = escape(self.directory.name)
        parts = [f"<p><b>study {name}</b>: {escape(counts)}; {escape(how)}</p>"]
        parts += [f"<p>note: {escape(note)}</p>" for note in self.notes]
        if won is not None:
            best, metrics = self.best_trial, {**won.test_metrics, **won.val_metrics}
            name = self.winner_name()
            parts.append(winner_html(name, best.params, metrics, self.baselines, metric))
        parts.append(leaderboard_html(self.leaderboard(), metric))
        return "\n".join(parts)

    @property
    def metric_name(self) -> str:
        """The study's metric as people read it."""
        return self.labels.get(self.spec.search.metric, self.spec.search.metric)

    @property
    def state(self) -> str:
        return self.run.state if self.run is not None else "running"

    @property
    def reason(self) -> str:
        return self.run.reason if self.run is not None else ""

    def counts(self) -> dict[str, int]:
        """The number of trials in each state, for every state."""
        counts = Counter(trial.state for trial in self.trials)
        return {state: counts[state] for state in STATES}

    @property
    def best_trial(self) -> TrialRecord:
        """The champion's trial; while there is no champion, the trial with the best value.

        Raises:
            NoUsableTrialError: No trial has a value yet, other than those that diverged or failed.
        """
        if self.champion is not None:
            number = self.champion.number
            return next(trial for trial in self.trials if trial.number == number)
        goal = self.spec.search.goal
        valued = [
            trial
            for trial in self.trials
            if trial.best_value is not None and trial.state not in ("diverged", "failed")
        ]
        if not valued:
            raise NoUsableTrialError(f"no trial of {self.directory.name!r} has a value yet")
        return min(valued, key=lambda one: (one.violation, one.standing(goal), one.number))

    @property
    def best_config(self) -> TrialConfig:
        """The configuration of `best_trial`."""
        best = self.best_trial
        return trial_config(self.spec, best.params, best.seed)

    def leaderboard(self, top: int | None = None) -> list[dict[str, Any]]:
        """Trials from the best to the worst, the baselines in their places among them."""
        from rnnsearch.search.leaderboard import leaderboard

        rows = leaderboard(
            self.trials,
            goal=self.spec.search.goal,
            metric=self.spec.search.metric,
            loss=self.tie_break,
            baselines=self.baselines,
            reruns=self.reruns,
            winner=self.champion.number if self.champion else None,
            ensemble=self.champion.ensemble if self.champion else None,
            front=self.fronts(),
        )
        return rows[:top]

    def fronts(self) -> dict[int, int]:
        """With several goals, the front of each trial by number; in 1 no other beats it in all."""
        from rnnsearch.search.goals.front import front_of

        return front_of(self.trials, self.spec)

    def analysis(self) -> Analysis:
        """An analysis of what the search did, and which parameters mattered in it."""
        from rnnsearch.search.analysis import analyse

        return analyse(self.trials, self.spec)

    def regret(self) -> Regret | None:
        """What stopping cost, by stopped trials that were trained to the end; None of none."""
        from rnnsearch.search.regret import regret

        if (value := self.champion_value()) is None:
            return None
        return regret(self.trials, self.finished, value, self.spec.search.goal)

    def replay(self, scheduler: str | Mapping[str, Any]) -> Replay:
        """What another stopping rule would have saved and lost on the recorded curves.

        Args:
            scheduler: As under `search.scheduler`; a text is YAML, or the name of a rule.

        Raises:
            SpaceFileError: There is no such rule, or it has no such keys.
        """
        from rnnsearch.study.replaying import replayed

        number = self.champion.number if self.champion else None
        return replayed(self.directory, self.trials, number, scheduler)

    def trials_dataframe(self) -> pd.DataFrame:
        """The trials as a data frame: number, state, value and more, and a column a parameter."""
        import pandas as pd

        from rnnsearch.search.leaderboard import trials_table

        return pd.DataFrame(trials_table(self.trials))

    def load_model(self) -> TrainedModel:
        """The champion's model, ready to predict, roll out or sample.

        Raises:
            ModelError: The study has no champion yet.
        """
        from rnnsearch.training.trained import TrainedModel

        # Custom code of a model is named by the study's space file, which whoever opens the study
        # trusts.
        return TrainedModel.load(Path(self.winner().path), allow_code=True)

    def load_script(self) -> ScriptModel:
        """The champion of a study of a training script: the state of its best epoch.

        Raises:
            ModelError: The study has no champion yet, or trains networks.
        """
        from rnnsearch.training.script.model import ScriptModel

        return ScriptModel.load(Path(self.winner().path))

    def export(
        self, format: str, out: str | Path | None = None, *, tolerance: float = TOLERANCE
    ) -> Exported:
        """Write the champion in another format; see `export.exporting.export`.

        Args:
            format: `onnx`, `torch` or `safetensors`.
            out: A folder that is not there yet; None names one by the study and the format.
        """
        from rnnsearch.export.exporting import export

        model, name = self.load_model(), self.directory.name
        return export(model, format, out, name=name, tolerance=tolerance)

    def winner(self) -> ChampionChosen:
        """The champion, where there has to be one.

        Raises:
            ModelError: The study has none yet.
        """
        if self.champion is None:
            raise ModelError(no_champion(self.directory))
        return self.champion

    def rollout(self, history: np.ndarray[Any, Any], steps: int) -> np.ndarray[Any, Any]:
        """Continue series on the champion's own predictions.

        Args:
            history: The series so far, shape (batch, time, feature).
            steps: How many time steps to predict.

        Returns:
            The predictions, shape (batch, steps, feature).
        """
        predicted: np.ndarray[Any, Any] = self.load_model().rollout(history, steps)
        return predicted

    def summary(self) -> dict[str, Any]:
        """The JSON object of `--format json`."""
        from rnnsearch.study.summary import front_rows, summary

        try:
            best = self.best_trial
        except NoUsableTrialError:
            best = None
        return summary(
            study=self.directory.name,
            state=self.state,
            counts=self.counts(),
            refused=self.refused,
            best=best,
            won=self.champion,
            value=self.champion_value(),
            run=self.run,
            front=front_rows(self.leaderboard(), self.directory.checkpoints, self.spec.search),
        )

    def winner_name(self) -> str:
        """What the champion is called: its trial's name, or that of an ensemble."""
        from rnnsearch.search.ensemble_words import ensemble_name

        won = self.winner()
        return ensemble_name(won.ensemble) if won.fused else self.best_trial.name

    def champion_value(self) -> float | None:
        """The study's metric of the training of the champion that is kept; None without one."""
        if self.champion is None:
            return None
        return self.champion.val_metrics.get(self.spec.search.metric)
