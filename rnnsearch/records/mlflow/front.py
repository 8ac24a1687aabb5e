"""Register the other models of a front beside its champion, without an alias."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rnnsearch.errors import ModelError
from rnnsearch.records.mlflow.champion import EVENT, log, logged_before, read_config, version_of
from rnnsearch.records.mlflow.inputs import description
from rnnsearch.records.names import FRONT, STUDY, STUDY_ID, TRIAL
from rnnsearch.records.run_store import Registering
from rnnsearch.tasks.families import use_of_checkpoint

if TYPE_CHECKING:
    from mlflow import MlflowClient

STEP = 0
"""The step at which these models are logged: a study's run has no metrics there, so MLflow gives
them none that are the champion's."""


def register_front(
    client: MlflowClient,
    study_id: str,
    front: Sequence[Mapping[str, Any]],
    under: Registering,
) -> str:
    """Register models as further versions of the champion's name, with their values in the goals.

    A second call for the same event makes none twice. One whose files are gone is left out.

    Args:
        front: `number`, `path` of the checkpoint and `values` of each.

    Returns:
        Which versions they are, in words; empty where there are none.

    Raises:
        mlflow.exceptions.MlflowException: The server refuses, or does not answer.
    """
    versions, missing = [], []
    for member in front:
        number, values = int(member["number"]), json.dumps(dict(member["values"]))
        mark = f"{under.sequence}:{number}"
        try:
            config = read_config(Path(member["path"]))
        except ModelError:
            missing.append(str(number))
            continue
        model_id = logged_before(client, under, mark) if under.replayed else None
        if model_id is None:
            tags = {STUDY: under.study, STUDY_ID: study_id, TRIAL: str(number), EVENT: mark}
            told = {"trial": number, "front": dict(member["values"])}
            model_id = log(
                Path(member["path"]), config, under.run_id, {**tags, FRONT: values}, told, STEP
            )
        reads = description(use_of_checkpoint(config).signature())
        shown = ", ".join(f"{name} {value:.6g}" for name, value in member["values"].items())
        text = f"Trial {number} of the front: {shown}.\n\n{reads}"
        version = version_of(client, under.name, model_id, under.run_id, text)
        client.set_model_version_tag(under.name, version, FRONT, values)
        versions.append(version)
    words = []
    if versions:
        words.append(f"the front, as version{'s' * (len(versions) > 1)} {', '.join(versions)}")
    if missing:
        words.append(f"without files, so not registered: trials {', '.join(missing)}")
    return "; ".join(words)
