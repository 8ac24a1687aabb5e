"""A training script, as all other rooms know it."""

from __future__ import annotations

from rnnsearch.tasks.family import Family
from rnnsearch.tasks.script.config import ScriptConfig, problems
from rnnsearch.tasks.script.use import ScriptUse

SCRIPT = Family(
    name="script",
    config=ScriptConfig,
    wrong=problems,
    data="rnnsearch.tasks.script.data:ScriptData",
    known="rnnsearch.tasks.script.data:ScriptFacts",
    used_as=ScriptUse,
    # Scripts in one pack take turns, so a second one in it would only wait.
    defaults={"resources.slots": 1},
    own_loop=True,
)
