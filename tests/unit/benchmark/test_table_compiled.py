"""What is compiled of Optuna gives the same bits."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest


def test_the_compiled_normal_distribution_has_the_bits_of_optunas() -> None:
    from table.compiled import log_ndtr, plain

    draw = np.random.default_rng(0)
    edges = np.array([6.0, np.nextafter(6, 7), 1.0, -1.0, 0.0, -0.0, -20.0, np.nextafter(-20, 0)])
    for a in (
        draw.uniform(-60, 40, 20_000),
        draw.normal(0, 2, 20_000),
        draw.normal(0, 1e-3, 2_000).reshape(20, 100),
        np.array([np.inf, -30.0, -1e6]),
        edges,
    ):
        ours, theirs = log_ndtr(a), plain(a)
        assert ours.shape == theirs.shape
        assert np.array_equal(ours.view(np.int64), theirs.view(np.int64))


@pytest.mark.parametrize("who", ["rnnsearch: tpe, asha", "Optuna: TPE, MedianPruner"])
def test_searches_draw_the_same_trials_with_it(
    small: Any, who: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from optuna.samplers._tpe import _truncnorm
    from table import compiled
    from table.contenders import contenders
    from table.course import Size

    replay = contenders()[who]
    before = [(one.row, one.epochs) for one in replay(small, Size(30, 3), 1).trials]
    asked = []

    def watched(a: Any) -> Any:
        asked.append(a)
        return compiled.log_ndtr(a)

    monkeypatch.setattr(_truncnorm, "_log_ndtr", watched)
    after = [(one.row, one.epochs) for one in replay(small, Size(30, 3), 1).trials]
    assert asked
    assert after == before
