"""What is taken of the variables that MLflow's users set, beside the address of the store.

The writer process inherits them all, so MLflow itself reads the login and the TLS settings of a
server. A study chooses its experiment here, and says on the screen what it takes.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass

from rnnsearch.records.tracking_uri import TrackingStore

EXPERIMENT_NAME = "MLFLOW_EXPERIMENT_NAME"
EXPERIMENT_ID = "MLFLOW_EXPERIMENT_ID"
USERNAME, PASSWORD = "MLFLOW_TRACKING_USERNAME", "MLFLOW_TRACKING_PASSWORD"
TOKEN = "MLFLOW_TRACKING_TOKEN"

SET_ASIDE = {
    "MLFLOW_RUN_ID": "a study makes its own run",
    "MLFLOW_REGISTRY_URI": "the champion is registered where the records are",
}
"""Variables that would lead records astray, each with what is done instead."""
_TLS = {
    "MLFLOW_TRACKING_SERVER_CERT_PATH": "trusts the certificate of",
    "MLFLOW_TRACKING_CLIENT_CERT_PATH": "shows the certificate of",
}
_YES = ("true", "1")


@dataclass(frozen=True, slots=True)
class Experiment:
    """The MLflow experiment of a study.

    Attributes:
        name: It is made if it is missing; empty where only the `id` is known.
        id: That of an experiment that exists; empty where it is found by its name.
        origin: The variable that chose it; empty for the experiment of the study's own name.
        remark: What a person should know of the choice; empty where there is nothing.
    """

    name: str
    id: str = ""
    origin: str = ""
    remark: str = ""

    @property
    def shown(self) -> str:
        return repr(self.name) if self.name else f"with the id {self.id}"


def choose_experiment(
    study: str,
    noted: tuple[str, str] | None = None,
    environment: Mapping[str, str] | None = None,
) -> Experiment:
    """The experiment of a study: the one that it has, else that of the environment, else its own.

    Args:
        study: The study's name, which its own experiment has too.
        noted: Name and id that an earlier run of the study noted, empty for its own experiment;
            None for a new study.
        environment: In the place of `os.environ`.
    """
    variables = os.environ if environment is None else environment
    name, number = variables.get(EXPERIMENT_NAME, ""), variables.get(EXPERIMENT_ID, "")
    if noted is not None:
        remark = ""
        own = noted if any(noted) else (study, "")
        if (name or number) and (name, number) != own:
            word = EXPERIMENT_ID if number else EXPERIMENT_NAME
            remark = f"{word} names another experiment; this study stays where its records are"
        return Experiment(*own, remark=remark)
    if number:
        return Experiment(name, number, EXPERIMENT_ID)
    return Experiment(name or study, origin=EXPERIMENT_NAME if name else "")


def taken(
    store: TrackingStore, experiment: Experiment, environment: Mapping[str, str] | None = None
) -> list[str]:
    """What is taken of the environment beside the address, and what is not, for a person."""
    variables = os.environ if environment is None else environment
    words = []
    if experiment.origin:
        words.append(f"in the experiment {experiment.shown} ({experiment.origin})")
    if experiment.remark:
        words.append(experiment.remark)
    if store.uri.startswith(("http://", "https://")):
        if user := variables.get(USERNAME):
            words.append(f"logged in as {user} ({USERNAME})")
        elif variables.get(TOKEN):
            words.append(f"logged in by a token ({TOKEN})")
        if variables.get("MLFLOW_TRACKING_INSECURE_TLS", "").lower() in _YES:
            words.append("certificates are not checked (MLFLOW_TRACKING_INSECURE_TLS)")
        words += [
            f"{what} {variables[key]} ({key})" for key, what in _TLS.items() if variables.get(key)
        ]
    words += [f"{key} is not used: {why}" for key, why in SET_ASIDE.items() if variables.get(key)]
    return words


def for_the_writer(environment: Mapping[str, str]) -> dict[str, str]:
    """The environment without variables that would lead the records astray."""
    astray = (*SET_ASIDE, EXPERIMENT_NAME, EXPERIMENT_ID)
    return {key: value for key, value in environment.items() if key not in astray}
