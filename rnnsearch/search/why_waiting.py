"""Finds out from the driver's account why trials wait at the moment."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from rnnsearch.search.supply import Supply
from rnnsearch.search.waits import (
    DRAINING,
    FIRST_EPOCH,
    FIRST_OF_SCRIPT,
    LAST_TRIALS,
    Wait,
    compiling,
    empty_pack,
    no_room,
    no_such_node,
    nodes_starting,
    silent,
    starting,
)

if TYPE_CHECKING:
    from rnnsearch.search.control import Control

SILENT_SECONDS = 30.0
"""A pack reports every few seconds; one that has not for so long is named."""


def why_waiting(
    control: Control,
    pending: int,
    *,
    script: bool,
    needs: Mapping[str, float],
    supply: Supply,
) -> Wait | None:
    """The most telling reason why trials wait; None where they train.

    Args:
        pending: How many packs Ray has given no place yet.
        script: Whether the study trains a script, which has no kernels.
        needs: What a pack asks Ray for, by its name there, such as `GPU`.
        supply: What the cluster has; looked at where packs are pending.
    """
    if control.phase == "draining":
        return DRAINING
    if control.phase == "over":
        return None
    reported = sum(book.reported for book in control.fleet.books.values())
    queued = control.waiting()
    if pending and (queued or not reported):
        return _why_pending(pending, control.live, needs, supply)
    if not reported:
        return starting(control.live) if control.live else None
    if control.tally.first_report is None:
        if cells := control.waits.compiling():
            return compiling(cells)
        return FIRST_OF_SCRIPT if script else FIRST_EPOCH
    pack_id, seconds = control.silence.longest()
    if seconds >= SILENT_SECONDS and pack_id in control.fleet.books:
        return silent(control.fleet.books[pack_id].name, seconds, control.silence.limit)
    if control.fleet.alone:
        return empty_pack(control.fleet.alone[0].number)
    holding = control.holding()
    if not queued and 0 < holding < min(control.live, control.fleet.places) * control.slots:
        return LAST_TRIALS if control.phase == "search" else None
    return None


def _why_pending(pending: int, packs: int, needs: Mapping[str, float], supply: Supply) -> Wait:
    """Why Ray has given packs no place yet: a node is coming, none could be had, none has what they
    ask for, or others hold it."""
    words = _in_words(needs)
    if supply.starting:
        return nodes_starting(supply.starting, pending, packs)
    if supply.nodes and not supply.holds(needs):
        absent = [
            f"{needs[name]:g} {name} (the most is {most:g})"
            for name, most in supply.on_no_node(needs)
        ]
        return no_such_node(absent, pending, packs, words, supply.refused)
    return no_room(pending, packs, supply.not_free(needs), words, supply.refused)


def _in_words(needs: Mapping[str, float]) -> str:
    return " and ".join(f"{need:g} {name}" for name, need in needs.items() if need > 0)
