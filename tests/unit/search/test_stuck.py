"""Which trainings are suspected of killing their packs."""

from __future__ import annotations

from rig import paper_spec

from rnnsearch.search.stuck import MOST, Stuck


def after(*epochs: int) -> Stuck:
    stuck = Stuck()
    for epoch in epochs:
        stuck = stuck.again(epoch)
    return stuck


def test_what_comes_no_further_between_crashes_is_suspect() -> None:
    assert not after(0, 0).suspect
    assert after(0, 0, 0).suspect
    assert after(4, 4, 4).suspect
    assert not after(4, 4, 5).suspect
    assert after(4, 5, 5, 5).suspect
    assert after(*[7] * MOST).crashes == MOST


def test_packs_that_die_of_something_else_make_nobody_suspect(rigs) -> None:
    """All packs die, and again after trials have come two epochs further than before."""
    rig = rigs(paper_spec("search.scheduler={type: none}", "search.num_trials=6"), places=2)

    def crash(turn: int) -> None:
        if turn in (4, 10, 18):
            for pack_id in list(rig.workers):
                rig.crash(pack_id)

    rig.run(each_turn=crash)
    rig.end()
    crashes = [one.crashes for one in rig.ledger.trials()]
    assert min(crashes) >= MOST
    assert {one.state for one in rig.ledger.trials()} == {"complete"}
    assert not any(one.alone for one in rig.ledger.trials())
