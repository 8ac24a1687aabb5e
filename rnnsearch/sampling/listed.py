"""Configurations from a list, each once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from optuna.samplers import BaseSampler

if TYPE_CHECKING:
    from optuna.distributions import BaseDistribution
    from optuna.study import Study
    from optuna.trial import FrozenTrial

_Key = tuple[tuple[str, str], ...]


class ListedSampler(BaseSampler):
    """Proposes the first configuration of a list that no other trial of the study has.

    First trials and those of earlier runs count. Where all were tried, as in a study that was
    extended, it begins again from the front.

    Args:
        space: The distribution of every parameter that a trial may have, by its name.
        configurations: Of each active parameter the value, as Optuna stores it.
    """

    def __init__(
        self,
        space: Mapping[str, BaseDistribution],
        configurations: Sequence[Mapping[str, Any]],
    ) -> None:
        self._space = dict(space)
        self._left = {_key(one): one for one in reversed(configurations)}
        self._all = tuple(configurations)
        self._looked_at: set[int] = set()
        self._again = 0

    def infer_relative_search_space(
        self, study: Study, trial: FrozenTrial
    ) -> dict[str, BaseDistribution]:
        return self._space

    def sample_relative(
        self, study: Study, trial: FrozenTrial, search_space: dict[str, BaseDistribution]
    ) -> dict[str, Any]:
        for other in study.get_trials(deepcopy=False):
            if other.number != trial.number and other.number not in self._looked_at:
                # One that is put back or waits has its parameters already; another that has
                # none yet is looked at again.
                self._left.pop(_key(other.params), None)
                if other.params:
                    self._looked_at.add(other.number)
        if not self._left:
            self._again += 1
            return dict(self._all[(self._again - 1) % len(self._all)])
        # The list was turned round, so that the last key is the first configuration.
        proposed = self._left.pop(next(reversed(self._left)))
        self._looked_at.add(trial.number)
        return dict(proposed)

    def sample_independent(
        self, study: Study, trial: FrozenTrial, param_name: str, param_distribution: Any
    ) -> Any:
        raise LookupError(f"{param_name} is no parameter of the study")


def _key(params: Mapping[str, Any]) -> _Key:
    """The values of a configuration, whichever order they were drawn in.

    True and 1 are two values.
    """
    return tuple(sorted((name, repr(value)) for name, value in params.items()))
