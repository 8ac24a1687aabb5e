"""A damaged ledger on the command line: said by every command, mended by one."""

from __future__ import annotations

from pathlib import Path

import pytest

from rnnsearch.cli.app import main
from rnnsearch.cli.repair import ranges
from rnnsearch.search.directory import StudyDirectory
from rnnsearch.search.ledger.ledger import Ledger
from rnnsearch.space.load import loads

SPACE = """
name: small
task: {type: sine}
model: {cell: lstm, hidden_size: 8}
training: {learning_rate: {loguniform: [1e-4, 1e-1]}, steps_per_epoch: 10, max_epochs: 4}
search: {metric: val_mse, num_trials: 4}
"""
COMMANDS = (
    ["resume", "small"],
    ["extend", "small", "--trials", "1"],
    ["retrain", "small"],
    ["trials", "small"],
    ["trials", "small", "--format", "json"],
    ["show", "small", "0"],
    ["best", "small"],
    ["rollout", "small", "--steps", "5"],
    ["sample", "small", "--prompt", "a"],
    ["classify", "small", "a"],
    ["studies"],
)


def study(storage: Path, name: str) -> StudyDirectory:
    """A study of which one trial has ended and another was on its way."""
    spec = loads(SPACE.replace("small", name), name=name, directory=storage)
    directory = StudyDirectory(storage, name)
    directory.create()
    directory.yaml.write_text(spec.yaml)
    ledger = Ledger.create(directory, spec)
    for number in range(2):
        assert ledger.ask() is not None
        ledger.report([(number, 1, 0.5), (number, 2, 0.25)])
    ledger.finish(0, "complete", reason="last epoch")
    ledger.close()
    return directory


def damage(directory: StudyDirectory) -> None:
    """Changes a byte of the last record but one, when one trial was still open."""
    lines = directory.ledger.read_bytes().splitlines(keepends=True)
    lines[-2] = lines[-2].replace(b"op_code", b"op_kode")
    directory.ledger.write_bytes(b"".join(lines))


def run(storage: Path, command: list[str], capsys: pytest.CaptureFixture[str]) -> tuple[int, str]:
    with pytest.raises(SystemExit) as ended:
        main([*command, "--storage", str(storage)])
    seen = capsys.readouterr()
    return int(ended.value.code or 0), seen.out + seen.err


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_every_command_says_the_damage_and_the_remedy(
    tmp_path: Path, command: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    damage(study(tmp_path, "small"))

    status, said = run(tmp_path, command, capsys)

    assert status == 2
    assert f"rnnsearch repair small --storage {tmp_path}" in said
    assert "is damaged" in said


def test_the_list_of_studies_goes_on_with_the_others(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    damage(study(tmp_path, "bad"))
    study(tmp_path, "good")

    status, said = run(tmp_path, ["studies"], capsys)

    assert status == 2
    rows = {line.split()[0]: line.split()[1:3] for line in said.splitlines() if line}
    assert rows["bad"][0] == "damaged"
    assert rows["good"] == ["killed", "2"]


def test_a_repair_says_what_is_gone_and_then_all_is_well(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    directory = study(tmp_path, "small")
    records = directory.ledger.read_bytes().count(b"\n")
    damage(directory)

    status, said = run(tmp_path, ["repair", "small"], capsys)

    assert status == 0
    assert f"gone: 1 record, {records - 1};" in said
    assert "with gaps: 1 trial, 1; `resume` trains them again from their seeds" in said
    assert f"the damaged file is kept: {directory.ledger}.damaged" in said
    assert run(tmp_path, ["trials", "small"], capsys)[0] == 0
    assert run(tmp_path, ["repair", "small"], capsys) == (
        0,
        "the ledger of small is whole; nothing was changed\n",
    )


@pytest.mark.parametrize(
    ("numbers", "text"), [([3], "3"), ([2, 9, 3, 4], "2 to 4, 9"), ([1, 3], "1, 3")]
)
def test_numbers_are_short(numbers: list[int], text: str) -> None:
    assert ranges(numbers) == text
