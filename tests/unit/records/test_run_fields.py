"""What of an event becomes a row of its MLflow run."""

from __future__ import annotations

from dataclasses import replace

from rnnsearch.events import ChampionChosen, TrialEnded, TrialStarted
from rnnsearch.records.run_fields import champion_rows, ending_tags, seed_group, starting_tags


def test_mean_and_spread_over_the_seeds_have_names_of_their_own() -> None:
    event = ChampionChosen(
        9.0, 7, 5, "/c", {}, {}, seeds=(5, 6), mean={"test_mse": 0.2}, std={"test_mse": 0.1}
    )
    assert champion_rows(event, 17) == [
        ("test_mse_seeds_mean", 0.2, 9.0, 17),
        ("test_mse_seeds_std", 0.1, 9.0, 17),
    ]


def test_a_single_seed_has_no_mean_of_its_own() -> None:
    event = ChampionChosen(9.0, 7, 5, "/c", {}, {}, seeds=(5,), mean={"test_mse": 0.2})
    assert champion_rows(event, 17) == []


def test_numbers_behind_an_end_are_tags() -> None:
    numbers = {"stopped_rung": 9.0, "stopped_value": 0.1 + 0.2, "stopped_rank": 3.0}
    end = TrialEnded(9.0, 7, "pruned", "why", 9, 0.3, 0.3, 9, 1.5, numbers=numbers)
    tags = ending_tags(end)
    assert (tags["stopped_rung"], tags["stopped_value"], tags["stopped_rank"]) == ("9", "0.3", "3")


def test_trials_whose_seeds_alone_differ_are_one_group() -> None:
    params = {"model.cell": "rnn", "training.learning_rate": 0.1}
    assert seed_group(params) == seed_group(dict(reversed(params.items())))
    assert seed_group(params) != seed_group(params | {"training.learning_rate": 0.2})


def test_devices_and_nodes_are_tags_where_they_are_known() -> None:
    plain = TrialStarted(0.0, 9, "trial-0009-rnn", {}, {}, 7, "pack-01")
    assert not {"device", "node"} & starting_tags(plain).keys()
    moved = replace(plain, devices=("gpu", "cpu"), nodes=("a",))
    tags = starting_tags(moved)
    assert (tags["device"], tags["node"]) == ("gpu, cpu", "a")


def test_a_copy_is_told_of_whom_by_tags() -> None:
    plain = TrialStarted(0.0, 9, "trial-0009-rnn", {}, {}, 7, "pack-01")
    assert "parent_trial" not in starting_tags(plain)
    copy = TrialStarted(0.0, 9, "x", {}, {}, 7, "pack-01", parent=0, parent_epoch=5, replaces=2)
    tags = starting_tags(copy)
    assert tags.items() >= {"parent_trial": "0", "parent_epoch": "5", "replaces_trial": "2"}.items()
