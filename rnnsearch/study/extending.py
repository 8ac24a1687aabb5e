"""How many trials a study can be extended by, where its sampler tries each configuration once."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from rnnsearch.commands import command
from rnnsearch.errors import InputError
from rnnsearch.search.directory import StudyDirectory
from rnnsearch.space.spec import StudySpec
from rnnsearch.space.strategies import most_trials

if TYPE_CHECKING:
    from rnnsearch.search.ledger.ledger import Ledger


def extendable(
    spec: StudySpec,
    directory: StudyDirectory,
    ledger: Ledger,
    count: int,
    say: Callable[[str], None],
) -> int:
    """How many of `count` more trials a study gets: no more than there are configurations left.

    Args:
        say: Called with a line where these are fewer.

    Raises:
        InputError: None is left.
    """
    known = [one.params for one in ledger.trials() if one.params]
    known += [one for one in spec.first_trials if one not in known]
    most = most_trials(spec, known, spec.search.num_trials) if count else None
    if most is None or most >= ledger.num_trials + count:
        return count
    left, sampler = most - ledger.num_trials, getattr(spec.search.sampler, "type", "")
    if left <= 0:
        name, storage = directory.name, directory.storage
        other = command("fork", name, "--set", "search.sampler.type=tpe", storage=storage)
        raise InputError(
            f"the sampler {sampler} tries each configuration once, and all {most:,} of the space "
            f"are trials of the study {name}. Go on in a wider space "
            f"({command('fork', name, '--widen', storage=storage)}), or, with a range that can be "
            f"drawn from anew, by another sampler: {other}"
        )
    trials = f"{left:,} trials are" if left > 1 else "1 trial is"
    say(
        f"note: {trials} added and not {count:,}: the sampler {sampler} tries each configuration "
        "once, and there are no more"
    )
    return left
