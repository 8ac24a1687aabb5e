"""How one run of a study's driver went, as it is kept with the study."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class RunFigures:
    """How one run of the driver went.

    Attributes:
        state: `complete`, `interrupted`, `stopped`, `budget` or `failed`, and `reason` why.
        wall_seconds: From the opening of the study to the end of its records.
        training_steps: Optimizer steps of all trials in this run, finalists included.
        trials_per_hour: Trials that ended in this run, over the time from the first report to
            the last end.
        first_report_seconds: From the opening of the study to the first finished epoch.
        sampler_seconds: Processor time of proposals, beside `driver_seconds`: that of decisions,
            ledger, records and screen.
        tracking_uri: Where the records are, without secrets.
        champion_uri: The winner's registered model; None where it is not registered. Then
            `champion_problem` says why, and `champion_before` what is registered instead.
        pending_records: Not in MLflow, and kept in the outbox; `refused_records` are left out for
            good. `records_problem` says why, `records_remedy` and the shell's `records_commands`
            what a person can do.
        pack_utilisation: Processor time of the packs over the core-seconds that they had, from
            the first report to the last refill; None where nothing was refilled.
    """

    state: str
    reason: str
    wall_seconds: float
    training_steps: int
    trials_per_hour: float
    tracking_uri: str
    experiment_id: str | None = None
    run_id: str | None = None
    champion_uri: str | None = None
    pending_records: int = 0
    records_problem: str | None = None
    refused_records: int = 0
    records_remedy: str = ""
    records_commands: Sequence[str] = ()
    champion_problem: str = ""
    champion_before: str = ""
    started: float = 0.0
    first_report_seconds: float | None = None
    sampler_seconds: float = 0.0
    driver_seconds: float = 0.0
    pack_utilisation: float | None = None
