"""The fields of a training script."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Annotated, Literal

from rnnsearch.given_code import is_given
from rnnsearch.goal import GoalText
from rnnsearch.vocabulary import DURATION, Needs, NeverSampled, Range

FUNCTION = re.compile(r"[A-Za-z_][\w.]*:[A-Za-z_][\w.]*")
METRIC = re.compile(r"[A-Za-z_][\w.-]*")

ONE_SCRIPT = NeverSampled("a study searches the settings of one script")


@dataclass(frozen=True, slots=True, kw_only=True)
class ScriptConfig:
    """A training script of your own: a generator function that yields after every epoch."""

    type: Literal["script"] = "script"
    function: Annotated[
        str,
        "`package.module:function`, called as `function(config, state=None)`; it yields the "
        "metrics and the state after each epoch.",
        ONE_SCRIPT,
    ] = ""
    metric: Annotated[
        str, "Which of the metrics that it yields the study is judged on.", ONE_SCRIPT
    ] = "val_loss"
    goal: Annotated[GoalText, "Which way that metric is better.", ONE_SCRIPT] = "minimize"
    process: Annotated[
        Literal["shared", "own"],
        "`shared` runs the scripts of a pack in its process, one after the other; `own` starts a "
        "process for each trial, with which memory and settings go that the script leaves behind.",
        ONE_SCRIPT,
    ] = "shared"
    stop_grace_period: Annotated[
        float,
        "How long a script in a process of its own may take to end, once it got SIGTERM, before "
        "it is killed.",
        Range(above=0, most=3600, unit="seconds"),
        DURATION,
        Needs("process", ("own",)),
        ONE_SCRIPT,
    ] = 5.0


def problems(config: ScriptConfig) -> list[tuple[str, str]]:
    """What is wrong with a config, as `tasks.family.Family.wrong` gives it."""
    mistakes = []
    if not FUNCTION.fullmatch(config.function):
        stated = repr(config.function) if config.function else "nothing"
        mistakes.append(
            (
                "function",
                f"must be package.module:function, such as my_training:train, not {stated}.",
            )
        )
    elif config.process == "own" and is_given(config.function):
        mistakes.append(
            (
                "process",
                "is `own`, and the function lives in a script or a notebook, which no process of "
                "its own can import. Put it into a file and import it from there, or leave "
                "`process` out.",
            )
        )
    if not METRIC.fullmatch(config.metric):
        mistakes.append(
            (
                "metric",
                f"must be a name of letters, digits and _, such as val_loss, not "
                f"{config.metric!r}.",
            )
        )
    return mistakes


GIVEN = ("max_epochs", "seed", "device", "start_epoch")
"""What a script finds in its config beside the keys under `params`, which cannot have these
names."""
