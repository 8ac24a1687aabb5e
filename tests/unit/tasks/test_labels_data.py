"""Labelled sequences: reading, dropping duplicates, splitting, encoding; and what is refused."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rnnsearch.errors import DataError, ModelError
from rnnsearch.tasks.base import Window
from rnnsearch.tasks.labels.config import GeneratedConfig, LabelsConfig, problems
from rnnsearch.tasks.labels.data import LabelsData
from rnnsearch.tasks.labels.source import read_labelled
from rnnsearch.tasks.load import load_data
from rnnsearch.tasks.sequences.encoder import OTHER, NumberEncoder, encoder_from_json
from rnnsearch.tasks.sequences.split import split, unique_pairs
from rnnsearch.tasks.splits import SplitConfig

WORDS = {
    "Arabic": "Khoury Nahas Daher Gerges Nahas Haddad Isa Sleiman",
    "Czech": "Abl Adsit Benes Bily Blazek Daher Dvořák Dvořák",
}
COLUMNS = {"id": "id", "time": "t", "features": ("a", "b")}
HEADER = "id,t,a,b,label\n"


def folder(tmp_path: Path, files: dict[str, str] | None = None) -> LabelsConfig:
    for name, text in (files or WORDS).items():
        path = tmp_path / "words" / f"{name}.txt"
        path.parent.mkdir(exist_ok=True)
        path.write_text(text.replace(" ", "\n"), encoding="utf-8")
    return LabelsConfig(path=str(tmp_path / "words"))


def walks(tmp_path: Path, rows: str, header: str = HEADER, **more: object) -> LabelsConfig:
    path = tmp_path / "walks.csv"
    path.write_text(header + rows, encoding="utf-8")
    return LabelsConfig(path=str(path), **{**COLUMNS, **more})  # type: ignore[arg-type]


def enough(count: int = 4) -> str:
    """Rows of `count` sequences that go up and as many that go down, of two time steps each."""
    return "".join(
        f"s{n},{t},{n + t * (1 if n % 2 else -1)},0.5,{'up' if n % 2 else 'down'}\n"
        for n in range(2 * count)
        for t in (0, 1)
    )


def strings(data: LabelsData, part: str) -> list[str]:
    return [data.shown(part, at) for at in range(data.rows()[part])]  # type: ignore[arg-type, index]


def test_a_folder_is_read_once_a_pair_and_split_by_string(tmp_path: Path) -> None:
    data = LabelsData.read(folder(tmp_path))
    assert data.classes == ("Arabic", "Czech")
    assert sum(data.rows().values()) == 7 + 7  # Nahas and Dvořák repeat with their label
    parts = {part: set(strings(data, part)) for part in data.rows()}
    home = next(part for part, some in parts.items() if "Daher" in some)
    assert strings(data, home).count("Daher") == 2  # under both labels, in one part
    for part, labels in data.labels.items():
        assert set(labels.tolist()) == {0, 1}, part
    notes = " ".join(data.notes())
    assert "2 of 16 sequences repeat" in notes
    assert "1 sequences stand under a second" in notes
    assert LabelsData.read(data.config).sha256() == data.sha256()


def test_a_split_is_a_function_of_its_seed(tmp_path: Path) -> None:
    words = [f"{one}{two}" for one in "abcde" for two in "abcde"]
    upper = [word.upper() for word in words]
    config = folder(tmp_path, {"lower": " ".join(words), "upper": " ".join(upper)})
    first, again = LabelsData.read(config), LabelsData.read(config)
    assert strings(first, "val") == strings(again, "val")
    other = LabelsData.read(LabelsConfig(path=config.path, split_seed=1))
    assert strings(first, "val") != strings(other, "val")


def test_the_alphabet_is_that_of_training_and_others_share_a_symbol(tmp_path: Path) -> None:
    data = LabelsData.read(folder(tmp_path))
    encoder = encoder_from_json(data.manifest())
    assert encoder == data.encoder
    letters = set("".join(strings(data, "train")))
    assert encoder.encode("K☃").tolist()[1] == OTHER
    assert encoder.size == 1 + len(letters)
    for part in ("val", "test"):
        unseen = set("".join(strings(data, part))) - letters
        assert unseen <= {"�"}


@pytest.mark.parametrize("how", ["nfc", "ascii"])
def test_texts_are_normalized(tmp_path: Path, how: str) -> None:
    composed, apart = "Dvořák", "Dvořák"
    lines = f"{composed}\n{apart}  \nDvorak\nBily\nAbl\nNova\n"
    other = folder(tmp_path, {"Czech": lines, "Greek": "Kalas Rigas Zika"})
    data = LabelsData.read(LabelsConfig(path=other.path, normalize=how))  # type: ignore[arg-type]
    assert data.rows()["train"] + data.rows()["val"] + data.rows()["test"] == (
        8 if how == "nfc" else 7
    )


def test_a_table_of_texts(tmp_path: Path) -> None:
    path = tmp_path / "names.tsv"
    rows = "".join(f"{n}\tw{n}{'x' if n % 2 else 'y'}\t{n % 2}\n" for n in range(20))
    path.write_text("\ufeffnumber\tname\tsex\n" + rows, encoding="utf-8")
    data = LabelsData.read(LabelsConfig(path=str(path), text="name", label="sex"))
    assert data.classes == ("0", "1")
    assert data.rows() == {"train": 16, "val": 2, "test": 2}


def test_steps_are_grouped_ordered_and_scaled_by_training(tmp_path: Path) -> None:
    mixed = enough().splitlines()
    np.random.default_rng(0).shuffle(mixed)
    data = LabelsData.read(walks(tmp_path, "\n".join(mixed) + "\n"))
    assert data.input_size == 2
    assert not data.symbolic
    encoder = data.encoder
    assert isinstance(encoder, NumberEncoder)
    train = data.sequences["train"]
    np.testing.assert_allclose(train.values[:, 0].mean(), 0, atol=1e-12)
    np.testing.assert_allclose(train.values[:, 0].std(), 1)
    assert not train.values[:, 1].any()  # a constant column keeps its scale
    for part, some in data.sequences.items():
        raw = encoder.scaler.undo(some.values)
        for at, label in enumerate(data.labels[part]):
            first, second = raw[some.starts[at] : some.starts[at + 1], 0]
            assert second - first == pytest.approx(1 if label else -1)
    again = encoder_from_json(data.manifest())
    assert again == encoder


def test_long_sequences_keep_their_end(tmp_path: Path) -> None:
    words = folder(tmp_path)
    data = LabelsData.read(LabelsConfig(path=words.path, max_length=3))
    assert data.seq_len(Window(batch_size=1)) == 3
    assert any(text.endswith("iya") or len(text) == 3 for text in strings(data, "train"))
    assert data.encoder.encode("Khoury").tolist() == data.encoder.encode("ury").tolist()
    assert any("lose their beginning" in note for note in data.notes())


BAD_FOLDERS = {
    "one class": ({"A": "x y z"}, "at least two classes"),
    "an empty file": ({"A": "x y z", "B": ""}, "B.txt is empty (0 bytes)"),
    "blank lines": ({"A": "x y z", "B": "\n \n\n"}, "B.txt holds no sequence"),
    "too few": ({"A": "x y z", "B": "v w"}, "the class 'B' has 2 different sequences"),
    "duplicates alone": ({"A": "x y z", "B": "v v v v"}, "the class 'B' has 1 different"),
}


@pytest.mark.parametrize("case", BAD_FOLDERS)
def test_a_bad_folder_is_refused(tmp_path: Path, case: str) -> None:
    files, message = BAD_FOLDERS[case]
    with pytest.raises(DataError) as caught:
        LabelsData.read(folder(tmp_path, files))
    assert message in str(caught.value)


def test_a_file_of_another_encoding_is_refused(tmp_path: Path) -> None:
    config = folder(tmp_path)
    (tmp_path / "words" / "Czech.txt").write_bytes("Abl\nDvořák\n".encode("iso8859-2"))
    with pytest.raises(DataError, match=r"Czech\.txt:2: byte 0xf8 is no UTF-8"):
        load_data(config)


def test_a_folder_a_class_holds_a_text_a_file(tmp_path: Path) -> None:
    for name, text in (("a/1", "one\n\ntwo"), ("b/1", "three"), ("b/2", " "), ("b/3", "")):
        path = tmp_path / f"{name}.txt"
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
    (tmp_path / "a" / "._1.txt").write_bytes(b"\0\5")
    source = read_labelled(LabelsConfig(path=str(tmp_path)), tmp_path)
    assert source.sequences == ["one\n\ntwo", "three"]
    assert source.answers == ["a", "b"]
    assert source.notes == ("2 files hold no text and are left out",)
    (tmp_path / "b" / "1.txt").rename(tmp_path / "b" / "0.txt")
    assert read_labelled(LabelsConfig(path=str(tmp_path)), tmp_path).digest != source.digest


def test_an_empty_folder_and_a_missing_path_are_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"holds no file NAME\.txt"):
        LabelsData.read(LabelsConfig(path=str(tmp_path)))
    with pytest.raises(DataError, match="there is no"):
        LabelsData.read(LabelsConfig(path=str(tmp_path / "nowhere")))


BAD_TABLES = {
    "nothing": ("", "", "is empty (0 bytes)"),
    "a header alone": (HEADER, "", "no rows below"),
    "a missing column": (
        "id,t,a,label\n",
        "s0,0,1,up\n",
        "no column 'b'; its columns are 'id', 't'",
    ),
    "a column twice": ("id,t,a,b,b,label\n", "s0,0,1,1,1,up\n", "'b' names more than one column"),
    "an empty cell": (HEADER, "s0,0,1,,up\n", "walks.csv:2: the column 'b' is empty"),
    "a text": (HEADER, "s0,0,1,two,up\n", "walks.csv:2: column 'b': 'two' is no number"),
    "a NaN": (HEADER, "s0,0,1,NaN,up\n", "walks.csv:2: column 'b': 'NaN' is not finite"),
    "an infinity": (HEADER, "s0,0,1,-inf,up\n", "is not finite"),
    "a ragged row": (
        HEADER,
        "s0,0,1,2,up\ns0,1,1\n",
        "walks.csv:3: 3 cells where the first",
    ),
    "two labels": (
        HEADER,
        "s0,0,1,2,up\ns0,1,1,2,down\n",
        "down, up. A sequence has one, the same in each of its rows. Labels that change",
    ),
    "a time twice": (HEADER, "s0,7,1,2,up\ns0,7,1,3,up\n", "walks.csv:3: column 't': the sequence"),
    "no time": (HEADER, "s0,soon,1,2,up\n", "column 't' holds 'soon', which is no time"),
    "one label": (HEADER, enough().replace("down", "up"), "at least two classes"),
}


@pytest.mark.parametrize("case", BAD_TABLES)
def test_a_bad_table_is_refused(tmp_path: Path, case: str) -> None:
    header, rows, message = BAD_TABLES[case]
    with pytest.raises(DataError) as caught:
        LabelsData.read(walks(tmp_path, rows, header))
    assert message in str(caught.value)
    assert "walks.csv" in str(caught.value) or case == "one label"


def test_a_parquet_file_is_read_by_what_its_columns_hold(tmp_path: Path) -> None:
    plain = walks(tmp_path, enough())
    rows = pd.read_csv(str(plain.path))
    expected = LabelsData.read(plain)
    start = pd.Timestamp("2024-01-01")
    for typed in (
        rows,
        rows.astype({"label": "category", "a": "float32", "id": "string"}),
        rows.assign(t=start + pd.to_timedelta(rows["t"], unit="ms")),
        rows.sample(frac=1, random_state=1).sort_values("id", kind="stable"),
    ):
        path = tmp_path / "walks.parquet"
        typed.to_parquet(path, index=False)
        data = LabelsData.read(replace(plain, path=str(path)))
        assert data.classes == expected.classes
        for part, some in expected.sequences.items():
            np.testing.assert_array_equal(data.sequences[part].values, some.values)
    texts = pd.DataFrame({"text": [f"w{n}" for n in range(20)], "label": [True, False] * 10})
    texts.to_parquet(path)
    data = LabelsData.read(LabelsConfig(path=str(path), text="text"))
    assert data.classes == ("false", "true")
    for wrong, words in (
        (texts.assign(text=texts["text"].mask(texts.index == 3)), "row 4: the column 'text' is e"),
        (texts.drop(columns="text"), "no column 'text'; its columns are 'label'"),
        (texts.iloc[:0], "no rows below"),
    ):
        wrong.to_parquet(path)
        with pytest.raises(DataError, match=words):
            LabelsData.read(LabelsConfig(path=str(path), text="text"))
    path.write_text("text,label\n")
    with pytest.raises(DataError, match="is no Parquet file that can be read"):
        LabelsData.read(LabelsConfig(path=str(path), text="text"))


def test_times_may_be_dates(tmp_path: Path) -> None:
    hours = {"0": "2026-01-01T10:00", "1": "2026-01-01T09:00"}
    cells = [row.split(",") for row in enough().splitlines()]
    rows = "".join(",".join([row[0], hours[row[1]], *row[2:]]) + "\n" for row in cells)
    data = LabelsData.read(walks(tmp_path, rows, features=("a",)))
    some = data.sequences["train"]
    assert isinstance(data.encoder, NumberEncoder)
    raw = data.encoder.scaler.undo(some.values)[:2, 0]
    label = data.labels["train"][0]
    assert raw[1] - raw[0] == pytest.approx(-1 if label else 1)  # ordered by time, not by row


@pytest.mark.parametrize(
    ("config", "key"),
    [
        (LabelsConfig(), "path"),
        (LabelsConfig(path="x", generated=GeneratedConfig(rule="random")), "path"),
        (LabelsConfig(path="x", text="a", id="b", features=("c",)), "id"),
        (LabelsConfig(path="x", features=("c",)), "features"),
        (LabelsConfig(path="x", id="b"), "id"),
        (LabelsConfig(path="x", time="b"), "time"),
        (LabelsConfig(path="x", id="b", features=("c", "c")), "features"),
        (LabelsConfig(path="x", text="label"), "label"),
        (LabelsConfig(path="x", max_length=0), "max_length"),
        (LabelsConfig(path="x", split=SplitConfig(train=0.9, val=0.2)), "split"),
        (LabelsConfig(path="x", split=SplitConfig(train=0.9, val=0.0)), "split.val"),
        (LabelsConfig(generated=GeneratedConfig(rule="random", count=1)), "generated.count"),
        (LabelsConfig(generated=GeneratedConfig(rule="random"), text="a"), "text"),
    ],
)
def test_a_config_that_contradicts_itself_is_named(config: LabelsConfig, key: str) -> None:
    assert key in [found for found, _ in problems(config)]
    with pytest.raises(DataError, match=f"task.{key}"):
        load_data(config)


def test_windows_are_whole_sequences_and_at_most_the_part() -> None:
    made = GeneratedConfig(rule="random", count=10, held_out=10)
    data = LabelsData.read(LabelsConfig(generated=made))
    assert data.window_problem(Window(10)) is None
    assert "at most training.batch_size: 10" in str(data.window_problem(Window(11)))
    assert "leave training.seq_len out" in str(data.window_problem(Window(1, seq_len=5)))


@settings(max_examples=60, deadline=None)
@given(
    pairs=st.lists(st.tuples(st.integers(0, 30), st.integers(0, 2)), min_size=1, max_size=80),
    seed=st.integers(0, 9),
    test=st.sampled_from([0.0, 0.1, 0.3]),
)
def test_parts_never_share_a_sequence(pairs: list[tuple[int, int]], seed: int, test: float) -> None:
    kept = unique_pairs([key for key, _ in pairs], [label for _, label in pairs])
    assert len(kept) == len(set(pairs))
    keys = [pairs[at][0] for at in kept]
    labels = np.array([pairs[at][1] for at in kept])
    shares = SplitConfig(train=0.8 - test, val=0.2, test=test)
    try:
        parts = split(keys, labels, "abc", shares, seed)
    except DataError:  # too few of a class
        return
    assert set(parts) == ({"train", "val", "test"} if test else {"train", "val"})
    assert sorted(np.concatenate(list(parts.values()))) == list(range(len(keys)))
    owners = [{keys[at] for at in some} for some in parts.values()]
    assert sum(map(len, owners)) == len(set().union(*owners))
    for some in parts.values():
        assert set(labels[some].tolist()) == {0, 1, 2}


def test_classes_that_share_all_their_groups_stand_in_every_part_by_these() -> None:
    keys, labels = np.repeat(np.arange(40), 4), np.tile([0, 1], 80)
    parts = split(keys, labels, ["ill", "well"], SplitConfig(train=0.6, val=0.2, test=0.2), 0)
    assert {part: len(some) for part, some in parts.items()} == {"train": 96, "val": 32, "test": 32}
    assert all(set(labels[some]) == {0, 1} for some in parts.values())


def test_an_encoder_says_what_it_cannot_read(tmp_path: Path) -> None:
    words = LabelsData.read(folder(tmp_path)).encoder
    for wrong in (5, "  "):
        with pytest.raises(ModelError):
            words.encode(wrong)
    numbers = LabelsData.read(walks(tmp_path, enough())).encoder
    for bad in ("text", [[1.0]], np.zeros((0, 2)), [[np.nan, 1.0]]):
        with pytest.raises(ModelError):
            numbers.encode(bad)
    assert numbers.encode([[1.0, 2.0]]).shape == (1, 2)


def test_a_stand_in_knows_metrics_and_kind_without_a_file() -> None:
    for config, symbolic in (
        (LabelsConfig(path="nowhere"), True),
        (LabelsConfig(path="nowhere.csv", text="name"), True),
        (LabelsConfig(path="nowhere.csv", id="n", features=("a",)), False),
    ):
        data = LabelsData.stand_in(config)
        assert data.symbolic is symbolic
        assert [metric.name for metric in data.metrics()] == [
            "val_accuracy",
            "val_macro_f1",
            "val_nats",
        ]
