"""Give a registered version the alias `champion` because a person says so."""

from __future__ import annotations

from rnnsearch.errors import ModelError
from rnnsearch.records.names import CHAMPION
from rnnsearch.redaction import redacted, redactor


def promote(tracking_uri: str, name: str, version: str) -> str:
    """Make a version the champion of its registered model; from then on winners of studies are
    compared with it.

    Returns:
        The version that was the champion; empty where none was.

    Raises:
        ModelError: There is no such model or version, or the registry does not answer.
    """
    from mlflow import MlflowClient
    from mlflow.exceptions import MlflowException
    from sqlalchemy.exc import SQLAlchemyError

    from rnnsearch.records.mlflow.absent import absent, versions_of
    from rnnsearch.records.mlflow.aliases import crown, holder
    from rnnsearch.records.mlflow.refusals import cause

    client = MlflowClient(tracking_uri, tracking_uri)
    try:
        there = versions_of(client, name)
        if version not in there:
            lacks = f"{name} has no version {version}; it has {', '.join(there)}"
            words = lacks if there else absent(client, name)
            raise ModelError(f"{redacted(tracking_uri)}: {words}.")
        before = holder(client, name, CHAMPION)
        crown(client, name, version)
    except (MlflowException, SQLAlchemyError, OSError) as error:
        reason = redactor(tracking_uri)(cause(error))
        raise ModelError(f"MLflow at {redacted(tracking_uri)} does not do it: {reason}") from error
    return before or ""
