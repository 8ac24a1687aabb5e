"""Names and tags by which studies, trials and models are found in MLflow."""

from __future__ import annotations

STUDY = "rnnsearch.study"
STUDY_ID = "rnnsearch.study_id"
"""A random name, which keeps studies of one name apart on a shared server."""
TRIAL = "rnnsearch.trial"
KIND = "rnnsearch.kind"
"""What a run stands for: `study`, `trial` or `baseline`."""
CHAMPION = "champion"
"""The alias of the registered winner's model version."""


def registered_name(study: str) -> str:
    """The name of a study's registered model: MLflow allows neither `/` nor `:` in it."""
    return study.replace("/", "-").replace(":", "-")
