"""Which of MLflow's variables a study takes, and what it says of them."""

from __future__ import annotations

import pytest

from rnnsearch.records.tracking_uri import TrackingStore
from rnnsearch.records.variables import Experiment, choose_experiment, for_the_writer, taken

NAME, ID = "MLFLOW_EXPERIMENT_NAME", "MLFLOW_EXPERIMENT_ID"
SERVER = TrackingStore("http://host", "http://host")


@pytest.mark.parametrize(
    ("noted", "variables", "chosen"),
    [
        (None, {}, Experiment("sine")),
        (None, {NAME: "", ID: ""}, Experiment("sine")),
        (None, {NAME: "waves"}, Experiment("waves", "", NAME)),
        (None, {ID: "7"}, Experiment("", "7", ID)),
        (None, {NAME: "waves", ID: "7"}, Experiment("waves", "7", ID)),
        (("", ""), {}, Experiment("sine")),
        (("", ""), {NAME: "sine"}, Experiment("sine")),
        (("waves", ""), {}, Experiment("waves")),
        (("", "7"), {ID: "7"}, Experiment("", "7")),
    ],
)
def test_an_experiment_is_the_studys_own_until_a_variable_names_one(
    noted: tuple[str, str] | None, variables: dict[str, str], chosen: Experiment
) -> None:
    assert choose_experiment("sine", noted, variables) == chosen


@pytest.mark.parametrize("noted", [("", ""), ("waves", ""), ("", "7")])
def test_a_study_stays_in_its_experiment_and_says_so(noted: tuple[str, str]) -> None:
    chosen = choose_experiment("sine", noted, {NAME: "others"})
    assert (chosen.name, chosen.id) == (noted if any(noted) else ("sine", ""))
    assert "MLFLOW_EXPERIMENT_NAME names another experiment" in chosen.remark


def test_what_is_taken_is_told_and_no_secret_is() -> None:
    variables = {
        "MLFLOW_TRACKING_USERNAME": "ann",
        "MLFLOW_TRACKING_PASSWORD": "sesame5",
        "MLFLOW_TRACKING_INSECURE_TLS": "true",
        "MLFLOW_TRACKING_SERVER_CERT_PATH": "/ca.pem",
        "MLFLOW_RUN_ID": "abc",
    }
    words = taken(SERVER, Experiment("waves", "", NAME), variables)
    assert words == [
        "in the experiment 'waves' (MLFLOW_EXPERIMENT_NAME)",
        "logged in as ann (MLFLOW_TRACKING_USERNAME)",
        "certificates are not checked (MLFLOW_TRACKING_INSECURE_TLS)",
        "trusts the certificate of /ca.pem (MLFLOW_TRACKING_SERVER_CERT_PATH)",
        "MLFLOW_RUN_ID is not used: a study makes its own run",
    ]
    token = taken(SERVER, Experiment("sine"), {"MLFLOW_TRACKING_TOKEN": "sesame5"})
    assert token == ["logged in by a token (MLFLOW_TRACKING_TOKEN)"]
    database = TrackingStore("sqlite:///x", "default")
    assert taken(database, Experiment("sine"), {"MLFLOW_TRACKING_USERNAME": "ann"}) == []


def test_the_writer_gets_the_login_and_nothing_that_leads_records_astray() -> None:
    variables = {"MLFLOW_TRACKING_TOKEN": "x", "MLFLOW_RUN_ID": "abc", NAME: "waves", ID: "7"}
    variables |= {"MLFLOW_REGISTRY_URI": "http://other", "PATH": "/bin"}
    assert for_the_writer(variables) == {"MLFLOW_TRACKING_TOKEN": "x", "PATH": "/bin"}
