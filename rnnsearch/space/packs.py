"""Checks of what packs ask Ray for."""

from __future__ import annotations

from rnnsearch.space.candidate import Candidate
from rnnsearch.tasks.families import family


def check_packs(study: Candidate) -> None:
    """Note kinds of packs that Ray cannot give, or that a study cannot be computed with."""
    if not study.sound("resources"):
        return
    key, plain = "resources.gpus_per_pack", "resources.cpus_without_gpu"
    gpus = study.values[key]
    own_loop = study.file.task_type is not None and family(study.file.task_type).own_loop
    if gpus > 1 and (gpus != int(gpus) or not own_loop):
        study.note(
            [key],
            f"is {gpus:g}, and a pack trains all its trials on one GPU: allowed are 0 to 1, such "
            "as 0.5 so that two packs share one, and 1 with a pack on each GPU. A training script, "
            "which may use more GPUs by itself, may also ask for a whole number of them.",
            "1",
        )
    if study.values[plain] is None:
        return
    if not gpus:
        study.note(
            [plain],
            f"is for studies whose packs ask for GPUs, and {key} is 0: packs run on every node "
            "already. Leave it out (null), or say how much of a GPU a pack has.",
            "null",
        )
    if study.sound("search.deterministic") and study.values["search.deterministic"]:
        study.note(
            [plain, "search.deterministic"],
            "trains some trials on a GPU and some on a CPU, which round differently, and with "
            "`deterministic: true` every run has the same bits. Leave one of them out.",
            "null",
        )
    if study.sound("search.max_cost") and study.values["search.max_cost"] is not None:
        study.note(
            [plain, "search.max_cost"],
            "makes packs of two prices, and costs are counted by one. Bound the hours of all packs "
            "in its place: max_device_hours (--max-device-hours).",
            "null",
        )
