"""What the screen says of a winner's registration, and the command that decides otherwise."""

from __future__ import annotations

from pathlib import Path

from rnnsearch.cli.registered import registered_lines
from rnnsearch.records.tracking_uri import default_tracking_uri
from rnnsearch.search.ledger.run_figures import RunFigures

STORAGE = Path("/data/studies")


def lines(uri: str = default_tracking_uri(STORAGE), **more: str) -> list[str]:
    run = RunFigures("complete", "", 1.0, 1, 1.0, uri, champion_uri="models:/sine/3", **more)  # type: ignore[arg-type]
    return registered_lines(run, STORAGE)


def test_the_first_champion_of_a_name_is_said_in_a_line() -> None:
    assert lines(champion_alias="champion") == ["registered: models:/sine/3"]
    assert lines() == ["registered: models:/sine/3"]  # of an older version


def test_a_challenger_says_why_and_how_it_becomes_the_champion() -> None:
    words = "version 2 stays the champion: test_mse 2 is worse than the 1 of version 2"
    assert lines(champion_alias="challenger", champion_words=words, champion_over="2") == [
        f"registered: models:/sine/3, the challenger: {words}",
        "to make it the champion: rnnsearch promote sine 3 --storage /data/studies",
    ]


def test_a_new_champion_says_how_the_old_one_comes_back() -> None:
    more = {"champion_alias": "champion", "champion_words": "better", "champion_over": "2"}
    assert lines("http://host:5000", **more)[1] == (
        "to make version 2 the champion: rnnsearch promote sine 2 --storage /data/studies "
        "--tracking-uri http://host:5000"
    )
    assert "--tracking-uri" not in lines("http://user:***@host:5000", **more)[1]


def test_the_other_models_of_a_front_are_named() -> None:
    said = lines(champion_alias="champion", champion_front="the front, as version 4")
    assert said[1:] == ["registered beside it: the front, as version 4"]
