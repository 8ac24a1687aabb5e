"""Every Arrow type that a writer produces is read by its family, from memory and from Parquet."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID

import numpy as np
import pyarrow as pa
import pytest
from pyarrow import parquet

from rnnsearch.errors import DataError
from rnnsearch.tasks.files.columns import clocks, family, moments, numbers, texts

WHOLE = (pa.int8, pa.int16, pa.int32, pa.int64, pa.uint8, pa.uint16, pa.uint32, pa.uint64)
MONEY = [Decimal("1.5"), None, Decimal("7")]
NUMBERS: dict[str, Any] = {
    **{str(kind()): pa.array([1, None, 7], kind()) for kind in WHOLE},
    **{
        str(kind): pa.array([1.5, None, 7.0], kind)
        for kind in (pa.float16(), pa.float32(), pa.float64())
    },
    "decimal32": pa.array(MONEY, pa.decimal32(5, 2)),
    "decimal64": pa.array(MONEY, pa.decimal64(12, 2)),
    "decimal128": pa.array(MONEY, pa.decimal128(20, 2)),
    "decimal256": pa.array(MONEY, pa.decimal256(50, 2)),
    "dictionary of whole": pa.array([1, None, 7]).dictionary_encode(),
    "chunked": pa.chunked_array([pa.array([1, None]), pa.array([7])]),
    "run ends": pa.RunEndEncodedArray.from_arrays(
        pa.array([1, 2, 3], pa.int32()), pa.array([1, None, 7])
    ),
    "text": pa.array(["1.5", None, "7"]),
    "bytes": pa.array([b"1.5", None, b"7"]),
    "milliseconds": pa.array([1500, None, 7000], pa.duration("ms")),
    "nanoseconds": pa.array([1_500_000_000, None, 7_000_000_000], pa.duration("ns")),
}
WORDS = ["007", None, "b"]
TEXTS: dict[str, Any] = {
    **{str(kind): pa.array(WORDS, kind) for kind in (pa.string(), pa.large_string())},
    "view": pa.array(WORDS, pa.string_view()),
    "dictionary": pa.array(WORDS).dictionary_encode(),
    "large dictionary": pa.array(WORDS, pa.large_string()).dictionary_encode(),
    "chunked dictionaries": pa.chunked_array(
        [pa.array(WORDS[:1]).dictionary_encode(), pa.array(WORDS[1:]).dictionary_encode()]
    ),
    "bytes": pa.array([b"007", None, b"b"]),
    "large bytes": pa.array([b"007", None, b"b"], pa.large_binary()),
    "byte view": pa.array([b"007", None, b"b"], pa.binary_view()),
    "json": pa.ExtensionArray.from_storage(pa.json_(), pa.array(WORDS)),
}
UNREADABLE = {
    "list": pa.array([[1], None]),
    "struct": pa.array([{"a": 1}, None]),
    "map": pa.array([[("a", 1)], None], pa.map_(pa.string(), pa.int64())),
    "interval": pa.array([(1, 2, 3), None], pa.month_day_nano_interval()),
}


@pytest.mark.parametrize("name", NUMBERS)
def test_numbers_of_every_type(name: str) -> None:
    found = numbers(NUMBERS[name], "x")
    assert found.dtype == np.float64
    assert found[0] in (1.0, 1.5)
    assert np.isnan(found[1])
    assert found[2] == 7


@pytest.mark.parametrize("name", TEXTS)
def test_texts_of_every_type(name: str) -> None:
    assert texts(TEXTS[name], "x").to_pylist() == WORDS


def test_true_is_one_and_nothing_is_empty() -> None:
    bool8 = pa.ExtensionArray.from_storage(pa.bool8(), pa.array([1, 0], pa.int8()))
    for column in (pa.array([True, False]), bool8):
        assert family(column.type) == "boolean"
        assert numbers(column, "x").tolist() == [1, 0]
    assert np.isnan(numbers(pa.nulls(2), "x")).all()
    assert family(pa.null()) == "empty"


def test_names_that_are_numbers() -> None:
    assert texts(pa.array([7.0, None, 12.0]), "x").to_pylist() == ["7", None, "12"]
    assert texts(pa.array([7, 2**60]), "x").to_pylist() == ["7", str(2**60)]
    assert texts(pa.array([7.5]), "x").to_pylist() == ["7.5"]
    uuid = UUID(int=5)
    assert texts(pa.array([uuid.bytes], pa.uuid()), "x").to_pylist() == [str(uuid)]


@pytest.mark.parametrize("unit", ["s", "ms", "us", "ns"])
@pytest.mark.parametrize("zone", [None, "Europe/Berlin"])
def test_moments_keep_their_unit(unit: str, zone: str | None) -> None:
    column = pa.array([5, None], pa.timestamp(unit, zone))
    assert family(column.type) == "date"
    found = moments(column.dictionary_encode(), "x")
    assert found.dtype == np.dtype(f"datetime64[{unit}]")
    assert found[0] == np.datetime64(5, unit)
    assert np.isnat(found[1])


@pytest.mark.parametrize("kind", [pa.date32(), pa.date64()])
def test_days_are_moments(kind: Any) -> None:
    column = pa.array([np.datetime64("1500-02-03").item(), None], kind)
    found = moments(column, "x")
    assert found[0] == np.datetime64("1500-02-03T00:00:00")
    assert np.isnat(found[1])


@pytest.mark.parametrize("unit", ["s", "ms", "us", "ns"])
def test_a_time_of_day_is_no_date(unit: str) -> None:
    kind = pa.time32(unit) if unit in ("s", "ms") else pa.time64(unit)
    column = pa.array([3, None], kind)
    assert family(kind) == "clock"
    found = clocks(column, "x")
    assert found[0] == np.timedelta64(3, unit)
    assert np.isnat(found[1])
    with pytest.raises(DataError, match=r"must hold dates, not times of day"):
        moments(column, "x")
    with pytest.raises(DataError, match=r"must hold numbers, not times of day"):
        numbers(column, "x")


@pytest.mark.parametrize("name", UNREADABLE)
def test_what_cannot_be_read_is_said(name: str) -> None:
    column = UNREADABLE[name]
    assert family(column.type) == "nested"
    for read in (numbers, texts, moments):
        with pytest.raises(DataError, match=r"must hold .*, not values of the type"):
            read(column, "x")


def test_what_is_no_number_is_said() -> None:
    with pytest.raises(DataError, match=r"must hold numbers, not dates"):
        numbers(pa.array([1], pa.date32()), "x")
    with pytest.raises(DataError, match=r"must hold numbers: .*'low'"):
        numbers(pa.array(["low"]), "x")
    with pytest.raises(DataError, match=r"must hold texts: .*UTF8"):
        texts(pa.array([b"\xff"]), "x")


def test_a_parquet_file_keeps_the_families(tmp_path: Path) -> None:
    columns = {
        **{f"number {name}": column for name, column in NUMBERS.items() if name != "run ends"},
        **{f"text {name}": column for name, column in TEXTS.items()},
    }
    parquet.write_table(pa.table(columns), tmp_path / "x.parquet")
    for batch in parquet.ParquetFile(tmp_path / "x.parquet").iter_batches():
        for name in columns:
            if name.startswith("number "):
                assert numbers(batch[name], "x")[2] == 7
            else:
                assert texts(batch[name], "x").to_pylist() == WORDS
