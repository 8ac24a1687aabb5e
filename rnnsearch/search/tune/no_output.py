"""Keeps Tune from printing.

Tune adds a callback that prints, unless it is given one of that class; and at the end of a trial
(a pack, here) that never printed before, that callback prints whatever `verbose` says
(`ray/tune/progress_reporter.py`, 2.60). Standard output is ours. `cluster.SWITCHES` names this
class to Tune.
"""

from __future__ import annotations

from ray.tune.progress_reporter import TrialProgressCallback


class NoOutput(TrialProgressCallback):  # type: ignore[misc]
    """Stands in the printing callback's place and says nothing."""

    def on_trial_result(self, *args: object, **info: object) -> None:
        """Nothing, whatever happened."""

    on_trial_error = on_trial_complete = on_trial_result
