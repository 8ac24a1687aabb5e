"""On which kinds of packs a trial was trained, in a study whose packs ask for GPUs.

A GPU rounds otherwise than a CPU, so a training that went from one to the other has a curve that
neither gives alone. Whoever compares or repeats it has to know.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal, NamedTuple

Device = Literal["cpu", "gpu"]


class RanOn(NamedTuple):
    """A stay of a trial on one kind of pack.

    Attributes:
        device: What its pack trained on. A pack whose GPU torch did not find trained on the CPU.
        node: Host name of the pack's node.
        epoch: How many epochs of the trial were on record when it went aboard.
    """

    device: str
    node: str
    epoch: int


Stays = tuple[RanOn, ...]


def with_stay(stays: Stays, stay: RanOn) -> Stays:
    """The stays with one more, unless it is on the device and the node of the last one."""
    if stays and stays[-1][:2] == stay[:2]:
        return stays
    return (*stays, stay)


def stays_from(rows: Sequence[Sequence[Any]]) -> Stays:
    """The stays as the ledger keeps them, in rows of JSON."""
    return tuple(RanOn(str(device), str(node), int(epoch)) for device, node, epoch in rows)


def devices_of(stays: Stays) -> tuple[str, ...]:
    """The devices, each once, in the order in which the trial came to them."""
    return tuple(dict.fromkeys(stay.device for stay in stays))


def nodes_of(stays: Stays) -> tuple[str, ...]:
    """The nodes, likewise."""
    return tuple(dict.fromkeys(stay.node for stay in stays))


def in_words(stays: Stays) -> str:
    """The stays in a sentence without an end, such as `trained on the GPU of a, after epoch 3 on
    the CPU of b`; empty where there are none."""
    where = [f"on the {stay.device.upper()} of {stay.node}" for stay in stays]
    moves = [f"after epoch {one.epoch} {to}" for one, to in zip(stays[1:], where[1:], strict=True)]
    return f"trained {', '.join([*where[:1], *moves])}" if where else ""
