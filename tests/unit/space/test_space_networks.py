"""Lists of layers, own cells and what `check` says of them."""

from __future__ import annotations

from pathlib import Path

import pytest
from mistake_case import SINE

from rnnsearch.space.describe import describe
from rnnsearch.space.load import loads
from rnnsearch.space.trial import trial_config

SIZES = SINE + "model: {hidden_sizes: {choice: [[30, 20], [64]]}, cell: {choice: [rnn, mingru]}}\n"


def test_layers_of_their_own_widths_are_sampled_under_stable_labels() -> None:
    spec = loads(SIZES, name="s", directory=Path.cwd())
    again = loads(spec.yaml, name="s", directory=Path.cwd())
    assert again == spec
    assert "hidden_size:" not in spec.yaml
    for label, widths in (("[30, 20]", (30, 20)), ("[64]", (64,))):
        params = {"model.hidden_sizes": label, "model.cell": "mingru"}
        model = trial_config(spec, params, seed=0).model
        assert model.widths == widths
        assert model.cell == "mingru"


def test_the_count_of_parameters_follows_the_lists() -> None:
    few, many = describe(loads(SIZES, name="s", directory=Path.cwd())).parameter_counts
    assert few == 64 * 2 * (1 + 1) + 65  # mingru of 64: two gates of weights and biases, a head
    assert many == 64 * (1 + 64 + 2) + 65  # rnn of 64


def test_dropout_between_listed_layers_does_something() -> None:
    text = SINE + "model: {hidden_sizes: [8, 8], dropout: {uniform: [0, 0.5]}, residual: true}\n"
    notes = describe(loads(text, name="s", directory=Path.cwd())).notes
    assert not [note for note in notes if "nothing" in note]


def test_of_an_own_cell_it_is_said_how_it_trains() -> None:
    text = SINE + "model: {cell: 'rnnsearch.testing.cells:PlainCell', hidden_size: 4}\n"
    found = describe(loads(text, name="s", directory=Path.cwd()))
    assert any("own cell: trials of one shape train together" in note for note in found.notes)


def test_of_an_own_cell_that_looks_at_values_it_is_said_why_it_is_slow(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "looking_cell.py").write_text(
        "from rnnsearch.testing.cells import PlainCell\n"
        "class Looking(PlainCell):\n"
        "    def forward(self, x, state):\n"
        "        return super().forward(x if float(x.detach().sum()) else -x, state)\n"
    )
    text = SINE + "model: {cell: 'looking_cell:Looking', hidden_size: 4}\n"
    found = describe(loads(text, name="s", directory=tmp_path))
    (note,) = [note for note in found.notes if "own cell" in note]
    assert "one after the other, since it looks at the values of a tensor (" in note
    assert "looking_cell.py:4" in note
