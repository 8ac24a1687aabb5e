"""`init`: what it writes loads as it stands, and what it cannot learn it says."""

from __future__ import annotations

from pathlib import Path

import pytest

from rnnsearch.errors import DataError, SpaceFileError
from rnnsearch.space.draft import draft
from rnnsearch.space.field_types import literals
from rnnsearch.space.fields import all_fields
from rnnsearch.space.load import loads
from rnnsearch.space.trial import task_config
from rnnsearch.tasks.base import Window
from rnnsearch.tasks.load import load_data


def text_of(length: int) -> str:
    return "".join(chr(97 + (i * i + i // 7) % 26) for i in range(length))


@pytest.mark.parametrize("length", [2, 5, 150, 199, 200, 260, 500, 2_000, 20_000, 150_000])
def test_a_text_of_any_length_gets_a_file_that_runs(tmp_path: Path, length: int) -> None:
    path = tmp_path / "my text: 1.txt"
    path.write_text(text_of(length))
    yaml = draft(path).yaml
    assert f"{length:,} characters" in yaml
    spec = loads(yaml, name="x", directory=Path("/"))
    assert spec.name == "my-text-1"
    assert spec.values["task.path"] == str(path)
    assert spec.parameters
    if length >= 500:
        data = load_data(task_config(spec.values))
        largest = Window(
            batch_size=max(members(spec.parameters, spec.values, "training.batch_size")),
            seq_len=max(members(spec.parameters, spec.values, "training.seq_len")),
        )
        assert data.window_problem(largest) is None
        assert data.rows()["train"] // (largest.batch_size * (largest.seq_len or 1)) >= 20


def members(parameters: object, values: object, key: str) -> tuple[int, ...]:
    if key in values:  # type: ignore[operator]
        return (values[key],)  # type: ignore[index]
    return parameters[key].distribution.members  # type: ignore[index,no-any-return]


def test_a_text_of_one_letter_is_too_short(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("a")
    with pytest.raises(SpaceFileError, match="too short"):
        draft(tmp_path / "a.txt")


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        (b"", "is empty"),
        (b" \n", "is empty"),
        (b"caf\xe9", "iconv"),
        (b"a\x00b", "zero bytes"),
    ],
)
def test_what_is_no_text(tmp_path: Path, raw: bytes, words: str) -> None:
    path = tmp_path / "x.txt"
    path.write_bytes(raw)
    with pytest.raises(DataError, match=words):
        draft(path)


def test_no_file(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="there is no file"):
        draft(tmp_path / "x.txt")
    with pytest.raises(DataError, match="is a folder"):
        draft(tmp_path)


def test_what_else_a_key_could_be_is_told_by_its_field(tmp_path: Path) -> None:
    path = tmp_path / "text.txt"
    path.write_text(text_of(2_000))
    (line,) = [line for line in draft(path).yaml.splitlines() if "unit:" in line]
    assert line.endswith(f"# {' | '.join(literals(all_fields('text')['task.unit'].type))}")
