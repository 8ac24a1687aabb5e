"""The space files that `init` fills in: YAML, with `$names` for what is taken from the data."""

from __future__ import annotations

import json
from importlib import resources
from pathlib import Path
from string import Template
from typing import Any

from rnnsearch.space.field_types import literals
from rnnsearch.space.fields import all_fields


def filled(draft: str, path: Path, study: str, values: dict[str, Any]) -> str:
    """One of them, `text`, `text_short` or `series`, for a data file.

    Args:
        path: Of the data.
        study: Its name.
        values: What the other `$names` stand for; `$KEY_choices` are those of a key of the task.
    """
    fields = all_fields(draft.partition("_")[0]).values()
    choices = {
        f"{one.name}_choices": " | ".join(map(str, literals(one.type)))
        for one in fields
        if one.key.startswith("task.")
    }
    template = resources.files(__name__).joinpath(f"{draft}.yaml").read_text("utf-8")
    file = " ".join(path.name.split("\n"))
    return Template(template).substitute(choices | values, file=file, study=json.dumps(study))
