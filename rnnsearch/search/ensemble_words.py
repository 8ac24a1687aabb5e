"""What is said of an ensemble, from `ChampionChosen.ensemble`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rnnsearch.space.words import listed, short


def ensemble_name(ensemble: Mapping[str, Any]) -> str:
    """What it is called where trials have their names: `mean of 3 trainings`."""
    return f"mean of {len(ensemble['members'])} trainings"


def members_words(ensemble: Mapping[str, Any]) -> str:
    """Its members with their values, the best one first."""
    return listed([f"trial {one['trial']} ({short(one['value'])})" for one in ensemble["members"]])


def ensemble_words(ensemble: Mapping[str, Any]) -> str:
    """What came of it, in a sentence without a full stop; empty where none was asked for."""
    if not ensemble:
        return ""
    if not ensemble["members"]:
        return f"no ensemble: {ensemble['why']}"
    what = f"the {ensemble_name(ensemble)}, {members_words(ensemble)}"
    if ensemble["won"]:
        return f"the winner is {what}: {ensemble['why']}"
    return f"not the winner is {what}: {ensemble['why']}"
