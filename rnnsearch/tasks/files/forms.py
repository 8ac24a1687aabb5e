"""How the columns that a task reads are written, found from all rows before any is read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from rnnsearch.errors import DataError
from rnnsearch.tasks.files.blocks import (
    batches,
    column_names,
    no_rows,
    place_of,
    schema,
    without_blank_rows,
)
from rnnsearch.tasks.files.columns import family, in_words, texts
from rnnsearch.tasks.files.opened import is_parquet
from rnnsearch.tasks.files.written.joined import JoinedForm, joined
from rnnsearch.tasks.files.written.number_evidence import NumberEvidence
from rnnsearch.tasks.files.written.numbers import NumberForm
from rnnsearch.tasks.files.written.time_evidence import TimeEvidence
from rnnsearch.tasks.files.written.times import TimeForm

SAMPLE = 5000
"""How many of the first rows `Sample` looks at."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """The columns that are read of a table, and what the user said of their cells.

    Attributes:
        numbers: Columns that are read as numbers.
        time: No column, one, or several that hold the time together.
        id: The column that tells series apart, if any.
        decimal: The decimal sign that the user named; None leaves it to the cells.
        date_format: `dmy`, `mdy`, `ymd` or a pattern of strptime that the user named; None leaves
            it to the cells.
        empty_values: Numbers that mean an empty cell.
        dividing: The column that says to which part each row belongs, if any.
        coded: Columns that are read as texts, of which each row has the number of its own.
        codable: Those of `numbers` that could be read so too, for a message.
    """

    numbers: tuple[str, ...] = ()
    time: tuple[str, ...] = ()
    id: str | None = None
    decimal: str | None = None
    date_format: str | None = None
    empty_values: tuple[float, ...] = ()
    dividing: str | None = None
    coded: tuple[str, ...] = ()
    codable: tuple[str, ...] = ()

    @property
    def columns(self) -> tuple[str, ...]:
        texts = tuple(name for name in (self.id, self.dividing) if name is not None)
        return tuple(dict.fromkeys((*self.numbers, *self.time, *texts, *self.coded)))

    def place(self, path: Path, row: int | None) -> str:
        """The place of a row for a message; the path alone where `row` is None.

        Args:
            row: Counted from 0, among the rows that are read.
        """
        if row is None:
            return str(path)
        return place_of(path, row, self.columns, bool(self.time))


@dataclass(frozen=True, slots=True)
class Forms:
    """How the cells of a table are read.

    Attributes:
        numbers: By column, how its texts are read as numbers; a column without an entry holds plain
            numbers.
        time: How the time is read; None without a time.
        notes: Sentences for a person about how cells are read.
    """

    numbers: dict[str, NumberForm] = field(default_factory=dict)
    time: JoinedForm | None = None
    notes: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """JSON values that a model keeps, to read rows as those of training were read."""
        return {
            "numbers": {name: form.to_json() for name, form in self.numbers.items()},
            "time": None if self.time is None else self.time.to_json(),
        }

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> Forms:
        numbers = {name: NumberForm.from_json(form) for name, form in values["numbers"].items()}
        return cls(
            numbers, None if values["time"] is None else JoinedForm.from_json(values["time"])
        )


def plain_forms(path: Path, wanted: Wanted) -> Forms | None:
    """The forms of a table whose first rows Arrow's own readers can read, or None.

    These read numbers with a decimal point and dates such as 2024-12-31, and are several times
    faster than reading by form. Later rows may still be written in another way.
    """
    if is_parquet(path) or wanted.empty_values:
        return None
    sample = Sample(path)
    if sample.decimal == "," or wanted.decimal == "," or wanted.date_format is not None:
        return None
    if len(wanted.time) > 1 or any(not sample.plain(name) for name in wanted.numbers):
        return None
    form = None
    if wanted.time:
        evidence = TimeEvidence()
        evidence.add(sample.cells[wanted.time[0]])
        time_form = evidence.form()
        if time_form not in (TimeForm("parts", "ymd"), TimeForm("number")) or evidence.short_years:
            return None
        assert isinstance(time_form, TimeForm)
        form = JoinedForm(("time",), (time_form,))
    return Forms(time=form)


class Sample:
    """The first rows of a table as texts, and what they show of how its numbers are written.

    Attributes:
        cells: The first cells of each column as Arrow strings; of a Parquet file, those of its
            columns of texts alone.
        numbers: What the cells of each column show.
        decimal: The decimal sign that columns of numbers show; empty where they show none, or both.
    """

    def __init__(self, path: Path) -> None:
        names = column_names(path)
        if is_parquet(path):
            kinds = schema(path)
            names = [name for name in names if family(kinds.field(name).type) in ("text", "bytes")]
        self.cells: dict[str, Any] = {}
        batch = next(batches(path, names), None) if names else None
        if names and (batch is None or not batch.num_rows):
            raise no_rows(path)
        if batch is not None:
            for name in names:
                column = texts(batch[name].slice(0, SAMPLE), f"{path}, column {name!r}")
                self.cells[name] = column
        self.numbers: dict[str, NumberEvidence] = {}
        for name, column in self.cells.items():
            self.numbers[name] = NumberEvidence()
            self.numbers[name].add(column)
        signs = {
            evidence.proved_sign()
            for evidence in self.numbers.values()
            if isinstance(evidence.form(), NumberForm)
        } - {""}
        self.decimal = next(iter(signs)) if len(signs) == 1 else ""

    def plain(self, name: str) -> bool:
        """Whether a column's numbers are written with a decimal point and nothing else."""
        evidence = self.numbers[name]
        return evidence.form() == NumberForm() and not evidence.words


def full_forms(path: Path, wanted: Wanted) -> Forms:
    """The forms of a table by all of its rows.

    Raises:
        DataError: Columns hold something else than they should, or leave open what their cells
            mean; the message names all of them.
    """
    kinds = schema(path) if is_parquet(path) else None
    read = {name: None if kinds is None else kinds.field(name).type for name in wanted.columns}
    families = {name: "text" if kind is None else family(kind) for name, kind in read.items()}
    as_text = ("text", "bytes")
    numbers = {name: NumberEvidence() for name in wanted.numbers if families[name] in as_text}
    # A day may be a whole number, such as 20241231.
    times = {name: TimeEvidence() for name in wanted.time if families[name] in (*as_text, "whole")}
    if numbers or times:
        for batch in rows_of(path, wanted):
            for name, evidence in numbers.items():
                evidence.add(texts(batch[name], f"{path}, column {name!r}"))
            for name, seen in times.items():
                seen.add(texts(batch[name], f"{path}, column {name!r}"))
    wrong: list[tuple[str, str]] = []
    notes: list[str] = []
    sign = Sample(path).decimal if numbers else ""
    forms: dict[str, NumberForm] = {}
    for name, evidence in numbers.items():
        form = evidence.form(wanted.decimal or "", sign)
        if isinstance(form, str):
            place = wanted.place(path, evidence.bad and evidence.bad[0])
            key = "task.targets"
            if name in wanted.codable and form.startswith("must hold numbers"):
                key, form = "task.categories", f"{form}; a category is named in task.categories"
            wrong.append((_key(form, key), f"{place}: the column {name!r} {form}"))
            continue
        forms[name] = replace(form, empty_values=wanted.empty_values)
        notes += evidence.notes(name, form)
    for name in wanted.numbers:
        if name not in numbers and wanted.empty_values:
            forms[name] = NumberForm(empty_values=wanted.empty_values)
        if families[name] not in (*as_text, "whole", "number", "boolean", "duration", "empty"):
            type_words = in_words(read[name])
            wrong.append(("", f"{path}: the column {name!r} must hold numbers, not {type_words}"))
        elif families[name] in ("boolean", "duration"):
            reading = "true is 1, false is 0" if families[name] == "boolean" else "read in seconds"
            notes.append(f"{name!r}: {reading}")
    time = _time(path, wanted, read, times, wrong, notes)
    if wrong:
        key = next((key for key, _ in wrong if key), "")
        raise DataError("; ".join(complaint for _, complaint in wrong) + ".", key)
    return Forms(forms, time, tuple(notes))


def _time(
    path: Path,
    wanted: Wanted,
    read: dict[str, Any],
    times: dict[str, TimeEvidence],
    wrong: list[tuple[str, str]],
    notes: list[str],
) -> JoinedForm | None:
    """The form of the time of a table, if it has one.

    Args:
        read: The Arrow types of the columns, None in a CSV.
        times: What the texts of columns of times show.
        wrong: Gains pairs of a key of the space file and what is wrong with its column.
        notes: Gains sentences about how times are read.
    """
    if not wanted.time:
        return None
    forms: list[TimeForm] = []
    for name in wanted.time:
        if name not in times:
            form: TimeForm | str = _typed(read[name])
        else:
            evidence = times[name]
            form = evidence.form(wanted.date_format if _dated(evidence) else None)
            if evidence.empty is not None:
                form = "has no time here"
        if isinstance(form, str):
            place = wanted.place(path, times[name].where if name in times else None)
            wrong.append((_key(form, "task.time"), f"{place}: the column {name!r} {form}"))
            continue
        forms.append(form)
        if name in times:
            notes += times[name].notes(name, form)
        elif getattr(read[name], "tz", None) not in (None, "UTC"):
            notes.append(f"times of {name!r} are in {read[name].tz}; they became UTC")
    if len(forms) < len(wanted.time):
        return None
    whole = joined(wanted.time, forms)
    if isinstance(whole, str):
        wrong.append(("task.time", f"{path}: {whole}"))
        return None
    if len(wanted.time) > 1:
        shown = " and ".join(map(repr, wanted.time))
        notes.append(f"the time of a row is {shown} together")
    return whole


def _dated(evidence: TimeEvidence) -> bool:
    """Whether `date_format` is meant for a column: it holds dates, and no times of day."""
    return evidence.form("%") == TimeForm("format", pattern="%") and not evidence.clock


def _typed(kind: Any) -> TimeForm | str:
    """The form of a time column by its Arrow type, or in words why it holds no times."""
    type_family = family(kind)
    if type_family == "date":
        return TimeForm("parts", "ymd")
    if type_family == "clock":
        return TimeForm("clock")
    if type_family == "number":
        return TimeForm("number")
    return f"must hold times, not {in_words(kind)}"


def rows_of(path: Path, wanted: Wanted, types: dict[str, Any] | None = None) -> Iterator[Any]:
    """Batches of the columns in `wanted`; of a CSV with a time, without the rows that are empty."""
    for batch in batches(path, wanted.columns, types):
        timed = bool(wanted.time) and not is_parquet(path)
        order = (*wanted.time, *wanted.columns)
        yield without_blank_rows(batch, order) if timed and batch.num_rows else batch


def _key(complaint: str, otherwise: str) -> str:
    """The key of the space file that an error message names, or `otherwise`."""
    return next(
        (key for key in ("task.decimal", "task.date_format") if key in complaint), otherwise
    )
