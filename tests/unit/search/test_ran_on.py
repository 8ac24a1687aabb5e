"""What trials were trained on is in the ledger and told, where packs may be of several kinds."""

from __future__ import annotations

from typing import Any

import pytest
from rig import Rig, paper_spec

from rnnsearch.events import TrialStarted
from rnnsearch.search.ran_on import RanOn, devices_of, in_words, nodes_of, stays_from, with_stay
from rnnsearch.search.tally import Tally

MIXED = "resources={gpus_per_pack: 0.5, cpus_without_gpu: 1}"
ONE = "search.num_trials=1"


def stepped(rig: Rig, device: str, steps: int) -> str:
    """A pack on such a device that has sent so many reports."""
    pack = rig.open_pack()
    rig.workers[pack].device = device
    for _ in range(steps):
        rig.step(pack)
    return pack


def test_a_trial_that_moves_between_kinds_keeps_both_over_a_resume(rigs) -> None:
    rig = rigs(paper_spec(MIXED, ONE), places=1)
    rig.crash(stepped(rig, "gpu", 4))
    assert devices_of(rig.ledger.trial(0).ran_on) == ("gpu",)
    rig.crash(stepped(rig, "gpu", 1))
    assert len(rig.ledger.trial(0).ran_on) == 1, "it came back to the same kind and node"
    stepped(rig, "cpu", 2)
    assert devices_of(rig.ledger.trial(0).ran_on) == ("gpu", "cpu")
    assert rig.ledger.trial(0).ran_on[1].epoch == 3
    rig.end()

    again = rigs(paper_spec(MIXED, ONE), places=1, resume=True)
    assert devices_of(again.ledger.trial(0).ran_on) == ("gpu", "cpu")
    pack = stepped(again, "gpu", 1)
    started = again.notebook.of(TrialStarted)[-1]
    assert (started.devices, len(started.nodes)) == (("gpu", "cpu"), 1)
    while pack in again.workers:
        again.step(pack)
    record = again.ledger.trial(0)
    assert record.state == "complete"
    assert [stay.device for stay in record.ran_on] == ["gpu", "cpu", "gpu"]
    again.end()
    kept = rigs(paper_spec(MIXED, ONE), resume=True).ledger.trial(0)
    assert kept.ran_on == record.ran_on


@pytest.mark.parametrize("kinds", ["{}", "{gpus_per_pack: 0.5, cpus_without_gpu: 1}"])
def test_a_run_says_how_busy_packs_of_every_kind_were(kinds: str, paper_study: Any) -> None:
    tally = Tally()
    paper_study(f"resources={kinds}", "search.num_trials=30").run(tally=tally)
    assert (tally.figures(1.0).get("pack_utilisation") or 0) > 0


def test_a_study_of_one_kind_notes_nothing(rigs) -> None:
    rig = rigs(paper_spec())
    rig.run()
    assert not any(one.ran_on for one in rig.ledger.trials())
    assert not any(one.devices or one.nodes for one in rig.notebook.of(TrialStarted))


def test_stays_on_the_same_kind_and_node_are_one() -> None:
    stays = with_stay((), RanOn("gpu", "a", 0))
    assert with_stay(stays, RanOn("gpu", "a", 5)) == stays
    stays = with_stay(with_stay(stays, RanOn("gpu", "b", 2)), RanOn("cpu", "a", 7))
    assert stays == stays_from([["gpu", "a", 0], ["gpu", "b", 2], ["cpu", "a", 7]])
    assert (devices_of(stays), nodes_of(stays)) == (("gpu", "cpu"), ("a", "b"))
    assert in_words(stays) == (
        "trained on the GPU of a, after epoch 2 on the GPU of b, after epoch 7 on the CPU of a"
    )
    assert in_words(()) == ""
