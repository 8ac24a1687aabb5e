"""Scalers: fitted, undone, and what they make of constant and missing columns."""

from __future__ import annotations

import json

import numpy as np
import pytest

from rnnsearch.tasks.scaling import Scaler

VALUES = np.array([[1.0, 7.0, -2.0], [2.0, 7.0, np.nan], [4.0, 7.0, 0.0], [9.0, 7.0, 4.0]])


@pytest.mark.parametrize(
    ("kind", "center", "scale"),
    [
        ("standard", 4.0, np.std([1, 2, 4, 9])),
        ("minmax", 1.0, 8.0),
        ("robust", 3.0, 5.25 - 1.75),
        ("none", 0.0, 1.0),
    ],
)
def test_each_kind_by_hand(kind: str, center: float, scale: float) -> None:
    scaler = Scaler.fit(VALUES, kind)  # type: ignore[arg-type]
    assert scaler.center[0] == pytest.approx(center)
    assert scaler.scale[0] == pytest.approx(scale)
    assert scaler.scale[1] == 1, "a column that never changes"
    np.testing.assert_allclose(scaler.undo(scaler.apply(VALUES)), VALUES, rtol=1e-12)
    assert Scaler.from_json(json.loads(json.dumps(scaler.to_json()))) == scaler


def test_missing_values_are_left_out_and_stay_missing() -> None:
    scaler = Scaler.fit(VALUES, "minmax")
    assert (scaler.center[2], scaler.scale[2]) == (-2.0, 6.0)
    assert np.isnan(scaler.apply(VALUES)[1, 2])


def test_a_constant_that_rounds_is_constant() -> None:
    values = np.full((1000, 1), 0.1)
    values[::3] = np.nextafter(0.1, 1)
    assert Scaler.fit(values, "standard").scale == (1.0,)
