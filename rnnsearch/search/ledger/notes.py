"""What the driver keeps with a study beside its trials: a record, of which each field is a note.

A note is an attribute of Optuna's study: `note.` before the field's name, and a JSON value.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields
from functools import cache
from typing import Any, get_type_hints

from pydantic import ConfigDict, TypeAdapter, ValidationError

from rnnsearch.events import ChampionChosen, ChampionMark, with_tuples
from rnnsearch.search.ledger.run_figures import RunFigures
from rnnsearch.tasks.base import Score
from rnnsearch.tasks.fingerprint import Fingerprint

_NOTE = "note."


class UnknownNoteError(ValueError):
    """A newer version of rnnsearch noted what this one does not know."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Notes:
    """The notes of a study; those that change together are written in the order of the fields.

    Attributes:
        tracking_uri: Where the records go, without secrets; None before the first run.
        sinks: Where they go beside MLflow: what was given, by the name of the option.
        data: Fingerprints of what the study was started on, by path; None where nobody noted them.
        origin: What a person must know of where the study comes from.
        data_notes: What a person must know of its data, such as a missing held-out part.
        tie_break: The task's own loss, which parts trials that are equal in the study's metric.
        baselines: Scored on the study's own data.
        finalist_losses: The task's own loss of each finalist's training, as far as it is known,
            by trial and seed: `7:123`.
        finalists: The study's metric of them, infinite for one that diverged.
        finalists_told: Trials whose scores the listener has heard.
        tested: Metrics of the test part by model, so that none is scored there twice.
        champion: The winner, as it was scored.
        champion_told: Which champion the listener has heard of.
        settled: Why the last run of the driver let go of its trials.
        run: How the last run of the driver went.
    """

    tracking_uri: str | None = None
    sinks: Mapping[str, str] = field(default_factory=dict)
    data: Mapping[str, Fingerprint] | None = None
    origin: Sequence[str] = ()
    data_notes: Sequence[str] = ()
    tie_break: str = ""
    baselines: Sequence[Score] = ()
    finalist_losses: Mapping[str, float | None] = field(default_factory=dict)
    finalists: Mapping[str, float] = field(default_factory=dict)
    finalists_told: Sequence[int] = ()
    tested: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    champion: ChampionChosen | None = None
    champion_told: ChampionMark | None = None
    settled: str = ""
    run: RunFigures | None = None


_NAMES = tuple(field.name for field in fields(Notes))


def notes_of(attributes: Mapping[str, Any]) -> Notes:
    """The notes among a study's attributes; one that is missing, or null, has its default.

    Raises:
        UnknownNoteError: There is a note, or a field of one, that this version does not know.
        ValueError: A note makes no sense.
    """
    noted = {
        key.removeprefix(_NOTE): value for key, value in attributes.items() if key.startswith(_NOTE)
    }
    if unknown := sorted(noted.keys() - set(_NAMES)):
        raise UnknownNoteError(", ".join(unknown))
    found = {name: _read(name, noted[name]) for name in noted if noted[name] is not None}
    champion = noted.get("champion")
    if champion and "unfinished" not in champion and "champion_told" not in noted:
        # An older version told before it noted, and kept no mark of it.
        found["champion_told"] = found["champion"].mark
    return Notes(**found)


def changed(before: Notes, after: Notes) -> Iterator[tuple[str, Any]]:
    """The attributes that make the notes of `before` those of `after`."""
    for name in _NAMES:
        value = getattr(after, name)
        if value != getattr(before, name):
            # A number of numpy's goes as what it is; JSON refuses what it cannot hold.
            yield _NOTE + name, _adapter(name).dump_python(value, mode="json", warnings=False)


def _read(name: str, value: Any) -> Any:
    try:
        return _adapter(name).validate_python(with_tuples(value))
    except ValidationError as error:
        wrong = [(".".join([name, *map(str, one["loc"])]), one) for one in error.errors()]
        if all(one["type"] == "unexpected_keyword_argument" for _, one in wrong):
            raise UnknownNoteError(", ".join(place for place, _ in wrong)) from error
        said = "; ".join(f"{place}: {one['msg']}" for place, one in wrong)
        raise ValueError(said) from error


@cache
def _adapter(name: str) -> TypeAdapter[Any]:
    kinds = get_type_hints(Notes)
    return TypeAdapter(kinds[name], config=ConfigDict(extra="forbid"))
