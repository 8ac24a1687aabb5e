"""The templates of `init`: space files with `$names` for what is taken from the data."""

from __future__ import annotations

import json
from importlib import resources
from pathlib import Path
from string import Template
from typing import Any

from rnnsearch.space.field_types import literals
from rnnsearch.space.fields import all_fields


def filled(
    draft: str, path: Path, study: str, values: dict[str, Any], family: str | None = None
) -> str:
    """Fill in a template for a data file.

    Args:
        draft: The template: `text`, `text_short`, `series` or `sequences`.
        path: The data file.
        study: The study's name.
        values: What the `$names` stand for, but for `$file`, `$study`, and for each key of the task
            `$KEY_choices`, which are all values that it can have.
        family: The type of the task; None for the first word of the template's name.
    """
    fields = all_fields(family or draft.partition("_")[0]).values()
    choices = {
        f"{one.name}_choices": " | ".join(map(str, literals(one.type)))
        for one in fields
        if one.key.startswith("task.")
    }
    template = resources.files(__name__).joinpath(f"{draft}.yaml").read_text("utf-8")
    file = " ".join(path.name.split("\n"))
    return Template(template).substitute(choices | values, file=file, study=json.dumps(study))
