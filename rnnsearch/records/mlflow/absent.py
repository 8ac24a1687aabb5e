"""What a registry has where an address of it leads to nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rnnsearch.commands import command
from rnnsearch.records.names import CHAMPION

if TYPE_CHECKING:
    from mlflow import MlflowClient

MODELS = "models:/"
SHOWN = 10
"""The most names of models, or numbers of versions, that are listed."""


def nothing_there(client: MlflowClient, model_uri: str) -> str:
    """Why an address like `models:/sine` leads to no version, and one that does.

    Returns:
        Empty where the address is of another kind, or leads to a version.

    Raises:
        mlflow.exceptions.MlflowException: The registry does not answer.
    """
    if not model_uri.startswith(MODELS):
        return ""
    asked = model_uri.removeprefix(MODELS)
    name, alias = asked.rsplit("@", 1) if "@" in asked else (asked, "")
    name, version = name.rsplit("/", 1) if "/" in name and not alias else (name, "")
    versions = versions_of(client, name)
    if not versions:
        return absent(client, name)
    aliases = {
        one: str(number) for one, number in client.get_registered_model(name).aliases.items()
    }
    if aliases.get(alias) in versions or version in versions:
        return ""
    lacks = f"no alias {alias!r}" if alias else f"no version {version}" if version else ""
    text = f"{name} has {lacks}" if lacks else f"{model_uri} names no version"
    best = CHAMPION if CHAMPION in aliases else next(iter(sorted(aliases)), "")
    there = f"{MODELS}{name}@{best}" if best else f"{MODELS}{name}/{versions[-1]}"
    named = ", ".join(f"{one} is {number}" for one, number in sorted(aliases.items()))
    listed = ", ".join(versions[-SHOWN:])
    return f"{text}; it has {listed}{f' ({named})' if named else ''}. Ask for {there}"


def versions_of(client: MlflowClient, name: str) -> list[str]:
    """The versions of a registered model, the oldest first; none where there is no such model."""
    quoted = name.replace("'", "''")
    known = client.search_model_versions(f"name='{quoted}'")
    return sorted((str(one.version) for one in known), key=int)


def absent(client: MlflowClient, name: str) -> str:
    """That there is no registered model of a name, and which there are."""
    models = sorted(one.name for one in client.search_registered_models())
    if not models:
        return (
            "no model is registered there yet; a study registers its winner at its end: "
            f"{command('studies')} lists studies"
        )
    more = f" and {len(models) - SHOWN} more" if len(models) > SHOWN else ""
    return f"no model {name!r} is registered there; there are {', '.join(models[:SHOWN])}{more}"
