"""Linear autoregression against recursions that it must find."""

from __future__ import annotations

import numpy as np

from rnnsearch.tasks.linear_ar import LinearAR, best_order, persistence


def windows_of(values: np.ndarray, length: int) -> tuple[np.ndarray, np.ndarray]:
    starts = range(len(values) - length)
    return np.stack([values[s : s + length] for s in starts]), values[length:]


def test_a_sampled_sine_needs_two_lags() -> None:
    wave = np.sin(np.arange(60) * 0.3)[:, None]
    windows, targets = windows_of(wave, 5)
    linear = LinearAR.fit(windows, targets, 2)
    np.testing.assert_allclose(linear.weights[:, 0], [-1, 2 * np.cos(0.3), 0], atol=1e-9)
    np.testing.assert_allclose(linear(windows), targets, atol=1e-9)
    assert np.abs(LinearAR.fit(windows, targets, 1)(windows) - targets).max() > 0.1


def test_features_stand_beside_each_other() -> None:
    turn = np.array([[0.6, -0.8], [0.8, 0.6]])
    values = [np.array([1.0, 0.5])]
    for _ in range(30):
        values.append(turn @ values[-1] + [0.1, 0.0])
    windows, targets = windows_of(np.array(values), 3)
    np.testing.assert_allclose(LinearAR.fit(windows, targets, 1)(windows), targets, atol=1e-9)


def test_the_order_is_chosen_where_the_caller_says() -> None:
    noise = np.random.default_rng(0).normal(size=(200, 1))
    wave = np.sin(np.arange(200) * 0.3)[:, None] + 0.3 * noise
    fit, held = windows_of(wave[:100], 30), windows_of(wave[100:], 30)

    def error(linear: LinearAR) -> float:
        return float(np.mean((linear(held[0]) - held[1]) ** 2))

    orders = (1, 2, 4, 8, 16, 30)
    best = best_order(*fit, orders, error)
    assert error(best) == min(error(LinearAR.fit(*fit, order)) for order in orders)
    assert best_order(*fit, (1, 2), lambda one: [np.nan, 3.0][one.order - 1]).order == 2


def test_persistence_is_the_last_point() -> None:
    windows = np.arange(12.0).reshape(2, 3, 2)
    assert persistence(windows).tolist() == [[4.0, 5.0], [10.0, 11.0]]


def test_pieces_give_the_map_of_the_whole_and_short_windows_begin_by_their_first() -> None:
    wave = np.random.default_rng(1).normal(size=(80, 1))
    windows, targets = windows_of(wave, 6)
    whole = LinearAR.fit(windows, targets, 4)
    halves = [(windows[:30], targets[:30]), (windows[30:], targets[30:])]
    np.testing.assert_allclose(LinearAR.fit_pieces(halves, 4).weights, whole.weights, rtol=1e-6)
    begun = np.concatenate([np.repeat(windows[:, :1], 3, axis=1), windows[:, 1:2]], axis=1)
    np.testing.assert_array_equal(whole(windows[:, :2]), whole(begun))
