"""A ledger that is read again and again while its driver writes: only what is new is read."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from ledgers import asked, new
from small_space import small_spec, study_directory

from rnnsearch.errors import DamagedLedgerError, StudyNotFoundError
from rnnsearch.search.ledger import journal
from rnnsearch.search.ledger.ledger import Ledger
from rnnsearch.search.ledger.reading import LedgerReader, read_ledger


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    return new(tmp_path)


@pytest.fixture
def reader(tmp_path: Path) -> LedgerReader:
    return LedgerReader(study_directory(tmp_path), small_spec())


def go_on(ledger: Ledger) -> None:
    """A trial starts, another one reports or ends."""
    number = asked(ledger).number
    ledger.report([(number, 1, 0.5 + number)])
    if number % 2:
        ledger.finish(number, "pruned", reason="rung", epoch=1)
    if number == 4:
        ledger.put_back(number, snapshot=None, crashed=True)
    ledger.flush()


def test_what_is_read_again_is_what_is_read_anew(
    tmp_path: Path, ledger: Ledger, reader: LedgerReader
) -> None:
    for _ in range(6):
        go_on(ledger)
        assert reader.read() == read_ledger(study_directory(tmp_path), small_spec())
    ledger.extend(5)
    ledger.flush()
    assert reader.read().num_trials == ledger.num_trials


def test_only_new_records_are_read(
    tmp_path: Path, ledger: Ledger, reader: LedgerReader, monkeypatch: pytest.MonkeyPatch
) -> None:
    numbers: list[int] = []
    decode = journal.decode

    def noted(line: bytes, number: int, **more: Any) -> dict[str, Any]:
        numbers.append(number)
        return decode(line, number, **more)

    file = study_directory(tmp_path).ledger
    go_on(ledger)
    reader.read()
    whole = file.read_bytes()
    before = len(whole.splitlines())
    monkeypatch.setattr(journal, "decode", noted)
    reader.read()
    assert numbers == []
    with file.open("r+b") as stream:
        stream.write(b" " * len(whole))  # who reads it again has neither records nor their number
    go_on(ledger)
    state = reader.read()
    with file.open("r+b") as stream:
        stream.write(whole)
    assert numbers == list(range(before, len(file.read_bytes().splitlines())))
    assert state == read_ledger(study_directory(tmp_path), small_spec())


def test_half_a_record_waits_for_its_other_half(
    tmp_path: Path, ledger: Ledger, reader: LedgerReader
) -> None:
    go_on(ledger)
    reader.read()
    file = study_directory(tmp_path).ledger
    size = file.stat().st_size
    go_on(ledger)
    whole, torn = file.read_bytes(), read_ledger(study_directory(tmp_path), small_spec())
    with file.open("r+b") as stream:
        stream.truncate(size + 30)
    assert len(reader.read().trials) == 1
    with file.open("r+b") as stream:
        stream.write(whole)
    assert reader.read() == torn


def test_a_file_that_was_replaced_is_read_anew_and_damage_is_said(
    tmp_path: Path, ledger: Ledger, reader: LedgerReader
) -> None:
    go_on(ledger)
    before = reader.read()
    file = study_directory(tmp_path).ledger
    whole = file.read_bytes()
    go_on(ledger)
    reader.read()
    copy = file.with_suffix(".copy")
    copy.write_bytes(whole)
    copy.replace(file)
    assert reader.read() == before
    with file.open("ab") as stream:
        stream.write(b'{"op_code":8,"what":1}\n')
    with pytest.raises(DamagedLedgerError, match=r"rnnsearch repair"):
        reader.read()
    copy.write_bytes(whole)
    copy.replace(file)
    assert reader.read() == before
    other = new(tmp_path / "other")
    for _ in range(3):
        go_on(other)
    study_directory(tmp_path / "other").ledger.replace(file)  # longer than what was there
    assert reader.read() == read_ledger(study_directory(tmp_path), small_spec())
    file.unlink()
    with pytest.raises(StudyNotFoundError, match="no ledger yet"):
        reader.read()
