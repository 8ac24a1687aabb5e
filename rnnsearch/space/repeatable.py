"""Checks of a study that shall come out the same again: nothing in it may follow the clock."""

from __future__ import annotations

from rnnsearch.space.candidate import Candidate
from rnnsearch.space.constraints import BY_THE_CLOCK, constraints_of
from rnnsearch.space.goals import GOALS

DETERMINISTIC, WORKERS = "search.deterministic", "search.virtual_workers"
STOP_WHEN_DONE = "search.stop_when_done"
BUDGETS = {
    "search.time_budget": "--time-budget",
    "search.max_device_hours": "--max-device-hours",
    "search.max_cost": "--max-cost",
}
"""Keys that end a study by the clock, and the options that set them."""


def check_repeatable(study: Candidate) -> None:
    """Note budgets, constraints and goals that follow the clock, where the study must not."""
    if not study.sound(DETERMINISTIC) or not study.values[DETERMINISTIC]:
        return
    for key, option in BUDGETS.items():
        if study.sound(key) and study.values[key] is not None:
            study.note(
                [key, DETERMINISTIC],
                f"ends a study by the clock, and with `deterministic: true` nothing may follow "
                f"that. Leave it out (it is also set by {option}) and end the study by "
                "search.num_trials, or set `deterministic: false`.",
                "null",
            )
    if study.sound(STOP_WHEN_DONE) and study.values[STOP_WHEN_DONE]:
        study.note(
            [STOP_WHEN_DONE, DETERMINISTIC],
            "ends a study by the order in which trials end, which follows the clock. Set "
            "`stop_when_done: false` (it is also set by --stop-when-done), or `deterministic: "
            "false`.",
            "false",
        )
    key = "search.constraints"
    for one in constraints_of(tuple(study.values[key])) if study.sound(key) else ():
        if one.name in BY_THE_CLOCK:
            study.note(
                [key, DETERMINISTIC],
                f"bounds {one.name}, which the clock measures and which differs from run to run; "
                "with `deterministic: true` only what does not is bounded, such as `parameters`.",
            )
    for text in study.values[GOALS] if study.sound(GOALS) else ():
        if (name := text.rpartition(" ")[2]) in BY_THE_CLOCK:
            study.note(
                [GOALS, DETERMINISTIC],
                f"has {name}, which the clock measures and which differs from run to run; "
                "with `deterministic: true` only what does not is a goal, such as `parameters`.",
            )
    if study.sound(WORKERS) and study.sound("resources"):
        _check_room(study)


def _check_room(study: Candidate) -> None:
    """Note packs that do not hold as many trials as are trained at a time."""
    packs, slots = study.values["resources.packs"], study.values["resources.slots"]
    if packs == "auto" or slots == "auto" or not study.sound("search.num_trials"):
        return
    need = min(study.values[WORKERS], study.values["search.num_trials"])
    if packs * slots < need:
        study.note(
            ["resources.slots"],
            f"{packs * slots} slots in all packs hold fewer trials than are trained at a time with "
            f"`deterministic: true`: {need}, by search.virtual_workers. Trials that wait for a "
            "slot would hold up all others.",
            "auto",
        )
