"""What every place for snapshots promises."""

from __future__ import annotations

import pytest

from rnnsearch.errors import PackError
from rnnsearch.models.config import ModelConfig
from rnnsearch.search.snapshot_place import SnapshotPlace
from rnnsearch.search.snapshots import Snapshots
from rnnsearch.tasks.sine.config import SineConfig
from rnnsearch.training.config import TrainingConfig, TrialConfig
from rnnsearch.training.snapshot import TrialSnapshot

CONFIG = TrialConfig(
    task=SineConfig(),
    model=ModelConfig(),
    training=TrainingConfig(learning_rate=0.1, max_epochs=9, steps_per_epoch=100),
    seed=1,
)


def states(epoch: int) -> dict[str, TrialSnapshot]:
    return {"7": TrialSnapshot(config=CONFIG, epoch=epoch)}


class SnapshotPlaceContract:
    """A test module inherits this, and has a fixture `place`: an empty `SnapshotPlace`."""

    def test_the_last_two_of_a_name_are_kept(self, place: SnapshotPlace) -> None:
        place.write("p.snap", states(1))
        assert not place.has_earlier("p.snap")
        place.write("p.snap", states(2))
        place.write("p.snap", states(3))
        assert place.has_earlier("p.snap")
        assert place.read("p.snap")["7"].epoch == 3
        assert place.read("p.snap", before=True)["7"].epoch == 2

    def test_a_missing_file_is_told_with_its_name(self, place: SnapshotPlace) -> None:
        with pytest.raises(PackError, match=r"cannot read the snapshot .*none\.snap"):
            place.read("none.snap")

    def test_what_fits_is_looked_for_in_both(self, place: SnapshotPlace) -> None:
        place.write("p.snap", states(1))
        place.write("p.snap", states(2))
        complaints: list[str] = []
        files = Snapshots(place, complaints.append)
        state = files.newest("p.snap", "7", lambda one: one.epoch < 2)
        assert state is not None
        assert state.epoch == 1
        assert files.newest("p.snap", "8", lambda one: True) is None
        assert files.newest("q.snap", "7", lambda one: True) is None
        assert len(complaints) == 1

    def test_a_file_is_removed_with_the_one_before_it(self, place: SnapshotPlace) -> None:
        place.write("q.snap", states(5))
        for epoch in (1, 2):
            place.write("p.snap", states(epoch))
        for _ in range(2):
            place.remove("p.snap")
            assert not place.has_earlier("p.snap")
            with pytest.raises(PackError):
                place.read("p.snap")
        assert place.read("q.snap")["7"].epoch == 5

    def test_a_mark_tells_one_run_from_the_next(self, place: SnapshotPlace) -> None:
        place.mark("first")
        assert (place.why_unseen("first"), place.why_unseen("")) == ("", "")
        place.mark("second")
        assert place.why_unseen("second") == ""
        assert "it" in place.why_unseen("first")

    def test_nothing_is_left_of_a_trial_and_after_all(self, place: SnapshotPlace) -> None:
        place.try_out()
        place.write("p.snap", states(1))
        place.mark("first")
        place.clear()
        with pytest.raises(PackError):
            place.read("p.snap")
        assert place.why_unseen("first") != ""
        place.clear()
        place.write("p.snap", states(2))
        assert place.read("p.snap")["7"].epoch == 2
