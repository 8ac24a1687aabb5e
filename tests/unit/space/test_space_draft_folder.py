"""`init` on folders: texts in classes by the names of files or folders, and what is none."""

from __future__ import annotations

from pathlib import Path

import pytest

from rnnsearch.errors import DataError, InputError
from rnnsearch.space.describe import describe
from rnnsearch.space.draft import draft
from rnnsearch.space.load import loads
from rnnsearch.space.roles import Answers


def filled(folder: Path, files: dict[str, str | bytes]) -> Path:
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return folder


def words(kind: str, count: int = 20) -> str:
    return "\r\n".join(f"{kind} {at}" for at in range(count))


LITTER = {".DS_Store": b"\0\1", "._de.txt": b"\0\5\7", "notes.pdf": b"%PDF"}


def test_a_file_a_class(tmp_path: Path) -> None:
    folder = filled(tmp_path / "x", {"de.txt": words("wort"), "en.txt": words("word"), **LITTER})
    drafted = draft(folder)
    assert drafted.problem == ""
    screen = "\n".join(drafted.remarks)
    assert "each file NAME.txt is a class" in screen
    assert "2 classes: de 20, en 20" in screen
    assert "not read: notes.pdf" in screen
    assert "# Unsure: also in the folder, and not read: notes.pdf." in drafted.yaml
    spec = loads(drafted.yaml, name="x", directory=tmp_path)
    assert describe(spec).rows == {"train": 28, "val": 6, "test": 6}


def test_a_folder_a_class_and_files_without_a_text(tmp_path: Path) -> None:
    texts = {f"{kind}/{at}.txt": f"{kind}\n\n{at}" for kind in ("pos", "neg") for at in range(20)}
    folder = filled(tmp_path / "x", {**texts, "pos/empty.txt": "", "README": "x"})
    drafted = draft(folder)
    screen = "\n".join(drafted.remarks)
    assert "each folder is a class" in screen
    assert "1 files hold no text and are left out" in screen
    assert "not read: README" in screen
    spec = loads(drafted.yaml, name="x", directory=tmp_path)
    assert sum(describe(spec).rows.values()) == 40


def test_folders_of_parts(tmp_path: Path) -> None:
    texts = {
        f"{part}/{kind}/{at}.txt": f"{part} {kind} {at}"
        for part in ("Train", "test")
        for kind in ("pos", "neg")
        for at in range(20)
    }
    drafted = draft(filled(tmp_path / "x", texts))
    spec = loads(drafted.yaml, name="x", directory=tmp_path)
    assert spec.values["task.path"] == str(tmp_path / "x" / "Train")
    assert spec.values["task.test_path"] == str(tmp_path / "x" / "test")
    assert describe(spec).rows == {"train": 36, "val": 4, "test": 40}


def test_an_explanation_among_the_classes_is_pointed_out(tmp_path: Path) -> None:
    files: dict[str, str | bytes] = {"a.txt": words("a"), "b.txt": words("b")}
    drafted = draft(filled(tmp_path / "x", {**files, "README.txt": "these are\nwords"}))
    assert "README is taken for a class" in "\n".join(drafted.remarks)
    assert "the class 'README' has 2 different sequences" in drafted.problem


def test_what_lies_beside_the_classes_is_told_by_init_and_by_check(tmp_path: Path) -> None:
    texts: dict[str, str | bytes] = {"a.txt": words("a"), "b.txt": words("b"), "c/1.txt": "c c c"}
    drafted = draft(filled(tmp_path / "x", texts))
    note = "not read: c/ (1 text, since files NAME.txt beside it are the classes)"
    assert "\n".join(drafted.remarks).count(note) == 1
    spec = loads(drafted.yaml, name="x", directory=tmp_path)
    assert any(note in one for one in describe(spec).notes)
    folders: dict[str, str | bytes] = {
        f"{kind}/{at}.txt": f"a {kind} text {at}" for kind in "ab" for at in range(20)
    }
    drafted = draft(filled(tmp_path / "y", {**folders, "a/1.md": "no", "d/deep/1.txt": "no"}))
    assert "not read: d/\n" in "\n".join(drafted.remarks)
    assert "not read: a/ (1 that are no file NAME.txt)" in "\n".join(drafted.remarks)


def test_what_lies_beside_the_parts_is_told(tmp_path: Path) -> None:
    texts: dict[str, str | bytes] = {
        f"{part}/{kind}/{at}.txt": f"a {kind} text {at} of {part}"
        for part in ("train", "dev", "val")
        for kind in ("pos", "neg")
        for at in range(9)
    }
    drafted = draft(filled(tmp_path / "x", texts))
    assert drafted.yaml.count("dev") == 1
    assert "also in the folder, and not read: val/" in "\n".join(drafted.remarks)


def test_long_texts_get_a_limit_proposed(tmp_path: Path) -> None:
    files: dict[str, str | bytes] = {"a.txt": words("a" * 1000), "b.txt": words("b")}
    assert "  # max_length: 1000 " in draft(filled(tmp_path / "x", files)).yaml


@pytest.mark.parametrize(
    ("files", "complaint"),
    [
        ({f"doc{at}.txt": f"text {at}" for at in range(5)}, "nothing says which is of which class"),
        ({"a.csv": "a,b\n1,2\n"}, "holds 'a.csv'. Name one: rnnsearch init"),
        ({"1.wav": b"RIFF", "2.wav": b"RIFF"}, "holds no text: 2 of '.wav'"),
        ({".hidden": "x"}, "it is empty"),
        ({"a.txt": words("a"), "b.txt": " \n"}, "b.txt holds no sequence"),
    ],
)
def test_what_is_no_folder_of_classes(
    tmp_path: Path, files: dict[str, str | bytes], complaint: str
) -> None:
    with pytest.raises(DataError) as caught:
        draft(filled(tmp_path / "x", files))
    assert complaint in str(caught.value)


def test_options_of_tables_are_refused(tmp_path: Path) -> None:
    folder = filled(tmp_path / "x", {"a.txt": words("a"), "b.txt": words("b")})
    with pytest.raises(InputError, match="is no table"):
        draft(folder, Answers(target=("a",)))
    with pytest.raises(DataError, match="leave --task out"):
        draft(folder, Answers(task="tags"))
