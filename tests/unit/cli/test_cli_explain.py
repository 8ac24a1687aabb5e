"""`explain`: every cell, its numbers, and the lines of numpy that are printed and run."""

from __future__ import annotations

import json
import re
from typing import Any

import numpy as np
import pytest
import torch
from typer.testing import CliRunner

from rnnsearch.cli.app import app
from rnnsearch.models.cells import CELLS
from rnnsearch.models.config import ModelConfig
from rnnsearch.models.weights import parameter_count


def explained(*arguments: str) -> Any:
    result = CliRunner().invoke(app, ["explain", *arguments, "--format", "json"])
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout.splitlines()[-1])


@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize("sizes", ["5", "4,6"])
def test_the_forms_of_every_cell_agree_and_its_parameters_are_counted(
    cell: str, sizes: str
) -> None:
    shape = ("--input-size", "7", "--hidden-sizes", sizes, "--seq-len", "33", "--output-size", "2")
    found = explained(cell.upper(), *shape)
    assert len(found["differences"]) == 3
    for pair, parts in found["differences"].items():
        assert all(value < 1e-11 for value in parts.values()), pair
    assert any("gradients" in parts for parts in found["differences"].values())
    widths = tuple(map(int, sizes.split(",")))
    config = ModelConfig(cell=cell, hidden_sizes=widths)  # type: ignore[arg-type]
    total = parameter_count(config, input_size=7, output_size=2, symbolic=False)
    assert sum(found["parameters"].values()) == total
    assert list(found["parameters"]) == [*(f"layer {n + 1}" for n in range(len(widths))), "head"]
    said = CliRunner().invoke(app, ["explain", cell, *shape]).stdout
    assert f"parameters: {total:,} (layer 1 " in said


def test_relu_is_said_and_computed() -> None:
    found = explained("Rnn", "--nonlinearity", "relu", "--code")
    assert found["equations"] == ["h_t = relu(U x_t + b + W h_(t-1) + d)"]
    assert "np.maximum" in found["code"]
    assert all(value < 1e-12 for parts in found["differences"].values() for value in parts.values())
    refused = CliRunner().invoke(app, ["explain", "gru", "--nonlinearity", "relu"])
    assert "--nonlinearity is of the rnn" in str(refused.exception)


@pytest.mark.parametrize("cell", [*CELLS, "rnn --nonlinearity relu"])
def test_the_printed_lines_run_and_are_the_ones_that_are_compared(
    cell: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    words = cell.split()
    spelled = CELLS[words[0]].code
    printed = CliRunner().invoke(app, ["explain", *words, "--code"]).stdout
    code = printed.split("compared here:\n\n")[1].split("\n\nlargest difference")[0]
    name = re.findall(r"^def (\w+)\(", code, re.M)[0]
    assert len([line for line in code.splitlines() if line.strip()]) <= 25
    found: dict[str, Any] = {}
    exec(code, found)
    if words[0] == "gru":
        module = torch.nn.GRU(3, 4, dtype=torch.float64)
        arrays = [weight.detach().numpy() for weight in module.parameters()]
        x = np.random.default_rng(0).standard_normal((6, 2, 3))
        with torch.no_grad():
            wanted = module(torch.from_numpy(x))[0].numpy()
        np.testing.assert_allclose(found["gru"](x, *arrays), wanted, atol=1e-12)
    # What is printed is what runs: another function there changes the differences.
    own = getattr(spelled, name)

    def wrong(*arguments: Any) -> Any:
        outputs = own(*arguments)
        return (outputs[0] + 1, outputs[1]) if isinstance(outputs, tuple) else outputs + 1

    monkeypatch.setattr(spelled, name, wrong)
    monkeypatch.setattr("inspect.getsource", lambda _: "")
    differences = explained(*words)["differences"]
    assert sum(parts["outputs"] > 0.5 for parts in differences.values()) == 2


@pytest.mark.parametrize(
    "arguments",
    [
        ("--hidden-sizes", "99999999"),
        ("--hidden-sizes", "9999", "--input-size", "99999"),
        ("--seq-len", "2001"),
        ("--num-layers", "99999999999"),
    ],
    ids=" ".join,
)
@pytest.mark.parametrize("cell", ["lstm", "lru"])
def test_sizes_beyond_a_machine_are_refused(cell: str, arguments: tuple[str, ...]) -> None:
    refused = CliRunner().invoke(app, ["explain", cell, *arguments])
    assert refused.exit_code != 0
    assert re.search(r"at most 2,000 and|1,000,000", refused.output + str(refused.exception))
