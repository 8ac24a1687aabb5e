"""What refuses a new study refuses it before it has a folder, so that its name stays free."""

from __future__ import annotations

from pathlib import Path

import pytest

from rnnsearch.errors import StudyNotFoundError
from rnnsearch.study.study import Study


def test_a_study_to_learn_from_that_is_missing_leaves_no_folder(tmp_path: Path) -> None:
    storage = tmp_path / "studies"
    file = tmp_path / "after.yaml"
    file.write_text("task: {type: sine}\n")
    study = Study.from_yaml(file, storage=storage, overrides=["search.warm_start=before"])
    with pytest.raises(StudyNotFoundError, match="before"):
        study.run()
    assert not storage.exists()
