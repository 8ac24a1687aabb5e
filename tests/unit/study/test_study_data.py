"""A study that is reopened on other data is refused, and nothing of it changes."""

from __future__ import annotations

import shlex
from dataclasses import replace
from pathlib import Path

import pytest

from rnnsearch.cli import training
from rnnsearch.cli.app import main
from rnnsearch.errors import DataError, StudyLockedError
from rnnsearch.events import ChampionChosen
from rnnsearch.search.directory import StudyDirectory
from rnnsearch.search.ledger.ledger import Ledger
from rnnsearch.space.load import loads
from rnnsearch.study import Study
from rnnsearch.study.data import read_data
from rnnsearch.study.opened import OpenedStudy

SPACE = """
name: word
task: {type: text, path: words.txt, sample: 0}
model: {cell: {choice: [rnn, gru]}, hidden_size: {int: [4, 9]}}
training: {seq_len: 4, max_epochs: 3}
search: {num_trials: 2}
"""
WORDS = "the end of the word the end of the word "


def searched(folder: Path, space: str = SPACE, *, noted: bool = True) -> Study:
    """A study with a champion, whose data was noted as at the start of a run."""
    (folder / "words.txt").write_text(WORDS)
    storage = folder / "my studies"
    spec = loads(space, name="word", directory=folder)
    directory = StudyDirectory(storage, "word")
    directory.create()
    directory.yaml.write_text(spec.yaml, encoding="utf-8")
    ledger = Ledger.create(directory, spec)
    if noted:
        assert read_data(spec, directory, ledger)[1] == []
    assert ledger.ask() is not None
    ledger.report([(0, 1, 2.5)])
    ledger.finish(0, "complete", reason="", epoch=1)
    champion = ChampionChosen(1.0, 0, 5, "gone", {"val_nats": 2.5}, {})
    ledger.note(lambda notes: replace(notes, champion=champion))
    ledger.close()
    return Study.open("word", storage=storage)


def append(folder: Path) -> None:
    with (folder / "words.txt").open("a") as file:
        file.write("and more")


def printed_command(error: DataError) -> list[str]:
    return next(shlex.split(line) for line in str(error).splitlines() if "rnnsearch " in line)


@pytest.mark.parametrize("more_trials", [0, 2])
def test_a_changed_file_is_refused_before_anything_changes(
    more_trials: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    study = searched(tmp_path)
    append(tmp_path)
    monkeypatch.chdir(tmp_path)
    with pytest.raises(DataError, match=r"words.txt: symbols 40, now 48") as caught:
        Study.open("word", storage=study.directory.storage, more_trials=more_trials).run()
    again = Ledger.open(study.directory, study.spec)
    assert (again.num_trials, len(again.trials())) == (2, 1)
    again.close()
    command = printed_command(caught.value)
    assert command[:2] == ["rnnsearch", "run"]
    assert command[3::2] == ["--name", "--storage"]
    # The remedy reads the new data from where the person stands.
    new = Study.from_yaml(command[2], name=command[4], storage=command[6])
    assert new.spec.values["task.path"] == str(tmp_path / "words.txt")
    assert new.directory.storage == study.directory.storage


def test_the_same_file_written_again_is_no_change(tmp_path: Path) -> None:
    study = searched(tmp_path)
    (tmp_path / "words.txt").write_text(WORDS)
    ledger = Ledger.open(study.directory, study.spec)
    data, told = read_data(study.spec, study.directory, ledger)
    assert (data.rows()["train"], told) == (32, [])
    ledger.close()


def test_a_study_of_before_is_noted_from_now_on_and_says_so(tmp_path: Path) -> None:
    study = searched(tmp_path, noted=False)
    ledger = Ledger.open(study.directory, study.spec)
    (told,) = read_data(study.spec, study.directory, ledger)[1]
    assert "cannot be checked" in told
    assert str(tmp_path / "words.txt") in told
    assert read_data(study.spec, study.directory, ledger)[1] == []
    append(tmp_path)
    with pytest.raises(DataError, match="has changed"):
        read_data(study.spec, study.directory, ledger)
    ledger.close()


def test_every_file_that_can_be_drawn_is_known(tmp_path: Path) -> None:
    (tmp_path / "others.txt").write_text(WORDS[::-1])
    space = SPACE.replace("path: words.txt", "path: {choice: [words.txt, others.txt]}")
    study = searched(tmp_path, space)
    ledger = Ledger.open(study.directory, study.spec)
    assert len(ledger.notes.data) == 2
    (tmp_path / "others.txt").write_text(WORDS[::-1] + "!")
    with pytest.raises(DataError, match=r"others.txt: symbols 40, now 41") as caught:
        read_data(study.spec, study.directory, ledger)
    assert "words.txt" not in str(caught.value).splitlines()[1]
    ledger.close()


def test_a_champion_is_trained_again_on_other_data_only_where_it_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    study = searched(tmp_path)
    assert study.retrained().notes == ["trial 0 of the study word, trained again"]
    append(tmp_path)
    monkeypatch.chdir(tmp_path / "my studies")
    with pytest.raises(DataError, match="symbols 40, now 48") as caught:
        study.retrained()
    command = printed_command(caught.value)
    assert command[1:4] == ["retrain", "word", "--data"]
    again = Study.open("word", storage=command[6]).retrained(overrides=[f"task.path={command[4]}"])
    assert again.notes[-1].endswith("words.txt: symbols 40, now 48")
    assert again.notes[-1].startswith("on other data than there: ")
    (tmp_path / "new.txt").write_text(WORDS + "entirely other")
    other = study.retrained(overrides=[f"task.path={tmp_path / 'new.txt'}"])
    assert (
        other.notes[-1] == f"on other data than there: {tmp_path / 'new.txt'}: symbols 40, now 54"
    )
    assert len(other.notes) == 2


def test_a_driver_that_lost_its_lock_says_who_has_the_study(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    study = searched(tmp_path)

    def overtaken(opened: OpenedStudy, *_: object) -> None:
        directory, ledger = opened.directory, opened.ledger
        # What another driver does, which found this one's lock stale.
        directory.lock.write_text("{}")
        with directory.ledger.open("ab") as file:
            file.write(b"{}\n")
        ledger.note(lambda notes: replace(notes, settled="overtaken"))
        ledger.flush()

    monkeypatch.setattr("rnnsearch.study.running.drive", overtaken)
    with pytest.raises(StudyLockedError, match=r"another driver took over .*rnnsearch trials word"):
        study.run()


def moved(study: Study, folder: Path) -> Study:
    """The study after its file went elsewhere, and its space file was told so."""
    new = folder / "elsewhere.txt"
    (folder / "words.txt").rename(new)
    yaml = study.directory.yaml
    yaml.write_text(yaml.read_text().replace(str(folder / "words.txt"), str(new)))
    return Study.open("word", storage=folder / "my studies")


def test_a_file_that_moved_is_known_again_by_its_content(tmp_path: Path) -> None:
    study = moved(searched(tmp_path), tmp_path)
    ledger = Ledger.open(study.directory, study.spec)
    assert read_data(study.spec, study.directory, ledger)[1] == []
    ledger.close()


def test_a_file_that_moved_and_changed_is_refused(tmp_path: Path) -> None:
    study = moved(searched(tmp_path), tmp_path)
    (tmp_path / "elsewhere.txt").write_text(WORDS + "and more")
    ledger = Ledger.open(study.directory, study.spec)
    with pytest.raises(DataError, match=r"elsewhere\.txt: symbols"):
        read_data(study.spec, study.directory, ledger)
    ledger.close()


def test_newer_data_is_named_from_where_the_user_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    searched(tmp_path)
    there = tmp_path / "elsewhere"
    there.mkdir()
    (there / "newer.txt").write_text(WORDS + "and more")
    monkeypatch.chdir(there)
    trained: list[Study] = []
    monkeypatch.setattr(training, "drive", lambda study, _: trained.append(study))
    asked = ["retrain", "word", "--storage", "../my studies", "--data"]
    with pytest.raises(SystemExit) as ended:
        main([*asked, "newer.txt"])
    assert ended.value.code == 0
    assert trained[0].spec.values["task.path"] == str(there / "newer.txt")
    capsys.readouterr()
    with pytest.raises(SystemExit) as ended:
        main([*asked, "gone.txt"])
    assert ended.value.code == 2
    assert "gone.txt" in capsys.readouterr().err
    assert len(trained) == 1
