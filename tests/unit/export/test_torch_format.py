"""Models as a file of plain torch, which needs nothing of rnnsearch."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from contracts.untrained import EVERY_TASK, untrained, write_every_file

from rnnsearch.errors import ModelError
from rnnsearch.export import checking
from rnnsearch.export.checking import check
from rnnsearch.export.exporting import export
from rnnsearch.export.programs import write_programs
from rnnsearch.export.subject import Subject
from rnnsearch.export.torch_format import TorchRunner, loaded, write_module
from rnnsearch.models.cells import CELLS
from rnnsearch.models.config import ModelConfig
from rnnsearch.models.network_config import network_config
from rnnsearch.testing.exports import TASKS, with_drawn_weights

OWN = "unit.export.own_modules"

ALONE = """
import sys
sys.modules["rnnsearch"] = None
sys.path.insert(0, sys.argv[1])
import numpy, torch
import model as exported

x = torch.tensor(numpy.load("x.npy"))
answers = {"whole": exported.load()(x)[0]}
answers["program"] = torch.export.load(sys.argv[1] + "/forward.pt2").module()(x)
step = torch.export.load(sys.argv[1] + "/step.pt2").module()
state, steps = torch.zeros(len(x), exported.Model.STATE), []
for one in x.unbind(1):
    y, state = step(one, state)
    steps.append(y)
answers["steps"] = torch.stack(steps, 1)
numpy.savez("y.npz", **{name: one.detach().numpy() for name, one in answers.items()})
"""


@pytest.fixture(scope="module")
def subject(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Subject]:
    folder = tmp_path_factory.mktemp("every-task")
    write_every_file(folder)
    return cache(lambda name: Subject(untrained(name, folder), name))


@pytest.mark.parametrize("name", EVERY_TASK)
def test_a_model_answers_in_plain_torch_as_it_does(
    subject: Callable[[str], Subject], name: str, tmp_path: Path
) -> None:
    with loaded(write_module(subject(name), tmp_path)) as model:
        assert check(subject(name), TorchRunner(model, subject(name)), streamed=10, batches=(3,))


@pytest.mark.slow  # processes, and torch.export
def test_where_rnnsearch_cannot_be_imported_the_answers_are_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checking, "STREAMED", 20)
    monkeypatch.setattr(checking, "BATCHES", (1, 3))
    model = with_drawn_weights(TASKS["numbers"], ModelConfig(cell="lstm", hidden_size=4))
    monkeypatch.chdir(tmp_path)
    made = export(model, "torch", "out")
    compared = {one.what for one in made.findings}
    assert compared == {"forward", "step", "forward.pt2", "step.pt2"}
    x = np.random.default_rng(0).normal(size=(5, 32, 1)).astype(np.float32)
    np.save(tmp_path / "x.npy", x)
    words = [sys.executable, "-W", "ignore", "-c", ALONE, str(tmp_path / "out")]
    subprocess.run(words, cwd=tmp_path, check=True, timeout=300)
    with np.load(tmp_path / "y.npz") as answers:
        assert set(answers) == {"whole", "program", "steps"}
        for one in answers.values():
            assert one == pytest.approx(model.predict(x), abs=1e-6)


@pytest.mark.parametrize("cell", CELLS)
def test_the_file_says_the_equations_and_has_the_code_of_the_cell(
    cell: str, tmp_path: Path
) -> None:
    model = with_drawn_weights(TASKS["numbers"], ModelConfig(cell=cell, hidden_size=4))
    text = write_module(Subject(model, "waves"), tmp_path).read_text()
    assert all(equation in text for equation in CELLS[cell].equations)
    assert "rnnsearch" not in text.partition('"""')[2].partition('"""')[2]
    compile(text, "model.py", "exec")


def test_code_that_needs_rnnsearch_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    cell = ModelConfig(cell="rnnsearch.testing.cells:PlainCell", hidden_size=4)
    model = with_drawn_weights(TASKS["numbers"], cell)
    refused = "does not run where rnnsearch cannot be imported: ModuleNotFoundError"
    with pytest.raises(ModelError, match=refused):
        export(model, "torch", "out")
    assert list(tmp_path.iterdir()) == []


def test_own_code_lies_beside_the_file_as_it_was(tmp_path: Path) -> None:
    model = with_drawn_weights(TASKS["numbers"], network_config(f"{OWN}:Reader")())
    subject = Subject(model, "waves")
    write_module(subject, tmp_path)
    source = Path(__file__).with_name("own_modules.py").read_text()
    assert (tmp_path / "own_modules.py").read_text() == source
    with loaded(tmp_path / "model.py") as plain:
        assert check(subject, TorchRunner(plain, subject), streamed=10, batches=(3,))


@pytest.mark.slow  # torch.export
@pytest.mark.parametrize("cell", [*CELLS, f"{OWN}:Leaky"])
@pytest.mark.parametrize("task", ["numbers", "sequences"])
def test_programs_take_any_number_of_time_steps(cell: str, task: str, tmp_path: Path) -> None:
    both = task == "sequences"
    config = ModelConfig(cell=cell, hidden_size=4, bidirectional=both, num_layers=2)
    subject = Subject(with_drawn_weights(TASKS[task], config), "waves")
    with loaded(write_module(subject, tmp_path)) as model:
        findings, notes = write_programs(subject, model, tmp_path, 1e-5)
    assert notes == ["forward.pt2 takes any number of time steps."]
    assert {one.steps for one in findings if one.what == "forward.pt2"} == {checking.WHOLE}
    assert ("step.pt2" in {one.what for one in findings}) != both


@pytest.mark.slow
@pytest.mark.parametrize(("name", "steps"), [("Whole", "any number of"), ("Begun", "32")])
def test_of_own_networks_a_loop_alone_keeps_programs_to_one_number_of_time_steps(
    name: str, steps: str, tmp_path: Path
) -> None:
    model = with_drawn_weights(TASKS["numbers"], network_config(f"{OWN}:{name}")())
    subject = Subject(model, "waves")
    with loaded(write_module(subject, tmp_path)) as plain:
        findings, (note,) = write_programs(subject, plain, tmp_path, 1e-5)
    assert f"takes {steps} time steps" in note
    assert {one.what for one in findings} == {"forward.pt2"}


@pytest.mark.slow
@pytest.mark.parametrize("name", ["walks", "panel", "text", "walk-steps", "anchored-direct"])
def test_programs_answer_as_the_model_does(
    subject: Callable[[str], Subject],
    name: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(checking, "STREAMED", 50)
    made = export(subject(name).model, "torch", tmp_path / "out")
    assert "forward.pt2" in made.files
    assert {one.what for one in made.findings} >= {"forward", "forward.pt2"}
