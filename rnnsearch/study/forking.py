"""A study that goes on in a wider or changed space with the trials of another one."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator, Sequence
from functools import partial
from typing import Any

from rnnsearch.commands import command
from rnnsearch.disk import replace_file
from rnnsearch.errors import InputError
from rnnsearch.search.directory import StudyDirectory, next_free_name
from rnnsearch.space.load import load
from rnnsearch.space.resolve import renamed
from rnnsearch.space.spec import StudySpec
from rnnsearch.study.array_files import keep_arrays
from rnnsearch.study.claim import alone, exists, new_directory
from rnnsearch.study.code import keep_code
from rnnsearch.study.ledger_choice import check_ledger, settle_ledger

_ANEW = {"first_trials": "[]", "search.warm_start": "null", "search.warm_start_first": "0"}
"""What the new study does not take over: the other one has done it, and its trials are there."""


def fork(
    source: StudyDirectory,
    before: StudySpec,
    name: str | None,
    overrides: Sequence[str],
    *,
    widen: bool,
    ledger: str | None = None,
) -> tuple[StudyDirectory, list[str]]:
    """Make a new study on disk that goes on in another space, so that it can be resumed.

    The trials of the old study that fit are trials of the new one too, with their curves, values
    and seeds; the old study stays as it is. The new one trains `search.num_trials` beyond them.

    Args:
        source: The study that is forked; `before` is its space.
        name: The new one's name; None takes the old one's with `-forked` behind it.
        overrides: `KEY=YAML` entries that replace those of the old space.
        widen: Whether to widen the ranges at whose ends the best trials lie.
        ledger: The database of its ledger; None takes that of `RNNSEARCH_LEDGER`, else the one in
            which the old study's lies, if it does.

    Returns:
        Where it lies, and lines for a person: what was widened, copied and left out.

    Raises:
        SpaceFileError: An override is wrong.
        InputError: No trial fits, or there is nothing to widen.
        StudyExistsError: `name` is taken.
    """
    from rnnsearch.search.ledger.fork import fork_ledger
    from rnnsearch.search.lock import is_taken
    from rnnsearch.search.warm_start import check_alike, read_warm_start

    name = name or next_free_name(source.storage, f"{source.name}-forked")
    wider = list(widened(source, before)) if widen else []
    named = {one.partition("=")[0].strip() for one in overrides}
    anew = [f"{key}={value}" for key, value in _ANEW.items() if key not in named]
    changes = [one for one in wider if one.partition("=")[0] not in named]
    spec = renamed(load(source.yaml, [*anew, *changes, *overrides]), name)
    check_alike(spec, before, source.name, "fork")
    directory = new_directory(source.storage, name)
    check_ledger(ledger)
    same_data = not any(key == "task" or key.startswith("task.") for key in named)
    directory.create()
    try:
        # Whoever found the space file without the trials would begin the study without them.
        directory.unmade.touch()
        keep_code(directory, spec)
        settle_ledger(directory, ledger, lambda text: None, source)
        with alone(directory) as mirroring:
            if directory.ledger_place.has_records():
                raise exists(directory)  # another one was faster
            replace_file(directory.yaml, spec.yaml)
            keep_arrays(spec, directory)
            mirroring.push()
            copied = fork_ledger(
                directory,
                spec,
                source,
                before,
                same_data=same_data,
                warm=partial(read_warm_start, directory, spec),
            )
            directory.unmade.unlink()
    except InputError:
        if not is_taken(directory):  # what was refused does not use up the name
            directory.ledger_place.delete()
            if (mirror := directory.mirror) is not None:
                mirror.delete()
            shutil.rmtree(directory.root)
        raise
    return directory, [*(f"widened: {one}" for one in changes), *copied.lines(source.name)]


def widened(source: StudyDirectory, spec: StudySpec) -> Iterator[str]:
    """Overrides that widen each range at whose end the best trials lie, as `analyse` proposes.

    Raises:
        InputError: There is none.
    """
    from rnnsearch.search.advice.advice import advise
    from rnnsearch.search.ledger.reading import read_ledger

    advice = advise(read_ledger(source, spec).trials, spec)
    if not advice.edges:
        why = "; ".join(advice.untold) or "the best trials lie at no end of a range"
        example = command("fork", source.name, "--set", "KEY=YAML", storage=source.storage)
        raise InputError(f"--widen finds nothing to widen: {why}. Say what changes: {example}")
    proposed: dict[str, dict[str, Any]] = {}
    for edge in advice.edges:
        one = proposed.setdefault(edge.param, dict(edge.proposed))
        for word, value in edge.proposed.items():
            if word == "choice":
                one[word] = sorted({*one[word], *value})
            elif word != "step":
                one[word] = (min(one[word][0], value[0]), max(one[word][1], value[1]))
    for key, body in proposed.items():
        when = spec.parameters[key].when
        conditions = {parent: condition.written() for parent, condition in when.items()}
        yield f"{key}={json.dumps({**body, **({'when': conditions} if when else {})})}"
