"""The champion's schedule as a file that trains it again."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from contracts import hand_made

from rnnsearch.space.load import load
from rnnsearch.study.schedule import write_schedule
from rnnsearch.training.changes import current

CHANGES = {"learning_rate@3": 0.5, "learning_rate@6": 0.25}


def test_the_file_trains_the_whole_schedule_and_an_older_one_is_taken_away(tmp_path: Path) -> None:
    plain = hand_made.record(0, best=0.25)
    copy = replace(plain, number=1, params={**plain.params, "training.changes": CHANGES}, parent=0)
    won = hand_made.result(tmp_path, [plain, copy], won_by=hand_made.champion(1, 0.25))
    path = won.directory.schedule
    path.parent.mkdir()
    write_schedule(won)
    spec = load(path)
    assert not spec.parameters
    assert spec.values["model.cell"] == "rnn"
    assert spec.search.finalists.seeds == won.spec.search.finalists.seeds
    config = won.best_config
    assert dict(spec.values["training.changes"]) == CHANGES
    assert [current(config, epoch).training.learning_rate for epoch in (0, 3, 6)] == [
        1e-3,
        0.5,
        0.25,
    ]

    write_schedule(replace(won, champion=None))
    assert not path.exists()
    write_schedule(replace(won, champion=hand_made.champion(0, 0.25)))
    assert not path.exists()
