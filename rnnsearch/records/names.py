"""Names and tags by which studies, trials and models are found in MLflow."""

from __future__ import annotations

STUDY = "rnnsearch.study"
STUDY_ID = "rnnsearch.study_id"
"""A random name, which keeps studies of one name apart on a shared server."""
TRIAL = "rnnsearch.trial"
KIND = "rnnsearch.kind"
"""What a run stands for: `study`, `trial` or `baseline`."""
NOTE = "mlflow.note.content"
"""The tag with a run's description, in Markdown."""
ENSEMBLE_WON = "ensemble_won"
"""The tag of a study's run that says whether a mean of several trainings is its champion."""
TABLES = "mlflow.loggedArtifacts"
"""The tag with a list of artifacts that are tables, by which MLflow's pages find them."""
LEADERBOARD = "leaderboard.json"
"""The file with the leaderboard, in the study's folder and among the artifacts of its run."""
FRONT = "rnnsearch.front"
"""A tag of a registered version beside a champion of several goals: its values in them, as JSON."""
CHAMPION = "champion"
"""The alias of the best registered version."""
CHALLENGER = "challenger"
"""The alias of the last registered version that is not known to be better than the champion."""
VERDICT = "rnnsearch.verdict"
"""A tag of a registered version: which alias it got and why, as JSON."""
PLACED = "rnnsearch.champion"
"""A tag of a registered model: the version that rnnsearch last gave the alias `champion`. Where
another one has it, a person moved it."""


def registered_name(study: str) -> str:
    """The name of a study's registered model, if no other was asked for: MLflow allows neither `/`
    nor `:` in it."""
    return study.replace("/", "-").replace(":", "-")
