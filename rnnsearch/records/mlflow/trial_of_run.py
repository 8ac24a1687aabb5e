"""Which trial of which study a run in MLflow stands for."""

from __future__ import annotations

from dataclasses import dataclass

from rnnsearch.errors import ModelError
from rnnsearch.records.names import ENSEMBLE_WON, KIND, STUDY, STUDY_ID, TRIAL
from rnnsearch.redaction import redacted, redactor

BAD_ID = "INVALID_PARAMETER_VALUE"
"""How MLflow refuses what is no id."""


@dataclass(frozen=True, slots=True)
class RunTrial:
    """The training that a run stands for.

    Attributes:
        study: The study's name.
        study_id: Its random name, which keeps studies of one name apart.
        number: The trial; None for the champion of a study that is a mean of trainings.
        seed: That of the champion's training, where the run is that of a whole study; else None.
    """

    study: str
    study_id: str
    number: int | None
    seed: int | None


def trial_of_run(tracking_uri: str, run_id: str) -> RunTrial:
    """The trial of a run, by its tags; of the run of a study its champion.

    Raises:
        ModelError: There is no such run, it stands for no trial, or the store does not answer.
    """
    from mlflow import MlflowClient
    from mlflow.exceptions import MlflowException
    from sqlalchemy.exc import SQLAlchemyError

    from rnnsearch.records.mlflow.refusals import cause

    try:
        tags = MlflowClient(tracking_uri, tracking_uri).get_run(run_id).data.tags
    except (MlflowException, SQLAlchemyError, OSError) as error:
        store = redacted(tracking_uri)
        if getattr(error, "error_code", "") in ("RESOURCE_DOES_NOT_EXIST", BAD_ID):
            raise ModelError(
                f"MLflow at {store} has no run {run_id!r}. Give the id that its page there shows, "
                "or the name of a study and the number of a trial instead, which `rnnsearch "
                "studies` and `rnnsearch trials NAME` list."
            ) from error
        reason = redactor(tracking_uri)(cause(error))
        raise ModelError(f"MLflow at {store} does not answer: {reason}") from error
    number = tags.get(TRIAL) or tags.get("champion_trial")
    if STUDY not in tags or number is None:
        what = tags.get(KIND, "none of rnnsearch's")
        raise ModelError(
            f"the run {run_id} stands for no trial (it is {what}). Name the run of a trial, or a "
            "study and the number of a trial."
        )
    study_id = tags.get(STUDY_ID, "")
    if TRIAL not in tags and tags.get(ENSEMBLE_WON) == "true":
        return RunTrial(tags[STUDY], study_id, None, None)
    seed = None if TRIAL in tags else tags.get("champion_seed")
    return RunTrial(tags[STUDY], study_id, int(number), None if seed is None else int(seed))
