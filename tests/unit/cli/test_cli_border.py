"""What goes wrong becomes words and an exit status, never a traceback of ours."""

from __future__ import annotations

import inspect
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from rnnsearch import errors
from rnnsearch.cli import app
from rnnsearch.cli.app import in_words, main
from rnnsearch.errors import Mistake, NoUsableTrialError, RnnsearchError, SpaceFileError

EVERY = [
    one for _, one in inspect.getmembers(errors, inspect.isclass) if issubclass(one, RnnsearchError)
]


@pytest.mark.parametrize("kind", EVERY, ids=lambda kind: kind.__name__)
def test_every_error_of_ours_is_words(kind: type[RnnsearchError]) -> None:
    error = kind([Mistake("it is so")]) if kind is SpaceFileError else kind("it is so")
    told = in_words(error)
    assert told is not None
    assert "it is so" in told[0]
    assert told[1] == (1 if kind is NoUsableTrialError else 2)


def test_what_a_disk_or_a_memory_refuses() -> None:
    assert in_words(PermissionError(13, "Permission denied", "/a")) == (
        "error: /a: Permission denied",
        2,
    )
    assert in_words(MemoryError()) == (
        "error: there is not enough memory for that; ask for less",
        2,
    )


def raised(run: Callable[[], object]) -> Exception:
    try:
        run()
    except Exception as error:
        return error
    raise AssertionError


def test_a_fault_in_code_of_theirs_is_named_and_one_of_ours_is_not(tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text("def f():\n    return 1 / 0\n")
    code = compile((tmp_path / "mine.py").read_text(), str(tmp_path / "mine.py"), "exec")
    space: dict[str, Callable[[], object]] = {}
    exec(code, space)
    told = in_words(raised(space["f"]))
    assert told == (
        "error: code of your own raised ZeroDivisionError: division by zero "
        f"({tmp_path / 'mine.py'}:2, in f)",
        2,
    )
    assert in_words(ZeroDivisionError("without a way")) is None


@pytest.mark.parametrize(
    "command", [["trials", "none"], ["check", "/dev/zero"], ["check", "none\0.yaml"]]
)
def test_the_command_line_leaves_with_words(
    command: list[str], capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    more = ["--storage", str(tmp_path)] if command[0] == "trials" else []
    with pytest.raises(SystemExit) as left:
        main([*command, *more])
    assert left.value.code == 2
    assert "error" in capsys.readouterr().err.lower()


def test_a_name_that_is_no_text_can_be_printed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A space file whose name is no UTF-8 can be checked on a terminal that shows ASCII alone."""
    import subprocess
    import sys

    name = os.fsencode(tmp_path) + b"/n\xff\xe9.yaml"
    with open(name, "w") as file:
        file.write("name: b\ntask: {type: sine, num_points: 9, rollout: {steps: [1]}}\n")
    done = subprocess.run(
        [sys.executable, "-m", "rnnsearch.cli.app", "check", name],
        capture_output=True,
        env={**os.environ, "PYTHONIOENCODING": "ascii"},
        check=False,
    )
    assert b"Traceback" not in done.stderr, done.stderr
    assert done.returncode == 0


def test_a_fault_of_ours_keeps_its_traceback(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(args: object) -> None:
        raise KeyError("ours")

    monkeypatch.setattr(app, "app", broken)
    monkeypatch.setattr(app, "place_of", lambda error: "")
    with pytest.raises(KeyError):
        main(["check", "x"])


@pytest.mark.parametrize(
    "sizes",
    [
        ["--num-layers", "65535"],
        ["--seq-len", "1000000"],
        ["--hidden-sizes", "9" * 30],
        ["--input-size", "1000000", "--batch-size", "1000000"],
        ["--output-size", "1" + "0" * 40],
    ],
)
def test_no_more_is_explained_than_can_be_computed(
    sizes: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as left:
        main(["explain", "lstm", *sizes])
    assert left.value.code == 2
    assert "Traceback" not in capsys.readouterr().err
