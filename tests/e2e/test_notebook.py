"""A notebook from end to end, in a kernel of its own: a search, an interrupt, and what is shown."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import nbclient
import nbformat
import pytest
from e2e.command import SECONDS

STUDY = """
import numpy
import torch
from rnnsearch import Arrays, Study, choice

class Mean(torch.nn.Module):
    def __init__(self, input_size, output_size, units: int = 4, deep: bool = False):
        super().__init__()
        self.inner = torch.nn.Linear(input_size, units)
        self.outer = torch.nn.Linear(units, output_size)

    def forward(self, x, lengths):
        return self.outer(torch.tanh(self.inner(x)).mean(1))

draw = numpy.random.default_rng(0)
x = draw.normal(size=(40, 5, 2))
y = x.sum((1, 2)) > 0
study = Study(
    task=Arrays(train=(x, y), val=(x, y)),
    model=MODEL,
    training={"learning_rate": 0.02, "batch_size": 8, "max_epochs": EPOCHS},
    search={"num_trials": TRIALS, "finalists": {"top": 1, "seeds": 1}},
)
study
"""

RUN = "result = study.run()\nresult"

INTERRUPT = """
import os, signal, threading, time
from rnnsearch.errors import RnnsearchError

def learns():
    try:
        return any(trial.best_value for trial in study.result().trials)
    except RnnsearchError:  # the run has not made it yet
        return False

def interrupt():  # as the button does: a signal to the kernel
    while not learns():
        time.sleep(0.2)
    os.kill(os.getpid(), signal.SIGINT)

threading.Thread(target=interrupt, daemon=True).start()
"""


def study_of(model: str, epochs: int, trials: int) -> str:
    """The cell that makes a study."""
    cell = STUDY.replace("MODEL", model)
    return cell.replace("EPOCHS", str(epochs)).replace("TRIALS", str(trials))


def outputs(folder: Path, *cells: str) -> list[list[Any]]:
    """What each cell of a notebook shows, but for what libraries print while they are imported."""
    new = nbformat.v4
    notebook = new.new_notebook(cells=[new.new_code_cell(one) for one in cells])
    kept = {"metadata": {"path": str(folder)}}
    nbclient.NotebookClient(notebook, timeout=SECONDS, resources=kept).execute()
    return [
        [one["data"] for one in cell.outputs if one["output_type"] != "stream"]
        for cell in notebook.cells
    ]


@pytest.mark.slow
def test_a_notebook_shows_its_run_its_pictures_and_its_result(tmp_path: Path) -> None:
    study, shown, labels = outputs(
        tmp_path,
        study_of('{"type": Mean, "deep": choice([True, False])}', 2, 2),
        RUN,
        "result.load_model().classify(x[:2]).labels",
    )
    assert study[0]["text/plain"].startswith("<Study arrays in studies: 2 trials of arrays")
    table, *pictures, result = shown
    assert "<td>study arrays</td><td>complete</td>" in table["text/html"]
    assert "2 complete, of 2" in table["text/html"]
    assert [next(iter(one)) for one in pictures] == ["image/png", "image/png"]
    assert "winner: trial-" in result["text/html"]
    assert result["text/plain"].startswith("<StudyResult arrays: complete; 2 complete; best val_")
    assert labels


@pytest.mark.slow
def test_an_interrupt_is_a_clean_stop(tmp_path: Path) -> None:
    _, _, shown, again = outputs(
        tmp_path,
        study_of('{"cell": choice(["rnn", "gru"]), "hidden_size": 4}', 40, 300),
        INTERRUPT,
        RUN,
        'result = Study.open("arrays", time_budget="10s").run()\nresult',
    )
    table, *_, result = shown
    assert "<td>study arrays</td><td>interrupted" in table["text/html"]
    assert "to go on: Study.open(&#x27;arrays&#x27;).run()" in table["text/html"]
    assert "StudyResult arrays: interrupted" in result["text/plain"]
    assert "StudyResult arrays: interrupted" not in again[-1]["text/plain"]
    assert "<td>study arrays</td><td>interrupted" not in again[0]["text/html"]
