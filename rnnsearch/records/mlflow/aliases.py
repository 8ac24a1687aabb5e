"""Which registered version is the champion, and which the challenger."""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rnnsearch.records.contest import Contender, contest
from rnnsearch.records.mlflow.old_champion import contender, scored, tags_of
from rnnsearch.records.names import CHALLENGER, CHAMPION, PLACED, STUDY_ID, VERDICT
from rnnsearch.records.run_store import Registered

if TYPE_CHECKING:
    from mlflow import MlflowClient
    from mlflow.entities.model_registry import ModelVersion


def place(
    client: MlflowClient, name: str, version: str, new: Contender, folder: Path, study_id: str
) -> Registered:
    """Give a new version the alias `champion` if it has earned it, else the alias `challenger`.

    It has where there is no champion yet, where the champion is an earlier choice of the same
    study, and where it is better on the same test data. A champion that a person named stays.
    The verdict is kept with the version, so that a second call changes nothing that a person did
    since the first.

    Args:
        folder: The checkpoint of the new version, on this machine.
    """
    known = client.get_model_version(name, version).tags.get(VERDICT)
    verdict = json.loads(known) if known else _verdict(client, name, version, new, folder, study_id)
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
    client: MlflowClient, name: str, version: str, new: Contender, folder: Path, study_id: str
) -> dict[str, Any]:
    """The alias that a new version gets, why, and over which other version it has it."""
    over = holder(client, name, CHAMPION)
    if over is None or over == version:
        return {"alias": CHAMPION, "words": "", "over": ""}
    champion, who = client.get_model_version(name, over), f"version {over}"
    placed = client.get_registered_model(name).tags.get(PLACED)
    if placed is not None and placed != over:
        words = _words(client, champion, new, folder, who)
        words = f"a person made {who} the champion, which stays; {words}"
        return {"alias": CHALLENGER, "words": words, "over": over}
    if tags_of(client, champion).get(STUDY_ID) == study_id:
        words = f"in the place of {who}, an earlier choice of this study"
        return {"alias": CHAMPION, "words": words, "over": over}
    old = contender(client, champion)
    if isinstance(old, str):
        words = f"{who} stays the champion: it cannot be compared, since {old}"
        return {"alias": CHALLENGER, "words": words, "over": over}
    outcome = contest(new, old, who, partial(scored, champion, folder))
    if outcome.won:
        return {"alias": CHAMPION, "words": outcome.words, "over": over}
    words = f"{who} stays the champion: {outcome.words}"
    return {"alias": CHALLENGER, "words": words, "over": over}


def _words(
    client: MlflowClient, champion: ModelVersion, new: Contender, folder: Path, who: str
) -> str:
    """How a new model compares with the champion."""
    old = contender(client, champion)
    if isinstance(old, str):
        return f"the two cannot be compared, since {old}"
    return contest(new, old, who, partial(scored, champion, folder)).words
