"""The Tune `Searcher`: hands out packs, not trials."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ray.tune.search import Searcher

from rnnsearch.search.control import Control


class PackSearcher(Searcher):  # type: ignore[misc]  # Ray ships no complete types
    """Suggests a pack whenever one has a place and something to do.

    Tune latches FINISHED: no pack replaces a dead one after it, so it is returned only when
    nothing is queued or aboard. With no live pack Tune blocks on None for 600 s, so None is
    returned only while a pack lives.

    Args:
        settings: The same for every pack; plain values, since Tune copies and pickles them.
    """

    def __init__(self, control: Control, settings: Mapping[str, Any]) -> None:
        super().__init__()
        self._control = control
        self._settings = dict(settings)

    def suggest(self, trial_id: str) -> dict[str, Any] | str | None:
        control = self._control
        wanted = False
        try:
            wanted = control.wants_pack()
        except Exception as error:
            control.fail(error)
        if wanted:
            return {"pack": control.open_pack(trial_id), "settings": self._settings}
        if control.live:
            return None
        return str(Searcher.FINISHED)

    def on_trial_complete(
        self, trial_id: str, result: dict[str, Any] | None = None, error: bool = False
    ) -> None:
        """The scheduler's hooks have handed the pack's trials back already."""

    def save(self, checkpoint_path: str) -> None:
        """Nothing: the ledger is the only truth, and Tune's restore is not used."""

    def restore(self, checkpoint_path: str) -> None:
        """Nothing, as for `save`."""

    def save_to_dir(self, checkpoint_dir: str, session_str: str = "default") -> None:
        """Nothing, as for `save`."""

    def get_state(self) -> dict[str, Any]:
        return {}

    def __getstate__(self) -> dict[str, Any]:
        """Tune pickles its searcher into tuner.pkl: no ledger, no listener, no URL goes along."""
        return {}
