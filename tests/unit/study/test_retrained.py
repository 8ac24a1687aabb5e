"""A study that is made of another one's champion."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from rnnsearch.errors import ModelError, StudyExistsError
from rnnsearch.events import ChampionChosen
from rnnsearch.search.directory import StudyDirectory
from rnnsearch.search.ledger.ledger import Ledger
from rnnsearch.search.lock import StudyLock
from rnnsearch.space.load import loads
from rnnsearch.study import Study

SPACE = """
name: word
task: {type: text, text: "the end of the word the end of the word", sample: 0}
model: {cell: {choice: [rnn, gru]}, hidden_size: {int: [4, 9]}}
training: {seq_len: 4, max_epochs: 3}
search: {num_trials: 2}
"""


def searched(storage: Path, *, crowned: bool = True) -> Study:
    """A study with one trial, and a note of it as the champion."""
    spec = loads(SPACE, name="word", directory=storage)
    directory = StudyDirectory(storage, "word")
    directory.create()
    directory.yaml.write_text(spec.yaml, encoding="utf-8")
    ledger = Ledger.create(directory, spec)
    assert ledger.ask() is not None
    ledger.report([(0, 1, 2.5)])
    ledger.finish(0, "complete", reason="", epoch=1)
    champion = ChampionChosen(1.0, 0, 5, "gone", {"val_nats": 2.5}, {})
    if crowned:
        ledger.note(lambda notes: replace(notes, champion=champion))
    ledger.close()
    return Study.open("word", storage=storage)


def test_the_champions_configuration_is_all_there_is(tmp_path: Path) -> None:
    study = searched(tmp_path)
    again = study.retrained(seeds=4)
    assert (again.spec.name, again.resumed) == ("word-retrained", False)
    assert again.spec.parameters == {}
    assert again.spec.search.finalists.seeds == 4
    for key, value in study.result().best_trial.params.items():
        assert again.spec.values[key] == value
    assert again.notes == ["trial 0 of the study word, trained again"]
    assert not again.directory.root.exists(), "nothing is written before it runs"


def test_what_is_other_than_in_the_search_is_noted(tmp_path: Path) -> None:
    split = "task.split={train: 0.9, val: 0, test: 0.1}"
    again = searched(tmp_path).retrained(overrides=[split, "search.time_budget=9s"])
    assert again.spec.search.metric == "train_nats"
    assert again.notes == [
        f"trial 0 of the study word, trained again; other than there: {split}",
        "the task reports no val_nats any more; epochs and seeds are judged by train_nats, and the "
        "test part chooses nothing",
    ]


def test_names_that_are_taken(tmp_path: Path) -> None:
    study = searched(tmp_path)
    StudyDirectory(tmp_path, "word-retrained").create()
    assert study.retrained().spec.name == "word-retrained-2"
    with pytest.raises(StudyExistsError, match="rnnsearch resume word --storage"):
        study.retrained(name="word")


def test_without_a_champion_there_is_nothing_to_train_again(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="no champion yet"):
        searched(tmp_path, crowned=False).retrained()


def test_while_a_study_is_searched_its_champion_is_waited_for(tmp_path: Path) -> None:
    study = searched(tmp_path, crowned=False)
    with pytest.raises(ModelError, match="Go on with it: rnnsearch resume word"):
        study.result().winner()
    at_work = pytest.raises(ModelError, match="the search is at work")
    with StudyLock(study.directory), at_work as refused:
        study.result().winner()
    assert "rnnsearch watch word --storage" in str(refused.value)
    assert "resume" not in str(refused.value)
