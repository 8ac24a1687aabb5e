"""The process in which a trial is trained again: lines of JSON on a pipe tell of it."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping
from contextlib import redirect_stdout
from dataclasses import asdict
from pathlib import Path
from typing import Any

from rnnsearch.custom_code import blame, place_of
from rnnsearch.errors import RnnsearchError

BOOT = """\
import json, sys
given = json.loads(sys.argv.pop())
sys.path[:] = given["path"]
from rnnsearch.study.reproduction.child import main
main(given)
"""
"""What Python is started with, by `-P -c`, before a JSON object of `path` and what `main` takes."""


def main(given: Mapping[str, Any]) -> None:
    """Train a trial of a study again, and tell of it.

    Args:
        given: `storage`, `name`, `number`, `seed`, `allow_changed_code`, and `pipe`, the number of
            the file to write to. What the trial's own code prints goes to standard error.
    """
    with os.fdopen(given["pipe"], "w", encoding="utf-8") as pipe, redirect_stdout(sys.stderr):

        def tell(kind: str, values: Any) -> None:
            pipe.write(json.dumps([kind, values]) + "\n")  # JSON of Python, which has NaN too
            pipe.flush()

        try:
            _train(given, tell)
        except BrokenPipeError:  # whoever asked is gone
            return
        except RnnsearchError as error:
            tell("error", str(error))
        except Exception as error:
            if not place_of(error):
                raise
            tell("error", f"code of your own raised {blame(error)}")


def _train(given: Mapping[str, Any], tell: Any) -> None:
    from rnnsearch.search.directory import StudyDirectory
    from rnnsearch.search.ledger.environment import Environment
    from rnnsearch.study.array_files import moved_arrays
    from rnnsearch.study.code import read_spec
    from rnnsearch.study.reproduction.reading import read_record
    from rnnsearch.study.reproduction.training import train_again
    from rnnsearch.training.report import EpochReport

    directory = StudyDirectory.find(Path(given["storage"]), given["name"])
    spec = read_spec(directory)
    if moved := moved_arrays(spec, directory):
        spec = read_spec(directory, moved)
    record = read_record(spec, directory, given["number"], given["seed"])
    allowed = given["allow_changed_code"]
    for one in train_again(spec, directory, record, allow_changed_code=allowed):
        if isinstance(one, str):
            tell("remark", one)
        elif isinstance(one, Environment):
            tell("environment", asdict(one))
        elif isinstance(one, EpochReport):
            tell("epoch", asdict(one))
        else:
            tell("divergence", asdict(one))
