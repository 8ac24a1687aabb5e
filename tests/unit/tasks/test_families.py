"""Each line of the table of tasks, and what is asked of any of them."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from rnnsearch.errors import DataError
from rnnsearch.tasks.families import BUILT_IN, family, family_of, use_of
from rnnsearch.tasks.family import imported_object
from rnnsearch.tasks.model_facts import ModelDescription
from rnnsearch.tasks.sine.config import SineConfig


@pytest.mark.parametrize("name", BUILT_IN)
def test_a_line_names_a_family_that_knows_its_configs(name: str) -> None:
    found = family(name)
    assert found.name == name
    assert family_of(found.config()) is found
    assert callable(imported_object(found.data))
    assert found.own_loop or isinstance(imported_object(found.task), type)
    assert not found.known or callable(imported_object(found.known))


def test_what_is_no_task_is_said() -> None:
    with pytest.raises(DataError, match="'chess' is no task; tasks are series, sine"):
        family("chess")


def test_a_task_that_lends_its_data_can_do_what_its_lender_can() -> None:
    @dataclass(frozen=True)
    class Lent:
        load = build = None

    told = ModelDescription({}, {"task": "labels", "reads": "text"})
    assert use_of(family_of(Lent()), told).head == "last"
    assert (
        use_of(family_of(Lent()), ModelDescription({}, {"task": "sine"})).does == "predicts numbers"
    )
    assert family_of(SineConfig()).judged_by({"task.rollout.steps": (3,)}, ["val_mse"]) == "val_mse"
