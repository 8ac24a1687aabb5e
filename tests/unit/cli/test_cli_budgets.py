"""The options that limit what a study takes, and what is told of it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from contracts.hand_made import record, result

from rnnsearch.cli.app import main
from rnnsearch.cli.next_steps import next_commands
from rnnsearch.cli.options import RunOptions
from rnnsearch.cli.result import spent_of
from rnnsearch.errors import InputError
from rnnsearch.search.endings import OUT_OF_DEVICE_TIME, OUT_OF_MONEY
from rnnsearch.search.ledger.run_figures import RunFigures
from rnnsearch.space.spec import PriceConfig

SPACE = """
task: {type: sine}
model: {cell: rnn, hidden_size: {int: [2, 4]}}
"""


def test_options_are_keys_of_the_space() -> None:
    price = ["gpu=2.5", "cpu=0.04"]
    options = RunOptions(max_device_hours=2.0, max_cost=20.0, price=price, stop_when_done=True)
    assert {name: value for name, value in options.budgets().items() if value is not None} == {
        "--max-device-hours": 2.0,
        "--max-cost": 20.0,
        "--stop-when-done": True,
        "--price gpu": 2.5,
        "--price cpu": 0.04,
    }


@pytest.mark.parametrize("price", ["gpu", "gpu=", "gpu=cheap", "tpu=1", "=3"])
def test_a_price_that_is_none_is_refused(price: str) -> None:
    with pytest.raises(InputError, match=r"--price gpu=2\.5"):
        RunOptions(price=[price]).budgets()


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--max-device-hours", "0"), "--max-device-hours: must be above 0"),
        (("--max-cost", "-1"), "--max-cost: must be above 0"),
        (("--max-cost", "20"), "price: {cpu: 2.5}"),
        (("--max-cost", "20", "--price", "cpu=-1"), "--price cpu: must be"),
    ],
)
def test_a_limit_that_makes_no_sense_is_named(
    words: tuple[str, ...], message: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "wave.yaml"
    file.write_text(SPACE, encoding="utf-8")
    with pytest.raises(SystemExit) as ended:
        main(["run", str(file), "--storage", str(tmp_path / "studies"), *words])
    assert ended.value.code == 2
    assert message in capsys.readouterr().err


@pytest.mark.parametrize(
    ("limits", "reason", "hours", "option"),
    [
        ({"max_device_hours": 2.0}, OUT_OF_DEVICE_TIME, 2.0, "--max-device-hours 4"),
        ({"max_cost": 2.5, "price": PriceConfig(cpu=1)}, OUT_OF_MONEY, 2.5, "--max-cost 5"),
        ({"max_device_hours": 0.0002}, OUT_OF_DEVICE_TIME, 0.00189, "--max-device-hours 0.0027"),
        ({"max_cost": 1.0, "price": PriceConfig(cpu=10)}, OUT_OF_MONEY, 0.4, "--max-cost 6"),
    ],
)
def test_the_command_that_goes_on_leaves_the_search_something_to_take(
    limits: dict[str, Any], reason: str, hours: float, option: str, tmp_path: Path
) -> None:
    of = result(tmp_path, [record(0)])
    run = RunFigures(
        state="budget", reason=reason, wall_seconds=1.0, training_steps=1, trials_per_hour=1.0,
        tracking_uri="", started=1.0,
    )  # fmt: skip
    search = replace(of.spec.search, **limits)
    of = replace(of, run=run, spec=replace(of.spec, search=search), pack_seconds=3600 * hours)
    assert f"rnnsearch resume wave {option} " in f"{next_commands(of)[0]} "
    other = replace(of, run=replace(run, reason="the time budget ran out"))
    assert option not in next_commands(other)[0]


def test_what_was_taken_is_told_beside_its_limits(tmp_path: Path) -> None:
    of = result(tmp_path, [record(0)])
    assert spent_of(of) == ""
    of = replace(of, pack_seconds=5400.0)
    assert spent_of(of) == "packs took 1.5 hours"
    search = of.spec.search
    prices = replace(search.price, cpu=2.0)
    limited = replace(search, max_device_hours=2.0, max_cost=20.0, price=prices)
    of = replace(of, spec=replace(of.spec, search=limited))
    assert spent_of(of) == "packs took 1.5 of 2 hours, which cost 3 of 20"
