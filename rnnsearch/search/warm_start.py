"""Reads the trials that another study of the same storage folder teaches a new one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from rnnsearch.commands import command
from rnnsearch.errors import InputError
from rnnsearch.events import ENDED
from rnnsearch.search.directory import StudyDirectory
from rnnsearch.search.ledger.notes import Notes
from rnnsearch.search.ledger.reading import read_ledger
from rnnsearch.search.ledger.warm_start import Brought, WarmStart, thinned
from rnnsearch.space.load import load
from rnnsearch.space.spec import StudySpec
from rnnsearch.space.transfer import MisfitError, transferred


def read_warm_start(directory: StudyDirectory, spec: StudySpec) -> WarmStart | None:
    """What `search.warm_start` brings to a study; None where the file names no other study.

    Raises:
        StudyNotFoundError: There is no such study in the storage folder, or it has no ledger.
        InputError: It has another task, metric or goal, or none of its trials fits.
    """
    name = spec.search.warm_start
    if name is None:
        return None
    other = StudyDirectory.find(directory.storage, name)
    before = load(other.yaml, check_data=False)
    check_alike(spec, before, name, "search.warm_start")
    state = read_ledger(other, before)
    trials, left_out = [], Counter[str]()
    pairs = []
    for record in state.trials:
        if record.state not in ENDED or record.state == "failed":
            continue
        try:
            params = transferred(spec, before, record.params)
        except MisfitError as error:
            left_out[str(error)] += 1
            continue
        curve = thinned(record.values_by_epoch)
        trials.append(Brought(params, record.state, record.best_value, curve))
        pairs.append((record, params))
    if not trials:
        reasons = "; ".join(f"{count} times {reason}" for reason, count in left_out.items())
        raise InputError(
            f"search.warm_start: no trial of the study {name} fits into this space"
            + (f" ({reasons})" if reasons else ", for none has ended")
            + ". Leave the key out, or see what they are: "
            + command("trials", name, storage=directory.storage)
        )
    usable = [(record, params) for record, params in pairs if record.state == "complete"]
    usable.sort(key=lambda pair: pair[0].standing(spec.search.goal))
    firsts = [params for _, params in usable if params not in spec.first_trials]
    return WarmStart(
        name,
        trials,
        dict(left_out),
        firsts[: spec.search.warm_start_first],
        _remarks(spec, before),
        sorted(one.sha256 for one in (state.notes.data or {}).values() if one.sha256),
    )


def data_remark(notes: Notes) -> Iterator[str]:
    """A line where the trials that teach the sampler were trained on other data."""
    warm = notes.warm_start
    here = sorted(one.sha256 for one in (notes.data or {}).values() if one.sha256)
    if warm is not None and here and warm.data and list(warm.data) != here:
        yield (
            f"the study {warm.study} was started on other data, so that its values may lie "
            "elsewhere; they teach the sampler alone"
        )


def check_alike(spec: StudySpec, before: StudySpec, name: str, what_for: str) -> None:
    """Refuse a study whose values say nothing in another.

    Args:
        name: Of the study whose values they are.
        what_for: What asks for them, for the error.
    """
    here, there = spec.search, before.search
    for what, one, other in (
        ("task", spec.values["task.type"], before.values["task.type"]),
        ("metric", here.metric, there.metric),
        ("goal", here.goal, there.goal),
        ("other goals", _listed(here.goals), _listed(there.goals)),
    ):
        if one != other:
            raise InputError(
                f"{what_for}: the study {name} has the {what} {other}, and the new one {one}: its "
                "values say nothing there. Keep to the same, or take another study."
            )


def _listed(goals: Sequence[str]) -> str:
    return ", ".join(goals) or "none"


def _remarks(spec: StudySpec, before: StudySpec) -> tuple[str, ...]:
    """What a person should know of the trials that came."""
    length = "training.max_epochs"
    now, then = spec.values.get(length), before.values.get(length)
    if now != then and length not in spec.parameters:
        return (f"trials of the study {before.name} trained {then} epochs at most, here {now}",)
    return ()
