"""What a browser reads is what was drawn, and nothing in it ends the script around it."""

from __future__ import annotations

import base64
import json

import numpy as np
import pytest

from rnnsearch.charts.chart import Chart, plotly_script


def sent(values: object) -> object:
    chart = Chart(traces=[{"y": values}], layout={}, about="")
    return json.loads(chart.to_json())["data"][0]["y"]


@pytest.mark.parametrize(
    ("array", "kind"),
    [
        (np.array([1, -3, 7]), "i1"),
        (np.array([0, 40_000]), "i4"),
        (np.array([0.5, 2.25]), "f4"),
        (np.array([1e-300, 1.0]), "f8"),
        (np.array([1e300, 1.0]), "f8"),
        (np.array([1e6, 1e6 + 0.01]), "f8"),
    ],
)
def test_arrays_go_in_the_fewest_bytes_that_keep_them(array: np.ndarray, kind: str) -> None:
    value = sent(array)
    assert isinstance(value, dict)
    assert value["dtype"] == kind
    number = np.frombuffer(base64.b64decode(value["bdata"]), dtype=f"<{kind}")
    assert np.allclose(number, array, rtol=1e-6)


def test_what_is_not_finite_is_no_json_of_its_own() -> None:
    assert sent([float("nan"), float("inf"), 1.0]) == [None, None, 1.0]
    value = sent(np.array([np.nan, np.inf, 1.0]))
    assert isinstance(value, dict)
    number = np.frombuffer(base64.b64decode(value["bdata"]), dtype="<f4")
    assert np.isnan(number[:2]).all()


def test_dates_and_texts_stay_texts() -> None:
    assert sent(np.array(["2024-02-01", "2024-03-01"], dtype="datetime64[D]")) == [
        "2024-02-01",
        "2024-03-01",
    ]


def test_no_text_ends_the_script_it_stands_in() -> None:
    wild = "</script><script>alert(1)</script><!-- &amp; \u2028"
    text = Chart(traces=[{"name": wild}], layout={}, about="").to_json()
    assert "<" not in text
    assert "\u2028" not in text
    assert json.loads(text)["data"][0]["name"] == wild


def test_plotlys_script_does_not_end_the_one_around_it() -> None:
    script = plotly_script()
    assert "</script" not in script.lower()
    assert "<!--" not in script
