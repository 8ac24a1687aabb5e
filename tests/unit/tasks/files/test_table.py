"""Files as tables: dialects, kinds and sizes of files, and the line that a mistake stands on."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pandas
import pytest

from rnnsearch.errors import DataError
from rnnsearch.tasks.files.blocks import column_names
from rnnsearch.tasks.files.forms import Wanted
from rnnsearch.tasks.files.header import header
from rnnsearch.tasks.files.table import read_table
from rnnsearch.tasks.series.config import SeriesConfig
from rnnsearch.tasks.series.data import SeriesData
from rnnsearch.tasks.series.recent import recent_rows
from rnnsearch.tasks.series.rows import given_rows

DAYS = [str(np.datetime64("2024-01-01") + at) for at in range(30)]


def written(
    tmp_path: Path, text: str | bytes, encoding: str = "utf-8", name: str = "x.csv"
) -> Path:
    path = tmp_path / name
    path.write_bytes(text.encode(encoding) if isinstance(text, str) else text)
    return path


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-be-mark"])
def test_dialects(tmp_path: Path, end: str, delimiter: str, encoding: str) -> None:
    lines = [["t", '"straße\nµ"', "y"]]
    lines += [[day, f'"{at}\nx"', f'"{at}.5"'] for at, day in enumerate(DAYS)]
    text = end.join(delimiter.join(cells) for cells in lines)
    if encoding == "utf-16-be-mark":
        path = written(tmp_path, "\ufeff" + text, "utf-16-be")
    else:
        path = written(tmp_path, text, encoding)
    assert column_names(path) == ["t", "straße µ", "y"]
    table = read_table(path, Wanted(("y",), ("t",)))
    np.testing.assert_array_equal(table.values[:, 0], np.arange(30) + 0.5)
    assert table.times is not None
    assert [str(day) for day in table.times.astype("datetime64[D]")] == DAYS


def test_decimal_commas_do_not_pass_for_delimiters(tmp_path: Path) -> None:
    path = written(tmp_path, "Datum;Wert (kW, netto)\n2024-01-01;1,5\n2024-01-02;2,25\n")
    assert header(path).delimiter == ";"
    assert read_table(path, Wanted(("Wert (kW, netto)",))).values[:, 0].tolist() == [1.5, 2.25]
    path = written(tmp_path, "y\n1,5\n2,25\n0,125\n")
    assert read_table(path, Wanted(("y",))).values[:, 0].tolist() == [1.5, 2.25, 0.125]


def test_names_that_are_empty_are_called_as_pandas_does(tmp_path: Path) -> None:
    assert column_names(written(tmp_path, ",y,\n0,1,\n1,2,\n")) == ["Unnamed: 0", "y", "Unnamed: 2"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (
            "Source: x\n\ndate,temp\n" + "".join(f"{day},{at}\n" for at, day in enumerate(DAYS)),
            r"2 lines stand above 'date,temp'. Take them out: tail -n \+3 ",
        ),
        (
            "date,temp\n" + "".join(f"{at},{day},{at}\n" for at, day in enumerate(DAYS)),
            "2 names for rows of 3 cells",
        ),
        ('"a\n1\n2\n', "no rows below"),
    ],
)
def test_no_line_of_names(tmp_path: Path, text: str, words: str) -> None:
    with pytest.raises(DataError, match=words):
        read_table(written(tmp_path, text), Wanted(("temp",)))


def test_the_line_of_a_mistake_is_that_of_the_file(tmp_path: Path) -> None:
    text = 'note,t,y\n"a\n\nb",2024-01-01,1\n\n"c\nd",2024-01-02,low\n'
    with pytest.raises(DataError, match=r"x\.csv:6: the column 'y' must hold numbers, not 'low'"):
        read_table(written(tmp_path, text), Wanted(("y",), ("t",)))
    text = 'note,t,y\n"a\n\nb",2024-01-01,1\n\n"c\nd",2024-01-02,3,4\n'
    with pytest.raises(DataError, match=r"x\.csv:6: 4 cells where the first line names 3"):
        read_table(written(tmp_path, text), Wanted(("y",), ("t",)))


def test_rows_in_which_nothing_stands_are_no_rows(tmp_path: Path) -> None:
    rows = "".join(f"{day};{at},5;\n" for at, day in enumerate(DAYS))
    table = read_table(written(tmp_path, f"t;y;\n{rows};;\n;;\n"), Wanted(("y",), ("t",)))
    assert len(table.values) == 30
    with pytest.raises(DataError, match=r"x\.csv:33: the column 't' has no time here"):
        read_table(written(tmp_path, f"t;y;\n{rows};;\n;7,5;\n"), Wanted(("y",), ("t",)))


def test_a_model_leaves_out_rows_in_which_nothing_stands(tmp_path: Path) -> None:
    rows = "".join(f"{day};{at % 7},5;\n" for at, day in enumerate(DAYS))
    path = written(tmp_path, f"t;y;\n{rows};;\n;;\n")
    config = SeriesConfig(path=str(path), time="t", targets=("y",), context=4)
    data = SeriesData.read(config)
    (own,) = recent_rows(data.manifest(), given_rows(data.config, pandas.read_csv(path, sep=";")))
    np.testing.assert_array_equal(own.values, data.values)


@pytest.mark.parametrize("ending", [".csv", ".parquet"])
def test_what_is_no_file_is_refused_before_it_is_read(tmp_path: Path, ending: str) -> None:
    pipe = tmp_path / f"pipe{ending}"
    os.mkfifo(pipe)
    device = tmp_path / f"zero{ending}"
    device.symlink_to("/dev/zero")
    folder = tmp_path / f"folder{ending}"
    folder.mkdir()
    huge = tmp_path / f"huge{ending}"
    huge.touch()
    try:
        os.truncate(huge, 1 << 45)
    except OSError:  # a file system that holds no file of this size, empty or not
        huge = folder
    for path in (pipe, device, folder, huge, tmp_path / f"none{ending}", tmp_path / f"\0{ending}"):
        with pytest.raises(DataError, match=r"device or a pipe|folder|GiB|no file|cannot read"):
            read_table(path, Wanted(("y",)))


def test_a_number_that_is_written_otherwise_behind_the_first_rows(tmp_path: Path) -> None:
    rows = [f"{day},{at}.5" for at, day in enumerate(DAYS)] * 400
    path = written(tmp_path, "t,y\n" + "\n".join(rows) + '\n2024-02-01,"1,234.5"\n')
    table = read_table(path, Wanted(("y",)))
    assert table.values[-1, 0] == 1234.5
    assert "'1,234.5' is read as 1234.5" in " ".join(table.forms.notes)
    path = written(tmp_path, "t,y\n" + "\n".join(rows) + "\n01/02/2024,3\n")
    with pytest.raises(DataError, match=r"x\.csv:12002: .*'01/02/2024', which is no time"):
        read_table(path, Wanted(("y",), ("t",)))


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        (b"", r"x\.csv is empty \(0 bytes\)"),
        (b"\n1,2\n", "the first line is empty"),
        (b"y,t\n", "no rows below"),
        (b"1,2\n3,4\n", "numbers, not the names of columns; put one above, such as c1,c2"),
        (b"y,t\n1,2\nlow,4\n", r"x\.csv:3: the column 'y' must hold numbers, not 'low'"),
        (b'y;t\n1,5;2\n"1.5";4\n', r"'y' holds numbers with decimal points and with .* commas"),
        (b"y,t\n1,2\n3,4,5\n", r"x\.csv:3: 3 cells where the first line names 2"),
        (b"y,t\n1,2\n2,\xe9t\xe9\n", r"x\.csv:3: byte 0xe9 is no UTF-8. Convert .*iconv -f latin1"),
        (b"\xe9,y\n1,2\n", r"x\.csv:1: byte 0xe9 is no UTF-8"),
        ("y,t\n1,2\n".encode("utf-16-le"), "holds zero bytes"),
        (b"y,t\n1,2\ninf,3\n", r"x\.csv:3: the column 'y' holds an infinite value"),
        (b"y,y\n1,2\n", "'y' names more than one column"),
        (b"y,t\n1,31/31/2020\n", r"x\.csv:2: .* holds '31/31/2020', which is no time such as 2024"),
        (b"y,t\n1,\n", r"x\.csv:2: the column 't' has no time here"),
        (b"y,t\n1,1\nx,q\n", r"x\.csv:3: .* not 'x'; .*x\.csv:3: .*'t' holds 'q'"),
    ],
)
def test_what_is_no_table(tmp_path: Path, raw: bytes, words: str) -> None:
    with pytest.raises(DataError, match=words):
        read_table(written(tmp_path, raw), Wanted(("y",), ("t",)))


def test_no_file_and_a_folder(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="there is no file"):
        read_table(tmp_path / "x.csv", Wanted(("y",)))
    with pytest.raises(DataError, match="is a folder"):
        read_table(tmp_path, Wanted(("y",)))


@pytest.mark.parametrize(
    ("times", "expected"),
    [
        (("2020-01", "2020-02"), 31 * 86400),
        (("2020-01-01", "2020-01-02"), 86400),
        (("2020-01-01 10:00", "2020-01-01 11:30"), 5400),
        (("2020-01-01T10:00:00Z", "2020-01-01T10:00:05Z"), 5),
        (("2020/01/01", "2020/01/03"), 2 * 86400),
        (("3", "3.5"), 0.5),
        (("1990", "1991"), 1),
    ],
)
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_times_and_delimiters(
    tmp_path: Path, times: tuple[str, str], expected: float, delimiter: str
) -> None:
    lines = [("when", "y", "note"), (times[0], "1", "a"), (times[1], "NA", "b")]
    raw = "\ufeff" + "\r\n".join(delimiter.join(line) for line in lines)
    found = read_table(written(tmp_path, raw), Wanted(("y",), ("when",)))
    assert found.times is not None
    step = np.diff(found.times)[0]
    assert step == (np.timedelta64(expected, "s") if found.dated else expected)
    assert found.values[0] == 1
    assert np.isnan(found.values[1])


def test_parquet_is_read_like_a_csv(tmp_path: Path) -> None:
    import pyarrow
    from pyarrow import parquet

    times = np.datetime64("2024-01-01T00", "ns") + np.arange(100) * np.timedelta64(1, "h")
    wave = np.arange(100.0) % 7
    columns = {"t": times, "y": wave, "n": np.arange(100), "s": ["a"] * 100}
    parquet.write_table(pyarrow.table(columns), tmp_path / "x.parquet")
    found = read_table(tmp_path / "x.parquet", Wanted(("y", "n"), ("t",), id="s"))
    np.testing.assert_array_equal(found.values[:, 0], wave)
    assert found.times is not None
    assert found.dated
    assert set(np.diff(found.times)) == {np.timedelta64(1, "h")}
    assert found.names == ("a",)
    with pytest.raises(DataError, match=r"must hold numbers, not 'a'"):
        read_table(tmp_path / "x.parquet", Wanted(("s",)))
    with pytest.raises(DataError, match="no Parquet file"):
        read_table(written(tmp_path, "y\n1\n", name="z.parquet"), Wanted(("y",)))
