"""Keeps Ray Tune from printing.

Tune adds a callback that prints, unless it has one of that class already. At the end of a pack that
has not printed before, that callback prints whatever `verbose` says
(`ray/tune/progress_reporter.py`, 2.60). `cluster.SWITCHES` names the class here to Tune, so that it
takes this one.

In a notebook Tune's reporter clears what the cell has shown so far (`clear_output` in the same
file); `tuner` gives it another.
"""

from __future__ import annotations

from ray.tune.progress_reporter import ProgressReporter, TrialProgressCallback


class NoOutput(TrialProgressCallback):  # type: ignore[misc]
    """Takes the place of the printing callback, and prints nothing."""

    def on_trial_result(self, *args: object, **info: object) -> None:
        """Print nothing."""

    on_trial_error = on_trial_complete = on_trial_result


class NoReport(ProgressReporter):  # type: ignore[misc]
    """Takes the place of the reporter for terminals or notebooks, and shows nothing."""

    def should_report(self, *args: object, **info: object) -> bool:
        """Never."""
        return False

    def report(self, *args: object) -> None:
        """Show nothing; the last report comes whatever `should_report` says."""
