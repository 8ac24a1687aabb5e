"""How often a training came no further between two crashes of its packs.

Whoever is aboard when a pack dies may have killed it, and most have not: with 64 aboard and packs
that die of other causes, everybody was aboard three crashes sooner or later. But what kills its
pack does so where it stands, and has no new epoch on record when the next one dies.
"""

from __future__ import annotations

from dataclasses import dataclass

MOST = 3
"""So many crashes without a new epoch between them make a training suspect."""


@dataclass(frozen=True, slots=True)
class Stuck:
    """Crashes in a row between which a training came no further.

    Attributes:
        crashes: How many, the first one included.
        epoch: How many epochs were on record at the last of them.
    """

    crashes: int = 0
    epoch: int = 0

    def again(self, epoch: int) -> Stuck:
        """After one more crash, with so many epochs on record."""
        return Stuck(1 if epoch > self.epoch else self.crashes + 1, epoch)

    @property
    def suspect(self) -> bool:
        return self.crashes >= MOST
