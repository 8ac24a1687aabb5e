"""Parts that are given by a column or by files: what is taken, what is said, what is refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from rnnsearch.errors import DataError
from rnnsearch.tasks.families import family_of
from rnnsearch.tasks.labels.config import LabelsConfig
from rnnsearch.tasks.labels.data import LabelsData
from rnnsearch.tasks.load import load_data, stand_in_data
from rnnsearch.tasks.series.config import SeriesConfig
from rnnsearch.tasks.series.data import SeriesData
from rnnsearch.tasks.splits import SplitConfig, TableSplitConfig, TableTimeSplitConfig
from rnnsearch.tasks.text.config import TextConfig
from rnnsearch.tasks.text.data import TextData

SET: Any = {"split": TableSplitConfig(column="set")}


def written(path: Path, text: str) -> str:
    path.write_text(text, encoding="utf-8")
    return str(path)


def names(tmp_path: Path, words: dict[str, str]) -> LabelsConfig:
    """A table whose texts are names, labelled `a` and `b` in turn.

    Args:
        words: By name, what the column `set` says of its part.
    """
    rows = [f"{name},{'ab'[at % 2]},{word}" for at, (name, word) in enumerate(words.items())]
    path = written(tmp_path / "names.csv", "\n".join(["text,label,set", *rows]) + "\n")
    return LabelsConfig(path=path, text="text", **SET)


def some(count: int, word: str, letter: str = "n") -> dict[str, str]:
    return {f"{letter}{word[:2]}{n}": word for n in range(count)}


def test_a_column_gives_the_parts_and_check_says_what_it_takes(tmp_path: Path) -> None:
    config = names(tmp_path, {**some(6, "Training"), **some(4, "dev"), **some(2, "test")})
    data = load_data(config)
    assert isinstance(data, LabelsData)
    assert data.rows() == {"train": 6, "val": 4, "test": 2}
    assert {data.shown("val", at)[0] for at in range(4)} == {"n"}
    assert {data.shown("train", at)[:3] for at in range(6)} == {"nTr"}
    assert data.notes()[:-1] == [
        "the column 'set' gives the parts: 'Training' is train, 'dev' is val, 'test' is test"
    ]


def test_a_validation_part_that_nobody_gives_is_drawn_and_said(tmp_path: Path) -> None:
    config = names(tmp_path, some(20, "train"))
    data = load_data(config)
    assert data.rows() == {"train": 18, "val": 2}
    notes = " ".join(data.notes())
    assert "no validation part is given: 10% of the given training part is taken" in notes
    assert "no test part is given" in notes


@pytest.mark.parametrize(("word", "said"), [("held", "'held' is no part"), ("", "is empty here")])
def test_a_word_that_is_no_part_is_refused_with_its_line(
    tmp_path: Path, word: str, said: str
) -> None:
    with pytest.raises(DataError, match=said) as raised:
        load_data(names(tmp_path, {**some(4, "train"), "x": word}))
    assert "names.csv:6" in str(raised.value)


def test_a_column_without_training_rows_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no row of the column 'set' says train"):
        load_data(names(tmp_path, some(4, "val")))


def test_official_parts_of_labels_keep_every_sequence_and_leaks_are_said(tmp_path: Path) -> None:
    paths = {}
    for part, lines in {"train": "a b c d e f", "val": "a a b x", "test": "x y"}.items():
        for label, letter in (("one", "p"), ("two", "q")):
            file = tmp_path / part / f"{label}.txt"
            file.parent.mkdir(exist_ok=True)
            written(file, "\n".join(letter + word for word in lines.split()))
        paths[part] = str(tmp_path / part)
    config = LabelsConfig(path=paths["train"], val_path=paths["val"], test_path=paths["test"])
    data = load_data(config)
    assert data.rows() == {"train": 12, "val": 8, "test": 4}
    notes = data.notes()
    assert notes[0].startswith("train is ")
    assert "6 of 8 sequences of val stand in train too: its figures flatter" in notes
    assert "2 of 4 sequences of test stand in val too: its figures flatter" in notes
    other = written(tmp_path / "test" / "two.txt", "qx\nqz")
    assert Path(other).is_file()
    assert load_data(config).sha256() != data.sha256()  # every file counts


def test_a_sequence_of_steps_in_two_parts_is_refused(tmp_path: Path) -> None:
    rows = "s,1,up,train\ns,2,up,test\nt,3,down,train\n"
    path = written(tmp_path / "steps.csv", "id,x,label,set\n" + rows)
    with pytest.raises(DataError, match="'s' stands in several parts"):
        load_data(LabelsConfig(path=path, id="id", features=("x",), **SET))


def test_texts_of_three_files(tmp_path: Path) -> None:
    line = "a line that is long enough to be no chance at all\n"
    config = TextConfig(
        path=written(tmp_path / "train.txt", "hello world\n" + line),
        val_path=written(tmp_path / "val.txt", "\ufeffhelp " + line + line),
        test_path=written(tmp_path / "test.txt", "hollow"),
    )
    data = load_data(config)
    assert isinstance(data, TextData)
    parts = {part: data.vocabulary.decode(data.part(part).tolist()) for part in data.bounds}
    assert parts == {"train": "hello world\n" + line, "val": "help " + line * 2, "test": "hollow"}
    notes = " ".join(data.notes())
    assert "1 of 2 lines of val of 40 characters or more stand in train too" in notes
    stand_in = stand_in_data(config)
    assert stand_in is not None
    assert [one.name for one in stand_in.metrics()] == [one.name for one in data.metrics()]


def test_the_end_of_a_training_text_is_the_validation_part_that_nobody_gives(
    tmp_path: Path,
) -> None:
    config = TextConfig(
        path=written(tmp_path / "train.txt", "0123456789" * 2),
        test_path=written(tmp_path / "test.txt", "3456"),
        split=SplitConfig(val=0.25),
    )
    data = load_data(config)
    assert data.rows() == {"train": 15, "val": 5, "test": 4}
    notes = " ".join(data.notes())
    assert "25% of the given training part is taken for it, its end" in notes
    assert "the whole text of test stands in train too" in notes


WORDS = ("train", "val", "test")


def loads(rows: list[tuple[int, str]], name: str = "") -> list[str]:
    """Rows of one series for the table of `series`.

    Args:
        rows: The time of each row, and what the column `set` says of its part.
        name: The name of the series.
    """
    return [f"{at},{np.sin(at) + at % 3:.4f},{part},{name}" for at, part in rows]


def series(tmp_path: Path, rows: list[str], **more: Any) -> SeriesConfig:
    path = written(tmp_path / "load.csv", "\n".join(["t,y,set,name", *rows]) + "\n")
    known: dict[str, Any] = {"time": "t", "targets": ("y",), "context": 3, "horizon": 1}
    known["split"] = TableTimeSplitConfig(column="set")
    return SeriesConfig(path=path, **{**known, **more})


def thirds(*sizes: int) -> list[tuple[int, str]]:
    words = [word for word, size in zip(WORDS, sizes, strict=True) for _ in range(size)]
    return list(enumerate(words))


def test_a_column_gives_the_parts_of_each_series(tmp_path: Path) -> None:
    rows = [*loads(thirds(20, 6, 4), "a"), *loads(thirds(10, 5, 7), "b")]
    data = load_data(series(tmp_path, rows[::-1], id="name"))
    assert isinstance(data, SeriesData)
    assert data.rows() == {"train": 30, "val": 11, "test": 11}
    lengths = {part: np.diff(rows)[:, 0].tolist() for part, rows in data.bounds.items()}
    assert lengths == {"train": [10, 20], "val": [5, 6], "test": [7, 4]}
    assert "'train' is train, 'val' is val, 'test' is test" in " ".join(data.notes())


def test_a_part_before_the_one_that_it_learns_from_is_refused(tmp_path: Path) -> None:
    rows = loads([(at, "val" if at < 5 else "train") for at in range(30)])
    with pytest.raises(DataError, match="of the train part and comes after one of the val part"):
        load_data(series(tmp_path, rows))


def test_files_of_a_series_may_overlap_and_it_is_said(tmp_path: Path) -> None:
    rows, split = loads([(at, "x") for at in range(40)]), TableTimeSplitConfig(val=0.2)
    config = series(tmp_path, rows[:30], split=split)
    test = tmp_path / "test.csv"
    written(test, "\n".join(["t,y,set,name", *rows[27:]]) + "\n")
    data = load_data(SeriesConfig(**{**_values(config), "test_path": str(test)}))
    assert data.rows() == {"train": 24, "val": 6, "test": 10}
    notes = " ".join(data.notes())
    assert f"test is {test}" in notes
    assert "20% of the given training part is taken for it, its last rows" in notes
    assert "3 rows stand in two parts" in notes


def test_files_that_are_written_in_different_ways_are_refused(tmp_path: Path) -> None:
    config = series(tmp_path, loads(thirds(20, 0, 0)), split=TableTimeSplitConfig())
    rows = [f"2024-01-{at + 1:02d},{at}" for at in range(9)]
    other = written(tmp_path / "test.csv", "\n".join(["t,y", *rows]) + "\n")
    with pytest.raises(DataError, match="in different ways"):
        load_data(SeriesConfig(**{**_values(config), "test_path": other}))


def _values(config: SeriesConfig) -> dict[str, Any]:
    return {name: getattr(config, name) for name in type(config).__dataclass_fields__}


@pytest.mark.parametrize(
    ("config", "key"),
    [
        (TextConfig(text="ab", val_path="x"), "val_path"),
        (TextConfig(path="a", val_path="b", split=SplitConfig(val=0.2)), "split.val"),
        (TextConfig(path="a", test_path="b", split=SplitConfig(train=0.7)), "split.train"),
        (TextConfig(path="a", val_path="b", cyclic=True), "cyclic"),
        (LabelsConfig(path="a", text="x", val_path="b", **SET), "split.column"),
        (LabelsConfig(path="a", text="set", **SET), "label"),
        (LabelsConfig(path="a", test_path="b", split=SplitConfig(val=0)), "split.val"),
        (
            SeriesConfig(path="a", targets=("set",), split=TableTimeSplitConfig(column="set")),
            "targets",
        ),
        (
            SeriesConfig(path="a", targets=("y",), split=TableTimeSplitConfig(column="set", gap=3)),
            "split.gap",
        ),
    ],
)
def test_keys_that_do_not_go_together_are_named(config: Any, key: str) -> None:
    assert key in [where for where, _ in family_of(config).problems(config)]
