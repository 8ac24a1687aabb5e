"""What the report of replays says of them: medians, noise, and the aims."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

RIVAL = "Optuna: TPE, MedianPruner"


def row(table: Any, who: str, seed: int, steps: list[tuple[float, float]], **more: Any) -> Any:
    """A replay that had a value better than such a share of the rows after so many trainings."""
    values = sorted(one.value(table.goal) for one in table.first)
    curve = [(at * table.full_seconds, values[round(share * len(values))]) for at, share in steps]
    made = {"who": who, "kind": "budget", "workers": 2, "seed": seed, "trainings": 20}
    return made | {"commit": "abc", "load": 1.0, "curve": curve} | more


def test_a_rival_that_is_ahead_in_every_repeat_is_named(small: Any) -> None:
    from table.aims import behind
    from table.contenders import DEFAULT

    rows = [row(small, DEFAULT, seed, [(0.5, 0.5), (4, 0.25)]) for seed in range(6)]
    rows += [row(small, RIVAL, seed, [(0.5, 0.75), (4, 0.1)]) for seed in range(6)]
    cells, count = behind({"small": small}, {"small": rows}, 2)
    assert count == 5  # 1, 3, 5, 10 and 20 trainings
    assert [cell.split(", ")[3].split(":")[0] for cell in cells] == [
        "5 trainings",
        "10 trainings",
        "20 trainings",
    ]
    assert "15 points" in cells[0]
    assert behind({"small": small}, {"small": rows}, 1) == ([], 0)


def test_the_best_rival_is_held_against_the_default_at_every_budget(small: Any) -> None:
    from table.aims import ahead
    from table.contenders import DEFAULT

    rows = [row(small, DEFAULT, seed, [(0.5, 0.1)]) for seed in range(5)]
    rows += [row(small, RIVAL, seed, [(0.5, 0.3)]) for seed in range(5)]
    rows += [row(small, "Ray Tune: OptunaSearch, ASHA", seed, [(2, 0.2)]) for seed in range(5)]
    (line,) = ahead({"small": small}, {"small": rows}, 2)
    assert line["1"].startswith("3.00 (3.00")
    assert line["3"].startswith("2.00 (2.00")
    assert line["100"] == ""


def test_a_tenth_of_the_time_of_random_search(small: Any) -> None:
    from table.aims import soonest
    from table.contenders import DEFAULT, RANDOM

    def line(at: float) -> Any:
        rows = [row(small, DEFAULT, seed, [(at, 0.0)]) for seed in range(3)]
        rows += [row(small, RANDOM, seed, [(18.0, 0.0)]) for seed in range(3)]
        return next(iter(soonest({"small": small}, {"small": rows}, 2)))

    def missed() -> Any:
        rows = [row(small, DEFAULT, seed, []) for seed in range(3)]
        rows += [row(small, RANDOM, seed, []) for seed in range(3)]
        return next(iter(soonest({"small": small}, {"small": rows}, 2)))

    assert missed()["a tenth or less"] == "not known"
    assert line(1.0)["a tenth or less"] == "yes"
    assert line(2.0)["a tenth or less"] == "no"
    assert line(2.0)["the default's part of it"].startswith("0.11 (")


def test_studies_tell_how_often_the_best_was_stopped(small: Any) -> None:
    from table.aims import best_stopped
    from table.contenders import DEFAULT

    ended = {"kind": "study", "seconds": 50.0, "full_seconds": 100.0, "lost_rank": 0.0}
    rows = [
        row(small, DEFAULT, seed, [], stopped=seed == 0, lost=False, **ended) for seed in range(20)
    ]
    told = best_stopped({"small": rows}, 2)
    assert "20 studies: no, 5 %" in told
    assert "50 % of the device time" in told
    assert "yes, 0 %" in best_stopped({"small": rows[1:]}, 2)
    assert "not replayed" in best_stopped({"small": rows}, 1)


def test_a_budget_that_was_not_replayed_to_is_empty(small: Any) -> None:
    from table.comparing import regrets

    rows = [row(small, RIVAL, seed, [(0.5, 0.5)]) for seed in range(4)]
    (line,) = regrets({"small": small}, {"small": rows}, 2)
    assert line["20"] == "50 (50, 50)"
    assert line["40"] == ""
    assert line["best 5 % after"] == "> 20"
    assert (line["repeats"], line["commit"], line["load"]) == (4, "abc", "1 to 1")


def test_a_longer_search_stands_in_the_place_of_a_shorter_one(
    small: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from table import replays
    from table.contenders import our

    monkeypatch.setattr(replays, "KEPT", tmp_path / "kept")
    file = tmp_path / "small.jsonl"
    origin = {"commit": "abc", "load": 0.0}
    short = replays.Asked("random", "budget", 2, 3)
    long = replays.Asked("random", "budget", 2, 8)

    def run(asked: Any, seeds: int, commit: str = "abc", again: bool = False) -> int:
        made = origin | {"commit": commit}
        return replays.run(small, our("random", "none"), asked, range(seeds), file, made, again)

    assert run(short, 2) == 2
    assert run(short, 3) == 1
    assert run(long, 2) == 2
    assert run(short, 3) == 0
    rows = {one["seed"]: one for one in replays.read(file)}
    assert [rows[seed]["trainings"] for seed in range(3)] == [8, 8, 3]
    assert run(short, 3, "other") == 0
    assert run(short, 3, "other", again=True) == 3
    assert {(one["commit"], one["trainings"]) for one in replays.read(file)} == {("other", 3)}
    with file.open("a") as out:
        out.write('{"who": "rand')
    known = replays.read(file)
    replays.keep(file)
    file.unlink()
    assert replays.read(file) == known


def test_the_report_and_its_picture_have_all_that_was_replayed(small: Any, tmp_path: Path) -> None:
    from table.contenders import DEFAULT, RANDOM
    from table.pictures import draw
    from table.reporting import report

    made = [(0.5, 0.4), (3.0, 0.1)]
    rows = [row(small, who, seed, made) for who in (DEFAULT, RANDOM, RIVAL) for seed in range(3)]
    shares = dict.fromkeys(("best was stopped, %", "and its value lost, %"), 3.0)
    shares |= dict.fromkeys(("better rows by that, %", "device time saved, %"), 40.0)
    judged = [{"space": "small", "rule": rule, "studies": 7} | shares for rule in ("asha", "none")]
    everybody = [RIVAL, "nobody"]
    known = [{"space": "small", "rows": 40, "trainings": "2.5 (1 to 4)"}]
    parts = report(
        {"small": small}, {"small": rows}, {"load": 1}, {"small": judged}, [], known, everybody
    )
    text = "\n".join(parts)
    assert "2 at once, on all spaces of the table not yet: nobody" in text
    assert f"2 at once, to 20 trainings of 100: {DEFAULT}; {RANDOM}; {RIVAL}" in text
    assert "| asha | 3, 40, 40 | 3, 40, 40 |" in text
    assert "random trials, 7 studies on each space: no, 3 %" in text
    assert "| small | 40 | 2.5 (1 to 4) |" in text
    assert text.index("The best 1 % in a tenth") < text.index("## small")
    assert "mean over the spaces: in 0 of 5 cells behind" in text
    assert f"| {RIVAL} | 3 | abc | 1 to 1 |" in text
    (path,) = draw({"small": small}, {"small": rows}, tmp_path)
    assert path.stat().st_size > 5000


def test_who_knows_all_other_rows_needs_less_than_who_knows_nothing(
    small: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    import table.knowing
    from table.knowing import knowing

    monkeypatch.setattr(table.knowing, "TREES", 20)
    monkeypatch.setattr(table.knowing, "REPEATS", 2)
    # Among the best twentieth of 40 rows are two, of which the first comes 13th by chance.
    line = knowing(small, 0.05)
    assert line["rows"] == 40
    median = float(line["trainings"].split()[0])
    assert 0 < median < 6
    assert knowing(small, 0.05) == line
    assert float(knowing(small, 1.1)["trainings"].split()[0]) < 2  # any row will do


def test_the_interval_of_a_median_is_that_of_resampled_repeats() -> None:
    from table.comparing import interval

    values = np.arange(20.0)
    low, high = interval(values)
    assert 5 <= low <= 7
    assert 12 <= high <= 14
    assert interval(np.full(20, 3.0)) == (3.0, 3.0)
