"""A user's own code that will not do is named with its line and with what was tried on it."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from pathlib import Path

import pytest

from rnnsearch.errors import Mistake, SpaceFileError
from rnnsearch.space.load import loads

NUMBERS = itertools.count()

CELL = """
import torch
from torch import nn
class Cell(nn.Module):
    def __init__(self, input_size, hidden_size):
        super().__init__()
        {made}
        self.step = nn.Linear(input_size + hidden_size, hidden_size)
    def forward(self, x, state):
        {before}
        y = torch.tanh(self.step(torch.cat((x, state[0]), 1)))
        return {given}
"""

Write = Callable[[str], str]


@pytest.fixture
def write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Write:
    """Write a module that no test before has imported; gives its name."""
    monkeypatch.syspath_prepend(tmp_path)

    def written(text: str) -> str:
        name = f"planted{next(NUMBERS)}"
        (tmp_path / f"{name}.py").write_text(text)
        return name

    return written


def cell(made: str = "pass", before: str = "pass", given: str = "y, (y,)") -> str:
    return CELL.format(made=made, before=before, given=given)


def mistakes(text: str) -> tuple[Mistake, ...]:
    with pytest.raises(SpaceFileError) as caught:
        loads(text, name="own", directory=Path())
    return caught.value.mistakes


def of_cell(path: str, more: str = "hidden_size: {int: [4, 8]}") -> str:
    (mistake,) = mistakes(f"task: {{type: sine}}\nmodel:\n  cell: {path}\n  {more}\n")
    assert (mistake.key, mistake.line) == ("model.cell", 3)
    return mistake.message


def test_a_good_cell_is_taken_with_the_sizes_that_it_will_have(write: Write) -> None:
    fours = cell("assert hidden_size % 4 == 0, hidden_size")
    module = write(fours)
    text = f"task: {{type: sine}}\nmodel: {{cell: '{module}:Cell', hidden_size: 4}}\n"
    assert loads(text, name="own", directory=Path()).values["model.cell"] == f"{module}:Cell"


@pytest.mark.parametrize(
    ("made", "line"),
    [
        ("raise ValueError('only fives')", 7),
        ("assert hidden_size % 5 == 0, 'only fives'", 7),
        ("raise SystemExit('only fives')", 7),
        ("torch.zeros(2) @ torch.zeros(3)", 7),
        ("input('how many? ')", 7),
    ],
)
def test_a_cell_that_raises_as_it_is_made(made: str, line: int, write: Write) -> None:
    module = write(cell(made))
    said = of_cell(f"{module}:Cell")
    assert f"{module}:Cell(input_size=1, hidden_size=4) raised" in said
    assert f"{module}.py:{line}, in __init__" in said


def test_a_cell_that_raises_in_its_second_step(write: Write) -> None:
    module = write(cell("self.steps = 0", "self.steps += 1; 1 / (self.steps - 2)"))
    said = of_cell(f"{module}:Cell", "num_layers: 2\n  hidden_size: 4")
    assert "called as cell(x, state) with x (3, 1), state (3, 4)" in said
    assert "ZeroDivisionError" in said
    assert f"{module}.py:10, in forward" in said


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ("y", "an object of the class Tensor and not the two"),
        ("None", "None and not the two"),
        ("y, y", "the state as an object of the class Tensor"),
        ("y, (y, y)", "a state of shapes (3, 4), (3, 4) where it was given (3, 4)"),
        ("y[:, :1], (y,)", "y of shape (3, 1) and not (3, 4)"),
        ("y.double(), (y,)", "y as torch.float64 and not as torch.float32"),
        ("y / 0, (y,)", "not finite in y"),
        ("y, (y * float('nan'),)", "not finite in part 0 of its state"),
        ("y.detach().numpy(), (y,)", "y as an object of the class ndarray"),
    ],
)
def test_a_cell_that_gives_something_else(given: str, words: str, write: Write) -> None:
    said = of_cell(f"{write(cell(given=given))}:Cell")
    assert words in said
    assert "input_size=1, hidden_size=4" in said
    assert "A cell is\nclass MyCell" in said


@pytest.mark.parametrize(
    ("told", "words"),
    [("3.5,", "whole numbers"), ("0,", "at least 1"), ("1, 1, 1, 1, 1", "1 to 4 are kept")],
)
def test_a_cell_with_strange_states(told: str, words: str, write: Write) -> None:
    assert words in of_cell(f"{write(cell(f'self.state_sizes = ({told})'))}:Cell")


THINGS = """
import functools
from torch import nn
def function(input_size, hidden_size): ...
wrapped = lambda *sizes: None
part = functools.partial(nn.Linear, 3)
made = nn.Linear(2, 2)
number = 3
class Plain: ...
"""


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("function", "is a function, and a cell is a class"),
        ("wrapped", "is a lambda, and a cell is a class"),
        ("part", "is a functools.partial, and a cell is a class"),
        ("made", "is an object of the class Linear, and a cell is a class"),
        ("number", "is an object of the class int, and a cell is a class"),
        ("Plain", "is no torch.nn.Module"),
        ("Missing", "has no Missing"),
    ],
)
def test_what_is_no_cell(name: str, words: str, write: Write) -> None:
    assert words in of_cell(f"{write(THINGS)}:{name}")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("1 / 0", "ZeroDivisionError: division by zero ({file}:1, in <module>)"),
        ("def f(:", "SyntaxError: invalid syntax ({file}:1)"),
        ("import sys; sys.exit(3)", "SystemExit(3): it ends the program ({file}:1, in <module>)"),
        ("import no_such_thing_at_all", "No module named 'no_such_thing_at_all' ({file}:1"),
        ("input('name? ')", "nobody is there to answer a question ({file}:1"),
        ("raise KeyError", "KeyError ({file}:1"),
    ],
)
@pytest.mark.parametrize("noun", ["cell", "task"])
def test_a_module_that_cannot_be_imported(
    noun: str, text: str, words: str, write: Write, tmp_path: Path
) -> None:
    module = write(text)
    if noun == "cell":
        said = of_cell(f"{module}:Cell")
    else:
        (mistake,) = mistakes(f"task: {{type: '{module}:Task'}}\n")
        assert mistake.key == "task.type"
        said = mistake.message
    assert f"cannot import the {noun} {module}:" in said
    assert words.format(file=tmp_path / f"{module}.py") in said


@pytest.mark.parametrize("name", ["__main__:Thing", "__mp_main__:Thing"])
def test_the_script_that_is_run_is_no_module(name: str) -> None:
    assert "write my_cells:Thing" in of_cell(name)
    (mistake,) = mistakes(f"task: {{type: '{name}'}}\n")
    assert "write my_tasks:Thing" in mistake.message


def test_a_class_that_a_module_took_from_the_script(write: Write) -> None:
    module = write("class Cell: ...\nCell.__module__ = '__main__'\n")
    assert "write my_cells:Cell" in of_cell(f"{module}:Cell")


def test_a_task_that_is_made_in_a_function(write: Write) -> None:
    module = write(
        "from dataclasses import dataclass\n"
        "def make():\n"
        "    @dataclass(frozen=True)\n"
        "    class Task:\n"
        "        batch = metrics = evaluate = None\n"
        "        input_size = output_size = 1\n"
        "    return Task\n"
        "Task = make()\n"
    )
    (mistake,) = mistakes(f"task: {{type: '{module}:Task'}}\n")
    assert "made inside of a function, as make.<locals>.Task" in mistake.message


TASK = """
from dataclasses import dataclass
import numpy as np
from rnnsearch import Metric
@dataclass(frozen=True)
class Task:
    size: int = 3
    input_size = output_size = 1
    def __post_init__(self):
        {made}
    def batch(self, generator, size):
        {drawn}
        return generator.random((size, 5, 1)), generator.random((size, 5, 1))
    def metrics(self):
        {named}
        return [Metric("val_mse", "", "minimize", "")]
    def evaluate(self, predict, part):
        {judged}
        return {{f"{{part}}_mse": float(predict(np.ones((2, 5, 1))).mean())}}
"""


@pytest.mark.parametrize(
    ("where", "call", "line"),
    [
        ("made", "Task(size=3)", "10, in __post_init__"),
        ("drawn", "Task.batch(generator, size=2)", "12, in batch"),
        ("named", "Task.metrics()", "15, in metrics"),
        ("judged", "Task.evaluate(predict, 'val'), with a network that answers 0,", "18, in eval"),
    ],
)
@pytest.mark.parametrize("raised", ["1 / 0", "exit(1)", "input()", "predict"])
def test_a_task_that_raises(where: str, call: str, line: str, raised: str, write: Write) -> None:
    if where == "judged" and raised == "predict":
        raised = "predict(None)"
    parts = dict.fromkeys(("made", "drawn", "named", "judged"), "pass") | {where: raised}
    module = write(TASK.format(**parts))
    (mistake,) = mistakes(f"name: own\ntask:\n  type: '{module}:Task'\n")
    assert mistake.line in (2, 3)
    assert f"{call} raised " in mistake.message
    assert f"{module}.py:{line}" in mistake.message


def test_what_own_code_prints_stays_out_of_the_result(
    write: Write, capsys: pytest.CaptureFixture[str]
) -> None:
    module = write("print('imported')\n" + cell("print('made')", "print('stepped')"))
    text = f"task: {{type: sine}}\nmodel: {{cell: '{module}:Cell', hidden_size: 4}}\n"
    loads(text, name="own", directory=Path())
    shown = capsys.readouterr()
    assert shown.out == ""
    assert {"imported", "made", "stepped"} <= set(shown.err.split())
