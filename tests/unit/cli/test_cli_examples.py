"""`init --example`: what is shipped is listed, and copied with its data; nothing is replaced."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from rnnsearch.cli import examples
from rnnsearch.cli.app import main

SPACES = Path(__file__).parents[3] / "search_spaces"
NAMES = sorted(path.stem for path in SPACES.glob("*.yaml"))


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def run(*words: str, status: int = 0) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["init", *words])
    assert (ended.value.code or 0) == status


def test_without_a_name_each_is_listed_with_the_first_sentence_of_its_comment(
    capsys: pytest.CaptureFixture[str],
) -> None:
    run("--example")
    *listed, empty, last = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in listed] == NAMES
    assert (empty, last) == ("", "write one: rnnsearch init --example sine")
    by_name = dict(line.split(maxsplit=1) for line in listed)
    assert by_name["sine"] == (
        "The classic: predict the next point of a sine wave, and then run the model on its own "
        "predictions."
    )
    for name, words in by_name.items():
        assert words.endswith("."), name
        first = (SPACES / f"{name}.yaml").read_text().splitlines()[0].removeprefix("# ")
        assert words.startswith(first) or first.startswith(words), name
    assert not list(Path().iterdir())


@pytest.mark.parametrize("name", NAMES)
def test_a_copy_says_what_the_shipped_file_says(
    name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    run("--example", name)
    copy = Path(f"{name}.yaml").read_text()
    assert copy == (SPACES / f"{name}.yaml").read_text().replace("search_spaces/", "")
    said = capsys.readouterr().out.splitlines()
    assert said[-3:] == [
        "next:",
        f"  rnnsearch check {name}.yaml",
        f"  rnnsearch run {name}.yaml",
    ]
    path = re.search(r"^  path: (\S+)", copy, re.MULTILINE)
    data = path[1] if path and not path[1].startswith("python:") else None
    if data and (SPACES / data).is_file():
        assert Path(data).read_bytes() == (SPACES / data).read_bytes()
        assert said[:-3] == [f"wrote {data}", f"wrote {name}.yaml"]
    elif data:
        words = f"its data, {data}, is not shipped; the comment at the top of {name}.yaml says more"
        assert said[:-3] == [f"wrote {name}.yaml", words]
        assert re.search(rf"^# .*\b{re.escape(data.split('.')[0])}\b", copy, re.MULTILINE)
    else:
        assert said[:-3] == [f"wrote {name}.yaml"]


def test_the_data_goes_beside_the_file_into_a_folder_that_is_made() -> None:
    run("--example", "load", "-o", "my studies/july.yaml")
    assert sorted(path.name for path in Path("my studies").iterdir()) == ["july.yaml", "load.csv"]
    run("--example", "char", "-o", "my studies/char.yaml")
    assert (
        "rnnsearch run 'my studies/char.yaml' --time-budget 2m"
        in Path("my studies/char.yaml").read_text()
    )


@pytest.mark.parametrize(
    ("name", "remedy"),
    [
        ("sin", "Did you mean sine?"),
        ("Mackey-Glass", "Did you mean mackey_glass?"),
        ("load.yaml", "Did you mean load?"),
        ("zzz", "There are adding, char, "),
    ],
)
def test_a_name_that_is_none_is_said(
    name: str, remedy: str, capsys: pytest.CaptureFixture[str]
) -> None:
    run("--example", name, status=2)
    assert f"error: there is no example {name}. {remedy}" in capsys.readouterr().err
    assert not list(Path().iterdir())


@pytest.mark.parametrize("taken", ["load.yaml", "load.csv"])
def test_nothing_is_replaced_and_the_remedy_works(
    taken: str, capsys: pytest.CaptureFixture[str]
) -> None:
    Path(taken).write_text("mine")
    run("--example", "load", status=2)
    assert Path(taken).read_text() == "mine"
    assert [path.name for path in Path().iterdir()] == [taken]
    error = capsys.readouterr().err
    assert f"error: {taken} exists" in error
    run(*shlex.split(error.strip().partition("rnnsearch init ")[2]))
    assert Path(taken).read_text() == "mine"


def test_the_same_data_serves_two_files() -> None:
    run("--example", "load")
    run("--example", "load", "-o", "load-2.yaml")
    assert Path("load-2.yaml").read_text() == Path("load.yaml").read_text()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ((), "rnnsearch init DATA. A file that needs none: rnnsearch init --example"),
        (("--example", "-o", "x.yaml"), "rnnsearch init --example sine -o x.yaml"),
        (("--example", "load", "--horizon", "3", "--id", "x"), "leave out --id, --horizon."),
    ],
)
def test_words_that_say_nothing_are_refused(
    words: tuple[str, ...], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    run(*words, status=2)
    assert said in capsys.readouterr().err
    assert not list(Path().iterdir())


def test_a_checkout_has_one_source() -> None:
    assert examples.SHIPPED.resolve() == SPACES.resolve()
