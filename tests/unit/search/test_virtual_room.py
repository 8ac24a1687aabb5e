"""A deterministic study goes on where trials lack slots, and says where it cannot."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from rig import Rig, paper_spec

from rnnsearch.errors import ClusterError
from rnnsearch.search.stuck import MOST
from rnnsearch.search.tune.places import Places, plan
from rnnsearch.search.virtual_stage import VirtualStage
from rnnsearch.space.spec import ResourcesConfig

SPACE = ("search.deterministic=true", "search.virtual_workers=4", "search.num_trials=8")


def states(rig: Rig) -> Any:
    return [(one.params, one.state, one.epoch) for one in rig.ledger.trials()]


def impatient(rig: Rig) -> None:
    """Trials at their limits make room at once."""
    stage = rig.control._stage
    assert isinstance(stage, VirtualStage)
    stage._patience = 0.0


def test_a_trial_that_must_be_alone_gets_its_pack(tmp_path: Path) -> None:
    calm = Rig(tmp_path / "calm", paper_spec(*SPACE), places=2, slots=4)
    calm.run()
    calm.end()
    rig = Rig(tmp_path / "crashing", paper_spec(*SPACE), places=2, slots=4)
    impatient(rig)

    def crash(turn: int) -> None:
        if turn in range(2, 2 * MOST + 2, 2):
            for pack_id in list(rig.workers):
                rig.crash(pack_id)

    rig.run(each_turn=crash)
    rig.end()
    assert any(one.alone for one in rig.ledger.trials())
    assert states(rig) == states(calm)


def test_a_pack_that_never_comes_is_not_waited_for(tmp_path: Path) -> None:
    calm = Rig(tmp_path / "calm", paper_spec(*SPACE), places=1, slots=4)
    calm.run()
    calm.end()
    rig = Rig(tmp_path / "half", paper_spec(*SPACE), places=2, slots=4)
    impatient(rig)
    first = rig.open_pack()
    for _ in range(200):
        if rig.control.phase == "search":
            rig.step(first)
    assert rig.control.phase != "search"
    rig.end()
    assert states(rig) == states(calm)


def test_packs_hold_all_that_train_at_a_time() -> None:
    have = [{"CPU": 2.0, "memory": 1e9}]
    assert plan(ResourcesConfig(), have, 60, 1000, together=16) == Places(2, 16)
    assert plan(ResourcesConfig(packs=8), have, 60, 1000, together=16) == Places(8, 16)
    small = plan(ResourcesConfig(), have, 60, 25_000_000, together=16)
    assert small == Places(2, 10), "half of the memory holds ten of them in each pack"
    with pytest.raises(ClusterError, match=r"2 packs of 5 slots .*virtual_workers.*: 16"):
        plan(ResourcesConfig(), have, 60, 50_000_000, together=16)
