"""The table is made in parts that resume, by packs of this project."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from rnnsearch.space.load import load
from rnnsearch.training.pack import Pack

SPACE = """
task: {type: sine, num_points: 12, rollout: {steps: [1, 5]}}
model: {cell: rnn, hidden_size: {int: [4, 8]}}
training: {steps_per_epoch: 2, max_epochs: 2, learning_rate: {loguniform: [1e-3, 1e-1]}}
search: {metric: val_mse, num_trials: 12, sampler: {type: qmc}, scheduler: {type: none}}
"""


@pytest.fixture
def tiny(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[], list[str]]:
    """Makes a table of 16 tiny trainings in parts of 6 below `tmp_path`; the lines it said."""
    from table import making

    (tmp_path / "tiny.yaml").write_text(SPACE)
    monkeypatch.setattr(making, "SPACES", tmp_path)
    monkeypatch.setattr(making, "PART", 6)
    monkeypatch.setattr(time, "perf_counter", time.perf_counter)  # `make` replaces it

    def make() -> list[str]:
        lines: list[str] = []
        making.make(["tiny"], tmp_path, tmp_path, lines.append)
        return lines

    return make


def test_what_is_missing_is_trained_and_joined(
    tiny: Callable[[], list[str]], tmp_path: Path
) -> None:
    import pyarrow.parquet as pq
    from table import making

    assert len(tiny()) == 3
    (tmp_path / "tiny-001.parquet").unlink()
    assert not making.joined("tiny", tmp_path, tmp_path, {})
    assert [line.split(":")[0] for line in tiny()] == ["tiny part 1"]
    assert making.joined("tiny", tmp_path, tmp_path, {"cpu": "this"})
    table = pq.read_table(tmp_path / "tiny.parquet")
    expected = [(n, seed) for n in range(12) for seed in range(1 if n % 10 else 3)]
    seeds = list(zip(table["number"].to_pylist(), table["seed"].to_pylist(), strict=True))
    assert seeds == expected
    assert all(len(one) == 2 for one in table["objective"].to_pylist())


def test_curves_are_those_of_a_pack_and_the_test_part_costs_no_time(tmp_path: Path) -> None:
    from table import making

    (tmp_path / "tiny.yaml").write_text(SPACE)
    spec = load(tmp_path / "tiny.yaml")
    rows = making.trainings(spec)[:3]
    clock: Any = making.ProcessorClock()
    table = making.trained(spec, rows, clock)
    assert clock.left_out > 0
    pack = Pack(making.load_data, objective="val_mse")
    for row in rows:
        pack.add(row.name, row.config)
    reports = []
    limits = {row.name: 2 for row in rows}
    while pack.wanting(limits):
        reports += pack.train(limits, 60.0).reports
    for row, curve in zip(rows, table["objective"].to_pylist(), strict=True):
        values = [one.metrics["val_mse"] for one in reports if one.trial_id == row.name]
        assert curve == pytest.approx(values, rel=1e-6)
    tested = [one for curve in table["test"].to_pylist() for one in curve]
    validated = [one for curve in table["objective"].to_pylist() for one in curve]
    assert tested != validated


def test_an_epoch_in_which_a_kernel_was_loaded_counts_as_any_other() -> None:
    from table.making import without_starts

    assert without_starts([1.1, 0.002, 0.003, 0.002]) == pytest.approx(
        [0.0025, 0.002, 0.003, 0.002]
    )
    assert without_starts([0.004, 0.002, 0.003]) == [0.004, 0.002, 0.003]
    assert without_starts([]) == []
