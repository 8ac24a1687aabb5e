"""How studies and trials are called in MLflow."""

from __future__ import annotations

STUDY = "rnnsearch.study"
STUDY_ID = "rnnsearch.study_id"
TRIAL = "rnnsearch.trial"
KIND = "rnnsearch.kind"
"""`study`, `trial` or `baseline`."""
CHAMPION = "champion"
"""Alias of the registered winner."""


def registered_name(study: str) -> str:
    """A study's name as a registered model: MLflow allows neither `/` nor `:` there."""
    return study.replace("/", "-").replace(":", "-")
