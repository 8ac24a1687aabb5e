"""Which registered version is the champion, and which the challenger."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from rnnsearch.records.contest import Contender, contest
from rnnsearch.records.names import CHALLENGER, CHAMPION, PLACED, STUDY_ID, VERDICT
from rnnsearch.records.run_store import Registered

if TYPE_CHECKING:
    from mlflow import MlflowClient
    from mlflow.entities.model_registry import ModelVersion


def place(
    client: MlflowClient, name: str, version: str, new: Contender, study_id: str
) -> Registered:
    """Give a new version the alias `champion` if it has earned it, else the alias `challenger`.

    It has where there is no champion yet, where the champion is an earlier choice of the same
    study, and where it is better on the same test data. A champion that a person named stays.
    The verdict is kept with the version, so that a second call changes nothing that a person did
    since the first.
    """
    known = client.get_model_version(name, version).tags.get(VERDICT)
    verdict = json.loads(known) if known else _verdict(client, name, version, new, study_id)
    if not known:
        client.set_model_version_tag(name, version, VERDICT, json.dumps(verdict))
    before = holder(client, name, CHAMPION)
    if verdict["alias"] == CHALLENGER:
        if not known or (before != version and holder(client, name, CHALLENGER) is None):
            client.set_registered_model_alias(name, CHALLENGER, version)
    elif not known or before in (verdict["over"] or None, version):
        crown(client, name, version)
    return Registered(f"models:/{name}/{version}", **verdict)


def crown(client: MlflowClient, name: str, version: str) -> None:
    """Give a version the alias `champion`, and note that rnnsearch has done so."""
    client.set_registered_model_alias(name, CHAMPION, version)
    client.set_registered_model_tag(name, PLACED, version)
    if holder(client, name, CHALLENGER) == version:
        client.delete_registered_model_alias(name, CHALLENGER)


def holder(client: MlflowClient, name: str, alias: str) -> str | None:
    """The version that has an alias; None where none has it."""
    version = client.get_registered_model(name).aliases.get(alias)
    return None if version is None else str(version)


def _verdict(
    client: MlflowClient, name: str, version: str, new: Contender, study_id: str
) -> dict[str, Any]:
    """The alias that a new version gets, why, and over which other version it has it."""
    over = holder(client, name, CHAMPION)
    if over is None or over == version:
        return {"alias": CHAMPION, "words": "", "over": ""}
    champion, who = client.get_model_version(name, over), f"version {over}"
    placed = client.get_registered_model(name).tags.get(PLACED)
    if placed is not None and placed != over:
        words = _words(client, champion, new, who)
        words = f"a person made {who} the champion, which stays; {words}"
        return {"alias": CHALLENGER, "words": words, "over": over}
    if _tags(client, champion).get(STUDY_ID) == study_id:
        words = f"in the place of {who}, an earlier choice of this study"
        return {"alias": CHAMPION, "words": words, "over": over}
    old = _contender(client, champion)
    if isinstance(old, str):
        words = f"{who} stays the champion: it cannot be compared, since {old}"
        return {"alias": CHALLENGER, "words": words, "over": over}
    outcome = contest(new, old, who)
    if outcome.won:
        return {"alias": CHAMPION, "words": outcome.words, "over": over}
    words = f"{who} stays the champion: {outcome.words}"
    return {"alias": CHALLENGER, "words": words, "over": over}


def _words(client: MlflowClient, champion: ModelVersion, new: Contender, who: str) -> str:
    """How a new model compares with the champion."""
    old = _contender(client, champion)
    if isinstance(old, str):
        return f"the two cannot be compared, since {old}"
    return contest(new, old, who).words


def _contender(client: MlflowClient, champion: ModelVersion) -> Contender | str:
    """A registered version as a contender, or why it is none.

    Whatever keeps its files from being read is a reason: if the store itself is away, the call
    that comes next says so, and all is asked again.
    """
    import mlflow
    from mlflow.exceptions import MlflowException
    from mlflow.models import Model

    base = f"models:/{champion.name}/{champion.version}"
    try:
        tags = _tags(client, champion)
        with TemporaryDirectory(prefix="rnnsearch-old-") as copies:
            fetch = mlflow.artifacts.download_artifacts
            model = Model.load(fetch(artifact_uri=f"{base}/MLmodel", dst_path=copies))
            inside = model.flavors["python_function"]["artifacts"]["checkpoint"]["path"]
            path = fetch(artifact_uri=f"{base}/{inside}/config.json", dst_path=copies)
            checkpoint = json.loads(Path(path).read_text(encoding="utf-8"))
        metrics = dict((model.metadata or {}).get("metrics") or {})
        checkpoint["config"]["task"]["type"]  # what is no checkpoint raises here
        return Contender(checkpoint, metrics, tags["metric"], tags["goal"])
    except (MlflowException, OSError, ValueError, LookupError, TypeError, AttributeError) as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        return f"its files or its run cannot be read ({reason})"


def _tags(client: MlflowClient, champion: ModelVersion) -> Mapping[str, str]:
    """The tags of the study's run that a version came from; empty where that is gone."""
    from mlflow.exceptions import MlflowException

    try:
        return dict(client.get_run(champion.run_id).data.tags) if champion.run_id else {}
    except MlflowException as error:
        if error.error_code != "RESOURCE_DOES_NOT_EXIST":
            raise
        return {}
