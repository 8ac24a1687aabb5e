"""What the driver keeps with a study beside its trials.

The notes are one record. Each of its fields is a user attribute of Optuna's study: its key is
`note.` and the field's name, or the name in `_STORED_AS`, and its value is JSON.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields
from functools import cache
from typing import Any, get_type_hints

from pydantic import ConfigDict, TypeAdapter, ValidationError

from rnnsearch.events import ChampionChosen, ChampionMark, with_tuples
from rnnsearch.search.ledger.environment import Environment
from rnnsearch.search.ledger.finished import Finished
from rnnsearch.search.ledger.run_figures import RunFigures
from rnnsearch.search.ledger.warm_start import WarmStart
from rnnsearch.tasks.base import Score
from rnnsearch.tasks.fingerprint import Fingerprint

_NOTE = "note."


class UnknownNoteError(ValueError):
    """There is a note that this version of rnnsearch does not know; a newer one wrote it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Notes:
    """The notes of a study; those that change together are written in the order of the fields.

    A finalist's training is named by trial and seed, such as `7:123`.

    Attributes:
        tracking_uri: The MLflow store of the records, without secrets; None before the first run.
        experiment: The name of its experiment there, `experiment_id` its id, where a variable chose
            it; both empty for the one of the study's own name.
        record: Which trials have runs of their own there: `all`, `top:N` or `none`.
        sinks: Where they go beside MLflow: what was given, by the name of the option.
        data: Fingerprints by path of the data that the study was started on; None where an older
            version started it.
        origin: What a person must know of where the study comes from.
        data_notes: What a person must know of its data, such as a missing held-out part.
        sampler_notes: What a person must know of its sampler, such as which one `auto` took, and
            what came from another study to teach it.
        tie_break: The task's own loss, which parts trials that are equal in the study's metric.
        labels: How people read the names of metrics that stand for columns or series of theirs;
            empty in older studies.
        baselines: Scored on the study's own data.
        finalist_losses: The task's own loss of each finalist's training, where it is known.
        finalist_violations: How far each finalist's training is beyond the study's constraints,
            where it breaks one.
        finalists: The study's metric of each finalist's training, infinite where it diverged.
        announced_finalists: The finalists whose scores the listener has heard.
        tested: Metrics on the test part by model, so that no model is scored there twice.
        champion: The champion, as it was scored.
        announced_champion: Which champion the listener has heard of.
        settled: Why the last run of the driver gave up its trials.
        run: How the last run of the driver went.
        pack_seconds: How long the packs of all runs lived, from their first reports on.
        warm_start: What came from another study to teach the sampler; None where nothing did.
        environments: What the drivers ran with, in their order; one that ran with the same as the
            one before it is left out. Empty in older studies.
        finish_stopped: How many of the stopped trials shall be trained to the end after the search.
        finished_stopped: By trial number, how those ended that were.
        announced_finished: Of which of these the listener has heard.
        extended: Of a deterministic study, the number of trials that it should have before each
            time that it was extended.
        extended_at: The number of the first trial of the last extension; 0 where there was none.
    """

    tracking_uri: str | None = None
    experiment: str = ""
    experiment_id: str = ""
    record: str = "all"
    sinks: Mapping[str, str] = field(default_factory=dict)
    data: Mapping[str, Fingerprint] | None = None
    origin: Sequence[str] = ()
    data_notes: Sequence[str] = ()
    sampler_notes: Sequence[str] = ()
    tie_break: str = ""
    labels: Mapping[str, str] = field(default_factory=dict)
    baselines: Sequence[Score] = ()
    finalist_losses: Mapping[str, float | None] = field(default_factory=dict)
    finalist_violations: Mapping[str, float] = field(default_factory=dict)
    finalists: Mapping[str, float] = field(default_factory=dict)
    announced_finalists: Sequence[int] = ()
    tested: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    champion: ChampionChosen | None = None
    announced_champion: ChampionMark | None = None
    settled: str = ""
    run: RunFigures | None = None
    pack_seconds: float = 0.0
    environments: Sequence[Environment] = ()
    warm_start: WarmStart | None = None
    finish_stopped: int = 0
    finished_stopped: Mapping[int, Finished] = field(default_factory=dict)
    announced_finished: Sequence[int] = ()
    extended: Sequence[int] = ()
    extended_at: int = 0

    @property
    def remarks(self) -> tuple[str, ...]:
        """What a person must know of the study, whatever came of it."""
        return (*self.origin, *self.data_notes, *self.sampler_notes)


_STORED_AS = {"announced_finalists": "finalists_told", "announced_champion": "champion_told"}
"""The names that fields have in a ledger, of those that are stored under another name."""
_FIELDS = {_STORED_AS.get(field.name, field.name): field.name for field in fields(Notes)}
"""Every field of the notes, by the name that it has in a ledger."""


def notes_of(attributes: Mapping[str, Any]) -> Notes:
    """The notes among a study's attributes; one that is missing, or null, has its default.

    Raises:
        UnknownNoteError: There is a note, or a field of one, that this version does not know.
        ValueError: A note makes no sense.
    """
    noted = {
        key.removeprefix(_NOTE): value for key, value in attributes.items() if key.startswith(_NOTE)
    }
    if unknown := sorted(noted.keys() - _FIELDS.keys()):
        raise UnknownNoteError(", ".join(unknown))
    values = {
        _FIELDS[stored]: _read(stored, value)
        for stored, value in noted.items()
        if value is not None
    }
    champion = noted.get("champion")
    if champion and "unfinished" not in champion and "champion_told" not in noted:
        # An older version told the listener before it noted the champion, and noted no mark.
        values["announced_champion"] = values["champion"].mark
    return Notes(**values)


def changed(before: Notes, after: Notes) -> Iterator[tuple[str, Any]]:
    """The study attributes, by key and JSON value, of the notes that differ between the two."""
    for stored, name in _FIELDS.items():
        value = getattr(after, name)
        if value != getattr(before, name):
            # `warnings=False` lets numpy's numbers pass; JSON refuses what it cannot hold.
            yield _NOTE + stored, _adapter(name).dump_python(value, mode="json", warnings=False)


def _read(stored: str, value: Any) -> Any:
    """The value of a note from its JSON; the errors are those of `notes_of`.

    Args:
        stored: The name that the note's field has in a ledger.
    """
    try:
        return _adapter(_FIELDS[stored]).validate_python(with_tuples(value))
    except ValidationError as error:
        wrong = [(".".join([stored, *map(str, one["loc"])]), one) for one in error.errors()]
        if all(one["type"] == "unexpected_keyword_argument" for _, one in wrong):
            raise UnknownNoteError(", ".join(place for place, _ in wrong)) from error
        raise ValueError("; ".join(f"{place}: {one['msg']}" for place, one in wrong)) from error


@cache
def _adapter(name: str) -> TypeAdapter[Any]:
    kinds = get_type_hints(Notes)
    return TypeAdapter(kinds[name], config=ConfigDict(extra="forbid"))
