"""Why an old champion could not be scored on the new winner's test part."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from rnnsearch.errors import ModelError
from rnnsearch.records.mlflow.old_champion import scored


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (ModelError("there is no model."), "there is no model"),
        (ZeroDivisionError("in code of a person's own\nand more"), "it fails there (in code of"),
        (KeyError(), "it fails there (KeyError)"),
    ],
)
def test_whatever_it_raises_is_told_as_the_reason(
    error: Exception, reason: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def load_model(*_: Any, **__: Any) -> Any:
        raise error

    monkeypatch.setattr("rnnsearch.training.loading.load_model", load_model)
    told = scored(None, tmp_path)  # type: ignore[arg-type]
    assert isinstance(told, str)
    assert told.startswith(reason)
    assert "\n" not in told
