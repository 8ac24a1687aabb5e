"""The command `show`: a trial with its curve, its ranks, its seeds and what it cost."""

from __future__ import annotations

import json
import math
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from contracts.hand_made import champion, record, result
from contracts.written_study import write_study

from rnnsearch.cli.app import main
from rnnsearch.cli.show import CURVE_ROWS, print_trial, thinned
from rnnsearch.cli.sparkline import Scale, curve_lines, sparkline
from rnnsearch.search.ran_on import RanOn


def shown(capsys: pytest.CaptureFixture[str], storage: Path, *words: str) -> str:
    with pytest.raises(SystemExit) as ended:
        main(["show", "wave", *words, "--storage", str(storage)])
    out, err = capsys.readouterr()
    return out if ended.value.code == 0 else err


def test_a_trial_at_length(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    curve = {epoch: abs(epoch - 40) + 0.5 for epoch in range(1, 101)}
    one = record(3, "pruned", 0.5, curve)
    print_trial(one, result(tmp_path, [one]))
    out = capsys.readouterr().out
    assert out.startswith("trial-0003-rnn: pruned, stopped by ASHA at epoch 5\n")
    assert "best val_mse: 0.5 at epoch 40" in out
    assert "of 100 epochs; --format json has all" in out


def test_the_training_loss_stands_beside_the_metric(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    one = record(3, "pruned", 0.5, {1: 0.75, 2: 0.5})
    print_trial(one, result(tmp_path, [one]))
    assert "train_loss" not in capsys.readouterr().out
    for losses in ({1: 0.25}, {"1": 0.25}):  # as the driver has them, and as a journal does
        print_trial(replace(one, attributes={"train_losses": losses}), result(tmp_path, [one]))
        lines = [line.split() for line in capsys.readouterr().out.splitlines()]
        assert lines[-7:-4] == [
            ["epoch", "val_mse", "train_loss"],
            ["1", "0.75", "0.25"],
            ["2", "0.5"],
        ]


def test_a_copy_says_of_whom(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    one = record(3, "pruned", 0.5, {1: 0.75, 2: 0.5})
    print_trial(one, result(tmp_path, [one]))
    assert "a copy of" not in capsys.readouterr().out
    print_trial(replace(one, parent=0, parent_epoch=1, replaces=2), result(tmp_path, [one]))
    out = " ".join(capsys.readouterr().out.split())
    assert "a copy of trial 0 after epoch 1, in the place of trial 2; until there" in out


def test_the_way_from_a_gpu_to_a_cpu_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    one = record(3, "pruned", 0.5, {1: 0.75, 2: 0.5})
    moved = replace(one, ran_on=(RanOn("gpu", "a", 0), RanOn("cpu", "b", 1)))
    print_trial(one, result(tmp_path, [one]))
    assert "trained on" not in capsys.readouterr().out
    print_trial(moved, result(tmp_path, [moved]))
    assert "trained on the GPU of a, after epoch 1 on the CPU of b\n" in capsys.readouterr().out


@pytest.mark.parametrize("count", [1, CURVE_ROWS, CURVE_ROWS + 1, 1000])
def test_a_curve_is_thinned_around_its_best(count: int) -> None:
    epochs = list(range(1, count + 1))
    best = max(1, count // 3)
    kept = thinned(epochs, best)
    assert len(kept) <= CURVE_ROWS
    assert {1, best, count} <= set(kept)
    assert kept == sorted(set(kept))


def test_why_it_stopped_is_told_with_its_rank_and_its_cost(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_study(tmp_path)
    out = shown(capsys, tmp_path, "1")
    assert "pruned, stopped by ASHA at epoch 3: 0.85, needed 0.3 or better among 2\n" in out
    assert "rank by val_mse, of all that came there by now: epoch 3: 3 of 3\n" in out
    assert "3 epochs, 0.2 s of training (0.0% of the study's)" in out
    out = shown(capsys, tmp_path, "0")
    assert "epoch 3: 1 of 3, epoch 9: 1 of 2\n" in out
    assert "9 epochs, 90 training steps, 1.0 s of training" in out
    assert "computed by: compiled, whole steps\n" in out
    assert "stopped being finite at step 14 (epoch 2); gradient norm inf" in shown(
        capsys, tmp_path, "2"
    )


def test_a_finalist_is_told_with_its_seeds(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_study(tmp_path, won_by=0, finalists={"0:5": 0.125, "0:8": 0.1, "3:5": math.inf})
    out = shown(capsys, tmp_path, "0")
    assert "a finalist, trained again: seed 5: 0.125, seed 8: 0.1; mean 0.1 of 3\n" in out
    assert "the winner; its training with seed" in out
    assert f"next:\n  rnnsearch best wave --storage {tmp_path}\n  rnnsearch retrain wave" in out
    out = shown(capsys, tmp_path, "3")
    assert "seed 5: inf; mean inf of 2" in out
    assert "the winner" not in out
    assert out.endswith(
        f"next:\n  rnnsearch compare wave:3 wave:best --storage {tmp_path}\n"
        f"  rnnsearch reproduce wave 3 --storage {tmp_path}\n"
    )
    facts = json.loads(shown(capsys, tmp_path, "0", "--format", "json"))
    assert facts["reruns"] == {"5": 0.125, "8": 0.1}
    assert facts["rungs"][0] == {"epoch": 3, "value": 0.3, "rank": 1, "trials": 3}
    assert (facts["winner"], facts["number"], facts["metric"]) == (True, 0, "val_mse")


def test_a_trial_that_is_not_there_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_study(tmp_path)
    assert "its trials run from 0 to 3. See them all: rnnsearch trials wave" in shown(
        capsys, tmp_path, "4"
    )


def test_no_line_is_wider_than_a_narrow_terminal(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    monkeypatch.setenv("COLUMNS", "60")
    curve = {epoch: 10.0 / epoch**2 for epoch in range(1, 101)}
    one = record(3, "pruned", 0.5, curve)
    print_trial(one, result(tmp_path, [one], won_by=champion(3, 0.5)))
    facts, _, _ = capsys.readouterr().out.partition("next:")  # commands stay whole
    assert max(map(len, facts.splitlines())) <= 60


def test_a_curve_in_one_line() -> None:
    rising = {epoch: float(epoch) for epoch in range(1, 9)}
    assert sparkline(rising, Scale.of([rising]), (1, 8)) == "▁▂▃▄▅▆▇█"
    assert sparkline(rising, Scale.of([rising]), (1, 8), width=2) == "▃▇"
    assert sparkline({1: 2.0, 2: math.inf, 3: 2.0}, Scale(1.0, 2.0, log=False), (1, 4)) == "█ █"
    assert curve_lines({"a": {}}) == []


@pytest.mark.parametrize(("last", "log"), [(0.02, False), (0.01, True), (0.0, False), (-1, False)])
def test_the_scale_is_logarithmic_where_values_span_decades(last: float, log: bool) -> None:
    (line,) = curve_lines({"a": {1: 1.0, 2: 0.1, 3: last}})
    assert ("log scale" in line) == log
    assert line.startswith(f"a  1 █{'▅' if log else '▂'}▁" if last >= 0 else "a  1 █▅▁")


def test_curves_on_one_scale_stand_below_each_other() -> None:
    short, long = {1: 4.0, 2: 2.0}, {1: 2.0, 2: 1.0, 3: 0.5, 4: 0.5}
    assert curve_lines({"a": short, "long": long}, together=True) == [
        "a     4 █▄ 2",
        "long  2 ▄▂▁▁ 0.5",
    ]
