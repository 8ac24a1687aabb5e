"""A study whose sampler tries each configuration once is extended by what is left of them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from rnnsearch.errors import InputError
from rnnsearch.search.directory import StudyDirectory
from rnnsearch.search.ledger.ledger import Ledger
from rnnsearch.space.load import loads
from rnnsearch.space.spec import StudySpec
from rnnsearch.study.extending import extendable

SPACE = """
name: small
task: {type: sine}
model: {cell: {choice: [rnn, lstm]}, hidden_size: {choice: [4, 8, 16]}}
training: {steps_per_epoch: 10, max_epochs: 3}
search: {num_trials: 4, sampler: {type: grid}}
"""
Opened = tuple[StudySpec, StudyDirectory, Ledger]


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[Opened]:
    spec = loads(SPACE, name="small", directory=Path())
    directory = StudyDirectory(tmp_path, "small")
    directory.create()
    ledger = Ledger.create(directory, spec)
    yield spec, directory, ledger
    ledger.close()


def train(ledger: Ledger) -> list[tuple[object, ...]]:
    while (trial := ledger.ask()) is not None:
        ledger.report([(trial.number, 1, 0.5)])
        ledger.finish(trial.number, "complete", reason="")
    return [tuple(one.params.values()) for one in ledger.trials()]


def test_a_grid_goes_on_with_what_it_has_not_tried(opened: Opened) -> None:
    spec, directory, ledger = opened
    assert len(set(train(ledger))) == 4
    said: list[str] = []
    ledger.extend(extendable(spec, directory, ledger, 1, said.append))
    assert not said
    assert len(set(train(ledger))) == 5
    ledger.extend(extendable(spec, directory, ledger, 9, said.append))
    assert said == [
        "note: 1 trial is added and not 9: the sampler grid tries each configuration once, and "
        "there are no more"
    ]
    assert sorted(map(str, train(ledger))) == sorted(map(str, set(train(ledger))))
    assert len(ledger.trials()) == 6


def test_a_grid_of_which_all_was_tried_is_not_begun_again(opened: Opened) -> None:
    spec, directory, ledger = opened
    ledger.extend(2)
    train(ledger)
    assert extendable(spec, directory, ledger, 0, print) == 0
    with pytest.raises(InputError, match=r"all 6 of the space .*rnnsearch fork small --widen"):
        extendable(spec, directory, ledger, 1, print)
    assert ledger.num_trials == 6


def test_other_samplers_are_extended_by_any_number(opened: Opened) -> None:
    _, directory, ledger = opened
    other = loads(SPACE, name="s", directory=Path(), overrides=["search.sampler={type: qmc}"])
    assert extendable(other, directory, ledger, 99, print) == 99
