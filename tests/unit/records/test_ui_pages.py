"""The pages of studies in the MLflow UI."""

from __future__ import annotations

from pathlib import Path

import pytest

from rnnsearch.records.mlflow.ui import experiment_of, runs_page, web_address
from rnnsearch.records.tracking_uri import DEFAULT, default_tracking_uri
from rnnsearch.records.writer_state import WriterState


def test_a_link_opens_the_runs_of_an_experiment() -> None:
    page = "http://127.0.0.1:5000/#/experiments/7/runs?workflowType=machine_learning"
    assert runs_page("http://127.0.0.1:5000", "7") == page
    assert runs_page("http://127.0.0.1:5000/", "7") == page


@pytest.mark.parametrize(
    ("uri", "address"),
    [
        ("http://host:5000", "http://host:5000"),
        ("https://ann:sesame5@host/ml/?token=x", "https://host/ml/"),
    ],
)
def test_a_servers_address_for_a_browser_has_no_login(uri: str, address: str) -> None:
    assert web_address(uri) == address


def test_an_experiment_is_that_of_the_store_that_is_shown(tmp_path: Path) -> None:
    assert experiment_of(tmp_path, default_tracking_uri(tmp_path), tmp_path) is None
    WriterState(tracking_uri=DEFAULT, experiment_id="7").save(tmp_path)
    assert experiment_of(tmp_path, default_tracking_uri(tmp_path), tmp_path) == "7"
    assert experiment_of(tmp_path, "http://ann:***@host", tmp_path) is None
    WriterState(tracking_uri="http://ann:***@host", experiment_id="9").save(tmp_path)
    assert experiment_of(tmp_path, "http://ann:***@host", tmp_path) == "9"
