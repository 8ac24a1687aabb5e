"""What a script is given as its `config`."""

from __future__ import annotations

from typing import Any

from rnnsearch.tasks.script.config import GIVEN
from rnnsearch.training.config import TrialConfig
from rnnsearch.training.script.randomness import MOST_NUMPY_SEED


class Settings:
    """A trial's values as attributes: `config.learning_rate`.

    They are those under `params` in the space file, and `tasks.script.config.GIVEN`. `vars(config)`
    gives them all; a list of the file is a tuple.
    """

    def __init__(self, config: TrialConfig, device: str, start_epoch: int) -> None:
        seed = config.seed % MOST_NUMPY_SEED  # so that numpy and what builds on it take it too
        given = (config.training.max_epochs, seed, device, start_epoch)
        self.__dict__.update(dict(config.params) | dict(zip(GIVEN, given, strict=True)))

    def __getattr__(self, name: str) -> Any:  # asked only for names that are not there
        raise AttributeError(
            f"the config has no {name!r}; it has {', '.join(self.__dict__)}. Keys of your own "
            "stand under `params:` in the space file."
        )

    def __setattr__(self, name: str, value: Any) -> None:
        raise AttributeError(f"a config is not changed; keep {name} in a variable of your own")

    def __repr__(self) -> str:
        return ", ".join(f"{name}={value!r}" for name, value in self.__dict__.items())
