"""The Tune `Searcher`, which suggests packs rather than single trials."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ray.tune.search import Searcher

from rnnsearch.search.control import Control


class PackSearcher(Searcher):  # type: ignore[misc]  # Ray ships no complete types
    """Suggests a pack whenever there is a place for one, and something for it to do.

    After FINISHED Tune never asks again, so no dead pack would be replaced: it is returned only
    when nothing is queued or aboard. If no pack lives, Tune waits 600 s after None, so that is
    returned only while one lives.

    Args:
        config: Gives what a pack is started with, by whether it is one that asks for no GPU where
            the others do: plain values, since Tune copies and pickles them.
    """

    def __init__(self, control: Control, config: Callable[[bool], Mapping[str, Any]]) -> None:
        super().__init__()
        self._control = control
        self._config = config

    def suggest(self, trial_id: str) -> dict[str, Any] | str | None:
        control = self._control
        wants_pack = False
        try:
            wants_pack = control.wants_pack()
        except Exception as error:
            control.fail(error)
        if wants_pack:
            name = control.open_pack(trial_id)
            return {"pack": name, **self._config(control.fleet.books[trial_id].plain)}
        if control.live:
            return None
        return str(Searcher.FINISHED)

    def on_trial_complete(
        self, trial_id: str, result: dict[str, Any] | None = None, error: bool = False
    ) -> None:
        """Nothing: the scheduler's hooks have taken back what the pack held."""

    def save(self, checkpoint_path: str) -> None:
        """Nothing: the ledger is the only truth, and Tune's restore is not used."""

    def restore(self, checkpoint_path: str) -> None:
        """Nothing, as for `save`."""

    def save_to_dir(self, checkpoint_dir: str, session_str: str = "default") -> None:
        """Nothing, as for `save`."""

    def get_state(self) -> dict[str, Any]:
        return {}

    def __getstate__(self) -> dict[str, Any]:
        """Nothing: Tune pickles its searcher into `tuner.pkl`, where no ledger or URL may lie."""
        return {}
