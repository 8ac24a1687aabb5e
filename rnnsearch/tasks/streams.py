"""Seeds of independent random streams, each a function of what it is for."""

from __future__ import annotations

from hashlib import blake2b


def derive(seed: int, purpose: str, *numbers: int) -> int:
    """The seed of one purpose, derived from a seed: the same on every machine and in every version.

    Streams that differ in the seed, the purpose or any number are independent, so a trial can draw
    its weights, its data order of epoch 7 and its dropout masks of training step 300 in any order.

    Returns:
        A whole number in [0, 2**63), which numpy's and torch's generators both take.
    """
    words = "\x1f".join([str(seed), purpose, *map(str, numbers)])
    digest = blake2b(words.encode("utf-8"), digest_size=8).digest()
    return int.from_bytes(digest, "big") >> 1
