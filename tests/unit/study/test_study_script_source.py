"""A study keeps the source of its training script, and notices where it has changed."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from rnnsearch.errors import DataError
from rnnsearch.events import ChampionChosen
from rnnsearch.search.ledger.ledger import Ledger
from rnnsearch.study import Study
from rnnsearch.study.data import read_data

SOURCE = "def train(config, state=None):\n    yield {'val_loss': 1.0}\n"
CHANGED = SOURCE + "    yield {'val_loss': 0.5}\n"


@pytest.fixture
def study(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Study]:
    """A study that was begun, of a script in the working directory."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    Path("stepping.py").write_text(SOURCE, encoding="utf-8")
    Path("stepping.yaml").write_text('task: {type: script, function: "stepping:train"}\n')
    new = Study.from_yaml("stepping.yaml")
    new.directory.create()
    new.directory.yaml.write_text(new.spec.yaml, encoding="utf-8")
    ledger = Ledger.create(new.directory, new.spec)
    assert read_data(new.spec, new.directory, ledger)[1] == []
    ledger.close()
    yield Study.open("stepping")
    sys.modules.pop("stepping", None)


def an_epoch(study: Study) -> None:
    ledger = Ledger.open(study.directory, study.spec)
    ledger.ask()
    ledger.report([(0, 1, 2.5)])
    ledger.finish(0, "complete", reason="", epoch=1)
    ledger.close()


def remarks(study: Study, *, allowed: bool = False) -> list[str]:
    ledger = Ledger.open(study.directory, study.spec)
    try:
        return read_data(study.spec, study.directory, ledger, allow_changed_script=allowed)[1]
    finally:
        ledger.close()


def test_the_source_lies_in_the_study_as_it_was(study: Study) -> None:
    Path("stepping.py").write_text(CHANGED, encoding="utf-8")
    assert study.directory.script.read_text(encoding="utf-8") == SOURCE


def test_a_changed_script_is_refused_unless_it_is_allowed(study: Study) -> None:
    an_epoch(study)
    assert remarks(study) == []
    Path("stepping.py").write_text(CHANGED, encoding="utf-8")
    with pytest.raises(DataError, match="stepping:train: lines 2, now 3") as caught:
        Study.open("stepping").run()
    text = str(caught.value)
    assert "the script has changed since the study stepping was started" in text
    assert str(Path("studies/stepping/script.py")) in text
    commands = [shlex.split(line) for line in text.splitlines() if line.startswith("  rnnsearch")]
    assert commands[1] == ["rnnsearch", "resume", "stepping", "--allow-changed-script"]
    (remark,) = remarks(study, allowed=True)
    assert remark.startswith("the script has changed since")
    assert remarks(study) == [], "it is known from then on"


def test_a_script_that_has_not_finished_an_epoch_may_be_mended(study: Study) -> None:
    Path("stepping.py").write_text(CHANGED, encoding="utf-8")
    (remark,) = remarks(study)
    assert "lines 2, now 3" in remark
    an_epoch(study)
    assert remarks(study) == []


def test_a_champion_is_not_trained_again_with_another_script_unawares(study: Study) -> None:
    an_epoch(study)
    ledger = Ledger.open(study.directory, study.spec)
    champion = ChampionChosen(1.0, 0, 5, "gone", {"val_loss": 2.5}, {})
    ledger.note(lambda notes: replace(notes, champion=champion))
    ledger.close()
    Path("stepping.py").write_text(CHANGED, encoding="utf-8")
    with pytest.raises(DataError, match="the script has changed") as caught:
        Study.open("stepping").retrained()
    words = shlex.split(str(caught.value).splitlines()[-1])
    assert words[:2] == ["rnnsearch", "retrain"]
    again = Study.open("stepping").retrained(overrides=[words[words.index("--set") + 1]])
    assert "lines 2, now 3" in again.notes[-1]


def test_a_study_is_looked_at_without_its_script(study: Study) -> None:
    Path("stepping.py").unlink()
    del sys.modules["stepping"]
    again = Study.open("stepping")
    assert "no trial" in repr(again.result())
    with pytest.raises(DataError, match="cannot import the script stepping:train"):
        again.run()
