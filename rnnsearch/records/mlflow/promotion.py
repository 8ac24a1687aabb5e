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

    from rnnsearch.records.mlflow.aliases import crown, holder

    client = MlflowClient(tracking_uri, tracking_uri)
    try:
        quoted = name.replace("'", "''")
        there = sorted(
            (str(one.version) for one in client.search_model_versions(f"name='{quoted}'")), key=int
        )
        if version not in there:
            models = [one.name for one in client.search_registered_models()]
            raise ModelError(_absent(name, version, there, models, redacted(tracking_uri)))
        before = holder(client, name, CHAMPION)
        crown(client, name, version)
    except (MlflowException, SQLAlchemyError, OSError) as error:
        reason = redactor(tracking_uri)(str(error).splitlines()[0])
        raise ModelError(f"{redacted(tracking_uri)} does not do it: {reason}") from error
    return before or ""


def _absent(name: str, version: str, there: list[str], models: list[str], store: str) -> str:
    """What there is in the place of a version that is not there."""
    if there:
        return f"{name} has no version {version} in {store}; it has {', '.join(there)}."
    known = f"there are {', '.join(models)}" if models else "there is none"
    return f"{store} has no registered model {name!r}; {known}."
