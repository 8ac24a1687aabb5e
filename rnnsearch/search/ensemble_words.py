"""What is said of an ensemble, from `ChampionChosen.ensemble`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rnnsearch.space.words import listed, short


def ensemble_name(ensemble: Mapping[str, Any]) -> str:
    """What it is called where trials have their names: `mean of 3 trainings`."""
    return f"mean of {len(ensemble['members'])} trainings"


def members_words(ensemble: Mapping[str, Any]) -> str:
    """Its members with their values by trial, that of the best one first."""
    values: dict[int, list[str]] = {}
    for one in ensemble["members"]:
        values.setdefault(one["trial"], []).append(short(one["value"]))
    return listed(
        [
            f"trial {number} ({each[0]})"
            if len(each) == 1
            else f"trial {number} with {len(each)} seeds ({listed(each)})"
            for number, each in values.items()
        ]
    )


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
