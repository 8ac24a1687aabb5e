"""The parameters of trials in arrays, one for each parameter, with a value for each place."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from optuna.distributions import BaseDistribution

ROOM = 1024
"""Places that there is room for at first; it doubles when it is full."""


class Columns:
    """Optuna's internal values of parameters by place; NaN where a trial has none.

    Attributes:
        room: Places that there is room for.
    """

    def __init__(self, room: int) -> None:
        self.room = room
        self._columns: dict[str, NDArray[np.float64]] = {}
        self._distributions: dict[str, BaseDistribution] = {}

    def enter(
        self,
        place: int,
        params: Mapping[str, Any],
        distributions: Mapping[str, BaseDistribution],
    ) -> None:
        """Put the params of a trial in the place of what was there.

        Args:
            place: Where.
            params: The values; one whose distribution no trial has had is passed over.
            distributions: Those of the trial.
        """
        for name in distributions.keys() - self._distributions.keys():
            self._distributions[name] = distributions[name]
            self._columns[name] = np.full(self.room, math.nan)
        for name, column in self._columns.items():
            column[place] = (
                self._distributions[name].to_internal_repr(params[name])
                if name in params
                else math.nan
            )

    def observations(
        self, places: NDArray[np.intp], names: Mapping[str, BaseDistribution]
    ) -> dict[str, NDArray[np.float64]]:
        """The values of some parameters, an array each, of the trials that have all.

        Args:
            places: Of the trials that are looked at.
            names: The distributions of the parameters by name.
        """
        nobody = np.full(len(places), math.nan)
        values = {
            name: self._columns[name][places] if name in self._columns else nobody for name in names
        }
        have = ~np.isnan(np.array(list(values.values()))).any(axis=0)
        return {name: column[have] for name, column in values.items()}

    def widen(self, more: int) -> None:
        """Make room for so many more places."""
        self.room += more
        self._columns = {name: longer(one, more) for name, one in self._columns.items()}


def longer(column: NDArray[np.float64], more: int) -> NDArray[np.float64]:
    """A copy with so many more values, NaN all."""
    return np.pad(column, (0, more), constant_values=math.nan)
