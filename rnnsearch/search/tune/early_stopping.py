"""The Tune `TrialScheduler`: passes every pack's report to the control, and its answer back.

No hook raises: an exception there would end Tune's loop without any of our hooks. The first one
is remembered, the packs are stopped at their next reports, and `run_search` raises it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import ray
from ray.tune.experiment import Trial
from ray.tune.schedulers import TrialScheduler

from rnnsearch.search.control import Control
from rnnsearch.search.tune.pack_trainable import REPORT


class LeftBehind(BaseException):
    """Packs do not set down what they hold; leaves Tune's loop, which catches `Exception`."""


class EarlyStopping(TrialScheduler):  # type: ignore[misc]  # Ray ships no complete types
    """Runs packs in the order in which they were suggested; trials are the control's affair.

    Args:
        shield: A context in which a second interrupt waits, around everything that writes.
        kill: Ends a worker without asking it.
    """

    def __init__(
        self,
        control: Control,
        shield: Callable[[], Any],
        kill: Callable[[Any], None] = ray.kill,
    ) -> None:
        super().__init__()
        self._kill = kill
        self._control = control
        self._shield = shield
        self._actors: dict[str, Any] = {}

    def kill_packs(self) -> None:
        """End the workers of packs that still live, without asking them."""
        for actor in self._actors.values():
            self._kill(actor)
        self._actors.clear()

    def on_trial_add(self, tune_controller: Any, trial: Trial) -> None:
        """A pack is pending; the searcher opened its book."""

    def on_trial_result(self, tune_controller: Any, trial: Trial, result: dict[str, Any]) -> str:
        update = None
        actor = trial.temporary_state.ray_actor
        self._actors[trial.trial_id] = actor
        with self._guard():
            update = self._control.take(trial.trial_id, result[REPORT][0])
            if update is not None:
                actor.update.remote(update)
        result[REPORT].clear()  # the same list that Tune keeps as the pack's last result
        return str(TrialScheduler.STOP if update is None else TrialScheduler.CONTINUE)

    def on_trial_error(self, tune_controller: Any, trial: Trial) -> None:
        self._actors.pop(trial.trial_id, None)
        with self._guard():
            self._control.lose_pack(trial.trial_id, _reason(trial))

    def on_trial_complete(self, tune_controller: Any, trial: Trial, result: dict[str, Any]) -> None:
        self._actors.pop(trial.trial_id, None)
        with self._guard():
            self._control.lose_pack(trial.trial_id, None)

    def on_trial_remove(self, tune_controller: Any, trial: Trial) -> None:
        with self._guard():
            self._control.lose_pack(trial.trial_id, None)

    def choose_trial_to_run(self, tune_controller: Any) -> Trial | None:
        """Called once in every turn of Tune's loop, so the clock and the wishes are seen here."""
        with self._guard():
            self._control.poll()
            for trial_id in self._control.lose_hung():
                # Tune hears that the worker died, and tells us of a pack that we know is gone.
                self._kill(self._actors.pop(trial_id))
        if self._control.overdue():
            raise LeftBehind
        pending = None
        for trial in list(tune_controller.get_live_trials()):
            if trial.status != Trial.PENDING:
                continue
            if self._control.ended:
                tune_controller.stop_trial(trial)
            elif pending is None:
                pending = trial
        return pending

    def debug_string(self) -> str:
        return f"rnnsearch: {self._control.live} packs, {self._control.phase}"

    def save(self, checkpoint_path: str) -> None:
        """Nothing: the ledger is the only truth, and Tune's restore is not used."""

    def restore(self, checkpoint_path: str) -> None:
        """Nothing, as for `save`."""

    def __getstate__(self) -> dict[str, Any]:
        """Tune pickles its scheduler into tuner.pkl: no ledger, no listener, no URL goes along."""
        return {}

    @contextmanager
    def _guard(self) -> Iterator[None]:
        with self._shield():
            try:
                yield
            except Exception as error:
                self._control.fail(error)


def _reason(trial: Trial) -> str:
    """The last line of what Tune noted about a pack's failure."""
    path = trial.error_file
    text = Path(path).read_text(encoding="utf-8") if path and Path(path).is_file() else ""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1] if lines else "its process died"
