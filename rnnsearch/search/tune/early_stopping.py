"""The Tune `TrialScheduler`, which hands each pack's report to the control and its answer back.

What Tune calls a trial is a pack here. No hook may raise, since an exception would end Tune's loop
without calling our other hooks. The first error is remembered instead, the packs are stopped at
their next reports, and `run_search` raises it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import ray
from ray.exceptions import GetTimeoutError, RayError
from ray.tune.experiment import Trial
from ray.tune.schedulers import TrialScheduler

from rnnsearch.search.control import Control
from rnnsearch.search.tune.pack_trainable import REPORT


class LeftBehind(BaseException):
    """Raised to leave Tune's loop, which catches `Exception`, when packs do not stop in time."""


def failure_of(sent: Any) -> str:
    """Why an update failed in a pack's process, by Ray's answer to it; empty where it did not, or
    where there is no answer yet."""
    if sent is None:
        return ""
    try:
        ray.get(sent, timeout=0)
    except GetTimeoutError:
        return ""
    except RayError as error:
        return _last_line(str(error))
    return ""


class EarlyStopping(TrialScheduler):  # type: ignore[misc]  # Ray ships no complete types
    """Runs packs in the order in which they were suggested; the control decides about trials.

    Args:
        shield: Makes a context in which a second interrupt has to wait; it is held around
            everything that writes.
        kill: Ends a worker process without asking it.
        look: Called in each turn of Tune's loop with the number of packs that Ray has given no
            place yet.
        node_died: Whether a node of Ray's is gone.
        failure: Why an update failed in a pack's process, by the answer to it.
    """

    def __init__(
        self,
        control: Control,
        shield: Callable[[], Any],
        kill: Callable[[Any], None] = ray.kill,
        look: Callable[[int], None] = lambda pending: None,
        node_died: Callable[[str], bool] = lambda node_id: False,
        failure: Callable[[Any], str] = failure_of,
    ) -> None:
        super().__init__()
        self._kill = kill
        self._look = look
        self._node_died = node_died
        self._failure = failure
        self._control = control
        self._shield = shield
        self._actors: dict[str, Any] = {}
        self._sent: dict[str, Any] = {}
        """The answers to the last update of each pack, which tell whether it failed there."""

    def kill_packs(self) -> None:
        """End the worker processes of packs that still live."""
        for actor in self._actors.values():
            self._kill(actor)
        self._actors.clear()

    def on_trial_add(self, tune_controller: Any, trial: Trial) -> None:
        """Nothing: the searcher has opened the account of the pending pack."""

    def on_trial_result(self, tune_controller: Any, trial: Trial, result: dict[str, Any]) -> str:
        update = None
        actor = trial.temporary_state.ray_actor
        self._actors[trial.trial_id] = actor
        with self._guard():
            sent = self._sent.pop(trial.trial_id, None)
            update = self._control.take(
                trial.trial_id, result[REPORT][0], lambda: self._failure(sent)
            )
            if update is not None:
                self._sent[trial.trial_id] = actor.update.remote(update)
        result[REPORT].clear()  # Tune keeps this list in memory as the pack's last result
        return str(TrialScheduler.STOP if update is None else TrialScheduler.CONTINUE)

    def on_trial_error(self, tune_controller: Any, trial: Trial) -> None:
        self._forget(trial)
        with self._guard():
            book = self._control.fleet.books.get(trial.trial_id)
            node_died = book is not None and self._node_died(book.node_id)
            self._control.lose_pack(trial.trial_id, _reason(trial), node_died=node_died)

    def on_trial_complete(self, tune_controller: Any, trial: Trial, result: dict[str, Any]) -> None:
        self._forget(trial)
        with self._guard():
            self._control.lose_pack(trial.trial_id, None)

    def on_trial_remove(self, tune_controller: Any, trial: Trial) -> None:
        with self._guard():
            self._control.lose_pack(trial.trial_id, None)

    def choose_trial_to_run(self, tune_controller: Any) -> Trial | None:
        """The next pending pack. Tune asks in each turn of its loop, so control is polled here."""
        with self._guard():
            self._control.poll()
            for trial_id in self._control.lose_hung():
                # Tune notices that the worker died, and reports a pack that is given up already.
                self._kill(self._actors.pop(trial_id))
            # Ray tells it nowhere else; pyproject.toml holds Ray to this release.
            self._look(tune_controller._actor_manager.num_pending_actors)
        if self._control.overdue():
            raise LeftBehind
        pending = None
        for trial in list(tune_controller.get_live_trials()):
            if trial.status != Trial.PENDING:
                continue
            if self._control.unneeded(trial.trial_id):
                # Tune makes a trial's folder when it starts, and at the end of the run it asks
                # every trial for it, those too that never started.
                trial.init_local_path()
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
        """Nothing: Tune pickles its scheduler into `tuner.pkl`, where no ledger or URL may lie."""
        return {}

    def _forget(self, trial: Trial) -> None:
        self._actors.pop(trial.trial_id, None)
        self._sent.pop(trial.trial_id, None)

    @contextmanager
    def _guard(self) -> Iterator[None]:
        """A context for a hook's work, whose error goes to the control instead of to Tune."""
        with self._shield():
            try:
                yield
            except Exception as error:
                self._control.fail(error)


_OURS = re.compile(r"^rnnsearch\.errors\.\w+: ")


def _reason(trial: Trial) -> str:
    """The last line of what Tune noted about a pack's failure."""
    path = trial.error_file
    text = Path(path).read_text(encoding="utf-8") if path and Path(path).is_file() else ""
    return _last_line(text) or "its process died"


def _last_line(text: str) -> str:
    last = next((line.strip() for line in reversed(text.splitlines()) if line.strip()), "")
    # What is an error of this project's has been put in words for whoever reads it.
    return _OURS.sub("", last)
