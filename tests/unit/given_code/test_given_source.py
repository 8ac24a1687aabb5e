"""The source of classes and functions of a running script, with what they use of it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from unit.given_code.script_like import run_cell

from rnnsearch.errors import InputError
from rnnsearch.given_code import file_name, find, give, give_again, is_given, known, paths_in
from rnnsearch.given_code.source import source_of

CELL = """
import math
from torch import nn

SCALE = 2.0
unused = 3

class Base(nn.Module):
    def extra(self):
        return helper(1)

def helper(x):
    return SCALE * x * math.pi

class Net(Base):
    '''A network.'''

    def __init__(self, input_size, units: int = 8):
        super().__init__()
        self.unused = units

    def forward(self, x, lengths):
        return [helper(one) for one in x]
"""


@pytest.fixture
def cell() -> Iterator[dict[str, Any]]:
    with run_cell(CELL) as names:
        yield names


def test_the_source_holds_all_that_is_used(cell: dict[str, Any]) -> None:
    text = source_of(cell["Net"])
    order = [text.index(one) for one in ("SCALE = 2.0", "def helper", "class Base", "class Net")]
    assert order == sorted(order)
    assert "unused =" not in text.replace("self.unused = units", "")
    again: dict[str, Any] = {"math": cell["math"], "nn": cell["nn"], "__name__": "elsewhere"}
    exec(text, again)
    assert again["helper"](1) == cell["helper"](1)


def test_a_path_changes_with_whatever_is_used(cell: dict[str, Any]) -> None:
    path = give(cell["Net"])
    assert is_given(path)
    assert find(path, "network") is cell["Net"]
    assert file_name(path) == f"Net-{path[-8:]}"
    with run_cell(CELL) as same:
        assert give(same["Net"]) == path
        assert find(path, "network") is same["Net"]
    for before, after in (("SCALE = 2.0", "SCALE = 3.0"), ("* x", "- x"), ("8)", "9)")):
        with run_cell(CELL.replace(before, after)) as other:
            assert give(other["Net"]) != path
    with run_cell(CELL.replace("unused = 3", "unused = 4")) as other:
        assert give(other["Net"]) == path


def test_what_a_script_defines_again_is_found_by_itself() -> None:
    with run_cell(CELL.replace("8)", "11)")) as names:
        from rnnsearch.given_code import _path_of

        path = _path_of(names["Net"], source_of(names["Net"]))
        assert known([path]) == {path: names["Net"]}
    strange = "__main__:Net_00000000"
    assert known([strange]) == {}
    with pytest.raises(
        InputError, match=r"code/Net-00000000\.py.*Study\.open\(\.\.\., code=\[Net\]"
    ):
        find(strange, "network")


def test_a_study_is_given_what_it_was_started_with(cell: dict[str, Any]) -> None:
    path = give(cell["Net"])
    give_again([cell["Net"]], [path])
    with pytest.raises(InputError, match=f"needs no helper of a script or a notebook, but {path}"):
        give_again([cell["helper"]], [path])
    with (
        run_cell(CELL.replace("* x", "/ x")) as other,
        pytest.raises(InputError, match=rf"Net has changed.*made it {path}.*code/Net-.*\.py"),
    ):
        give_again([other["Net"]], [path])
    assert paths_in(f"a: {path}\nb: [{path}, my.module:Net_12345678]") == [path]


def test_what_has_no_source_is_refused() -> None:
    names: dict[str, Any] = {"__name__": "__main__"}
    exec("class Typed:\n    def forward(self): ...", names)
    with pytest.raises(InputError, match="source of Typed cannot be read"):
        give(names["Typed"])
