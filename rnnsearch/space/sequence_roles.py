"""What a column of a table of sequences may be, by its name: the answer, the id, the text."""

from __future__ import annotations

from collections.abc import Iterable

from rnnsearch.space.roles import called_time, words_of
from rnnsearch.tasks.files.survey import Column

SURE_LABELS = {"label", "labels", "class", "classes", "tag", "tags", "target", "targets", "y"}
"""Words in names of columns that hold answers."""

_LABELS = {
    *SURE_LABELS,
    *("activity", "state", "speaker", "gesture", "emotion", "sentiment", "diagnosis", "digit"),
    *("language", "lang", "genre", "species", "status", "outcome", "result", "score", "rating"),
    *("grade", "stars", "rul", "life", "lifetime", "ttf", "age", "category", "categories", "topic"),
    *("intent", "phase", "fault", "failure", "mode", "behavior", "behaviour", "kind", "type"),
    *("output", "answer", "quality", "toxic", "spam", "is", "has"),
}

_IDS = {
    *("id", "uid", "uuid", "utt", "utterance", "sequence", "seq", "subject", "person", "patient"),
    *("trial", "run", "recording", "record", "file", "filename", "session", "sample", "engine"),
    *("unit", "case", "series", "user", "walk", "track", "trajectory", "episode", "clip", "video"),
    *("sentence", "group", "participant", "machine", "device", "sensor", "instance", "example"),
    *("experiment", "flight", "trip", "battery", "cell", "animal", "game", "battle", "nr", "no"),
}

PANELS = {
    *("store", "shop", "item", "sku", "product", "ticker", "symbol", "station", "meter", "country"),
    *("region", "city", "site", "zone", "building", "household", "customer", "asset", "channel"),
    *("branch", "plant", "family", "dept", "department", "location"),
}
"""Words in names of ids of series that are forecast."""

_TEXTS = {
    *("text", "texts", "sentence", "review", "comment", "message", "tweet", "title", "headline"),
    *("description", "content", "body", "document", "question", "utterance", "name", "surname"),
    *("word", "phrase", "smiles", "dna", "rna", "protein", "peptide", "url", "query", "transcript"),
    *("sequence", "string", "formula", "abstract", "subject", "summary"),
}

_TIMES = {
    *("frame", "cycle", "second", "seconds", "sec", "ms", "tick", "position", "pos", "order"),
    *("timestep", "idx", "i", "k", "n", "token", "minute", "hour", "offset", "millis", "sample"),
}


def is_label(name: str) -> bool:
    """Whether a column's name is usual for answers."""
    return bool(set(words_of(name)) & _LABELS)


def is_sure_label(name: str) -> bool:
    """Whether a column's name says that it holds answers."""
    return bool(set(words_of(name)) & SURE_LABELS)


def is_id(name: str) -> bool:
    """Whether a column's name is usual for what tells sequences apart."""
    return bool(set(words_of(name)) & (_IDS | PANELS))


def is_text(name: str) -> bool:
    """Whether a column's name is usual for texts."""
    return bool(set(words_of(name)) & _TEXTS)


def times_among(columns: Iterable[Column]) -> list[str]:
    """Columns that may order the time steps of a sequence, the likeliest first."""
    every = list(columns)
    dated = [one.name for one in every if one.kind in ("time", "clock")]
    numbers = [one.name for one in every if one.kind == "number"]
    called = [name for name in numbers if called_time(name) or set(words_of(name)) & _TIMES]
    return [*dated, *called]
