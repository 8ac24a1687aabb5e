"""What the driver keeps with a study, among the attributes of Optuna's study."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from typing import Any

from rnnsearch.events import ChampionChosen

NOTE = "note."
"""Before the key of each note."""
_CHAMPION = {field.name for field in fields(ChampionChosen)}


def notes_of(attributes: Mapping[str, Any]) -> dict[str, Any]:
    """The notes by their keys.

    Raises:
        TypeError: What stands there for the champion is none.
    """
    notes = {key.removeprefix(NOTE): attributes[key] for key in attributes if key.startswith(NOTE)}
    strange = set(notes.get("champion") or {}) - _CHAMPION
    if strange:
        raise TypeError(f"the champion has {', '.join(sorted(strange))}")
    return notes
