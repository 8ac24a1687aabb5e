"""The record of how one run of a study's driver went, which is kept with the study."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class RunFigures:
    """How one run of a study's driver went.

    Attributes:
        state: How it ended: `complete`, `interrupted`, `stopped`, `budget` or `failed`.
        reason: Why it ended so, in words; empty where it is complete.
        wall_seconds: Seconds from the opening of the study to the end of its records.
        training_steps: Training steps of all trials and reruns in this run.
        trials_per_hour: How many trials ended in this run, over the time from the first report to
            the last end.
        tracking_uri: The address of the MLflow store, without secrets.
        experiment_id: The study's experiment in MLflow; None where it is not known.
        run_id: The study's run in MLflow; None where it is not known.
        champion_uri: The champion's registered model; None where it is not registered.
        champion_alias: Its alias there: `champion`, or `challenger` where another version stays the
            champion of that name; empty where an older version registered it.
        champion_words: Why, beside which other version; empty where there is none.
        champion_over: The version that was the champion before; empty where there was none.
        champion_front: Which versions are the other models of its front, in words.
        pending_records: How many records are not in MLflow yet, and are kept in the outbox.
        records_problem: Why they are not in MLflow; None where there is no problem.
        refused_records: How many records MLflow refused for good.
        records_remedy: What a person can do about the problem.
        records_commands: The shell commands of that remedy.
        champion_problem: Why the champion is not registered; empty where it is.
        champion_before: The earlier champion that is registered instead; empty where there is none.
        started: When the study was opened, Unix time.
        first_report_seconds: Seconds from the opening of the study to the first finished epoch.
        sampler_seconds: Processor time of proposals.
        driver_seconds: Processor time of decisions, ledger, records and screen.
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
    champion_alias: str = ""
    champion_words: str = ""
    champion_over: str = ""
    champion_front: str = ""
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
