"""A training script that takes its process down, whatever it is given."""

from __future__ import annotations

from pathlib import Path

import pytest
from rig import Rig

from rnnsearch.errors import DataError
from rnnsearch.events import PackLost
from rnnsearch.space.load import loads

SPACE = """
task: {type: script, function: "unit.training.test_script_trials:walk", metric: val_mse}
params: {width: {uniform: [0, 1]}}
search: {num_trials: 50}
"""


def test_a_script_that_crashes_its_packs_ends_the_study(tmp_path: Path) -> None:
    rig = Rig(tmp_path, loads(SPACE, name="paper", directory=tmp_path), places=1, slots=1)

    def crash_all() -> None:
        for _ in range(60):
            pack = rig.open_pack()
            rig.step(pack)
            rig.crash(pack)

    with pytest.raises(DataError, match="failed on all of the first 3 trials") as caught:
        crash_all()
    assert "With `process: own` under `task`" in str(caught.value)
    assert len(rig.notebook.of(PackLost)) == 12
    rig.end()
    assert rig.ledger.counts() == {"failed": 3}
