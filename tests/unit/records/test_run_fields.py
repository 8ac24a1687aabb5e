"""What of an event becomes a row of its MLflow run."""

from __future__ import annotations

from rnnsearch.events import ChampionChosen
from rnnsearch.records.run_fields import champion_rows


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
