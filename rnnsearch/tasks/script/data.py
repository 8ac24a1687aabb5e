"""What is known of a training script before it runs."""

from __future__ import annotations

import inspect
from collections.abc import Sequence
from hashlib import sha256
from typing import Any

from rnnsearch.commands import command
from rnnsearch.custom_code import find_object
from rnnsearch.errors import DataError, InputError
from rnnsearch.given_code import is_given
from rnnsearch.given_code.source import source_of
from rnnsearch.tasks.base import Loss, Metric, Part, Score, Window
from rnnsearch.tasks.script.config import ScriptConfig


class ScriptFacts:
    """What the config says of a script; what it learns from is known to the script alone."""

    input_size = 0
    output_size = 0
    symbolic = False
    losses: tuple[Loss, ...] = ()
    quantiles: tuple[float, ...] = ()
    feedback = False
    whole_sequence = True

    def __init__(self, config: ScriptConfig) -> None:
        self.source = ""
        self._metric = Metric(
            config.metric, "as the script has it", config.goal, "what the script yields"
        )

    def rows(self) -> dict[Part, int]:
        return {}

    def sha256(self) -> str:
        return sha256(self.source.encode()).hexdigest() if self.source else ""

    def notes(self) -> Sequence[str]:
        return []

    def metrics(self) -> Sequence[Metric]:
        return [self._metric]

    def seq_len(self, window: Window) -> int:
        del window
        return 0

    def window_problem(self, window: Window) -> str | None:
        del window
        return None

    def baselines(self) -> Sequence[Score]:
        return []

    def manifest(self) -> dict[str, Any]:
        return {"source": self.source}


class ScriptData(ScriptFacts):
    """A script with its source.

    The function is imported here, so that one that cannot be found, or is no generator function,
    is known before a study starts.

    Raises:
        DataError: It is; the text says what to do.
    """

    def __init__(self, config: ScriptConfig) -> None:
        super().__init__(config)
        function = script_function(config.function)
        given = is_given(config.function)
        self.source = source_of(function) if given else text_of(function)


def text_of(function: Any) -> str:
    """The text of the file that a function stands in, or that of the function alone where there is
    no file; empty where neither can be read."""
    for one in (inspect.getmodule(function), function):
        try:
            return inspect.getsource(one)  # type: ignore[arg-type]  # None is a TypeError
        except (OSError, TypeError):  # compiled, or typed into a prompt
            continue
    return ""


def script_function(path: str) -> Any:
    """Import a training script's function.

    Args:
        path: `package.module:function`.

    Raises:
        DataError: It cannot be imported, or is no generator function.
    """
    try:
        function = find_object(path, "script")
    except InputError as error:
        raise DataError(str(error), "task.function") from error
    how = f"`{command('guide', 'script')}` shows one."
    if not inspect.isgeneratorfunction(function):
        what = (
            "a function without a yield"
            if inspect.isfunction(function)
            else f"of the type {type(function).__name__}"
        )
        raise DataError(
            f"{path} is {what}, and a script is a generator function: after each epoch it says "
            f"`yield metrics, state`. {how}",
            "task.function",
        )
    try:
        inspect.signature(function).bind(object(), state=None)
    except TypeError as error:
        raise DataError(
            f"{path} cannot be called as it is called here, {function.__name__}(config, "
            f"state=None): {error}. Begin it with `def {function.__name__}(config, state=None):`.",
            "task.function",
        ) from None
    return function
