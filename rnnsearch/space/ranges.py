"""Which values of its type a field takes: one table, beside what the dataclasses say in words."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Range:
    """A range of numbers; `above` and `below` are open ends, `least` and `most` closed ones."""

    least: float = -math.inf
    most: float = math.inf
    above: float = -math.inf
    below: float = math.inf

    def holds(self, value: float) -> bool:
        return self.least <= value <= self.most and self.above < value < self.below

    def __str__(self) -> str:
        parts = []
        if self.least > -math.inf:
            parts.append(f"at least {self.least:g}")
        if self.above > -math.inf:
            parts.append(f"above {self.above:g}")
        if self.most < math.inf:
            parts.append(f"at most {self.most:,g}" if self.most < 1e6 else f"at most {self.most:,}")
        if self.below < math.inf:
            parts.append(f"below {self.below:g}")
        return " and ".join(parts)


MOST_LAYERS = 64
# An LSTM layer of so many units trains in 35 GB: weights, gradients and two moments of each.
_UNITS = Range(least=1, most=16_384)
_LENGTH = Range(least=1, most=1_000_000)
_SEVERAL = Range(least=1, most=1000)
_UP_TO_A_MILLION = Range(least=0, most=1e6)
_COUNT = Range(least=1)
# A task's numbers end where no machine holds what they ask for; what several of them ask for
# together, its own `problems` know.
_STEPS = Range(least=1, most=1_000_000)
_SEQUENCES = Range(least=1, most=100_000_000)
_MOST_ROWS = 10_000_000_000
_DECAY = Range(least=0, below=1)
_SHARE = Range(least=0, most=1)
# Beyond a million periods float64 knows the sine to ten digits no more.
_RADIANS = Range(least=-1e6, most=1e6)

RANGES: dict[str, Range] = {
    "task.num_points": Range(least=3, most=1_000_000),
    "task.duration": Range(above=0, most=1e6),
    "task.starts": _RADIANS,
    "task.val_starts": _RADIANS,
    "task.test_starts": _RADIANS,
    "task.rollout.steps": _STEPS,
    "task.rollout.warmup_steps": _STEPS,
    # Shares, which a task may also take as numbers of rows; its own `problems` know which.
    "task.split.train": Range(above=0, most=_MOST_ROWS),
    "task.split.val": Range(least=0, most=_MOST_ROWS),
    "task.split.test": Range(least=0, most=_MOST_ROWS),
    "task.split.gap": Range(least=0, most=_MOST_ROWS),
    "task.horizon": _STEPS,
    "task.window": _STEPS,
    "task.amplitudes": _RADIANS,
    "task.frequencies": _RADIANS,
    "task.phases": _RADIANS,
    "task.chirp": Range(above=-1, most=1e6),
    "task.amplitude_drift": Range(least=0, most=10),
    "task.phase_drift": Range(least=0, most=1e6),
    "task.noise": Range(least=0, most=1e6),
    "task.tau": Range(above=0, most=1000),
    "task.spacing": Range(above=0, most=1),
    "task.rollout.starts": _STEPS,
    "task.train_sequences": _SEQUENCES,
    "task.val_sequences": _SEQUENCES,
    "task.test_sequences": _SEQUENCES,
    "task.length": _STEPS,
    "task.delay": _STEPS,
    "task.symbols": Range(least=2, most=10_000),
    "task.data_seed": Range(least=0, below=2**63),
    "task.context": _STEPS,
    "task.segment": _STEPS,
    "task.quantiles": Range(above=0, below=1),
    "task.interval": Range(above=0, below=1),
    "task.min_rows": Range(least=0, most=_MOST_ROWS),
    "task.empty_values": Range(least=-1e18, most=1e18),
    "task.validation.windows": Range(least=0, most=1_000_000),
    "task.validation.stride": Range(least=1, most=_MOST_ROWS),
    "task.period": Range(least=1, most=_MOST_ROWS),
    "task.stride": Range(least=1, most=_MOST_ROWS),
    "task.max_length": Range(least=1, most=_MOST_ROWS),
    "task.split_seed": Range(least=0, below=2**32),
    "task.generated.count": Range(least=2, most=100_000_000),
    "task.generated.held_out": Range(least=2, most=100_000_000),
    "task.generated.length": _STEPS,
    "task.generated.num_features": _STEPS,
    "task.generated.seed": Range(least=0, below=2**32),
    # All that Unicode has, and the unknown symbol.
    "task.max_vocabulary": Range(least=2, most=0x110001),
    "task.sample": Range(least=0, most=1_000_000),
    "model.hidden_size": _UNITS,
    "model.num_layers": Range(least=1, most=MOST_LAYERS),
    "model.hidden_sizes": _UNITS,
    "model.forget_bias": Range(least=-1e6, most=1e6),
    "model.dropout": _DECAY,
    "model.head_dropout": _DECAY,
    "model.embedding_size": _UNITS,
    "training.learning_rate": Range(above=0, most=1e6),
    "training.warmup": _DECAY,
    "training.min_factor": _SHARE,
    "training.patience": Range(least=0, most=1_000_000),
    "training.reduce_factor": Range(above=0, below=1),
    "training.weight_decay": _UP_TO_A_MILLION,
    "training.beta1": _DECAY,
    "training.beta2": _DECAY,
    "training.momentum": _DECAY,
    "training.alpha": _DECAY,
    "training.batch_size": _LENGTH,
    "training.seq_len": _LENGTH,
    "training.steps_per_epoch": Range(least=1, most=100_000_000),
    "training.max_epochs": _LENGTH,
    "training.clip_norm": Range(above=0, most=1e30),
    "training.clip_value": Range(above=0, most=1e30),
    "training.teacher_share": _SHARE,
    "training.own_steps": _LENGTH,
    "training.input_noise": _UP_TO_A_MILLION,
    "search.num_trials": _LENGTH,
    "search.time_budget": Range(above=0, most=10 * 366 * 24 * 3600),
    "search.sampler.startup_trials": Range(least=0, most=1_000_000),
    "search.scheduler.grace_period": _LENGTH,
    "search.scheduler.reduction_factor": Range(above=1, most=1_000_000),
    "search.finalists.top": _SEVERAL,
    "search.finalists.seeds": _SEVERAL,
    "search.seed": Range(least=0, below=2**32),
    "resources.packs": Range(least=1, most=10_000),
    "resources.slots": Range(least=1, most=4096),
    "resources.cpus_per_pack": Range(least=0.0001, most=4096),
    "resources.gpus_per_pack": Range(least=0, most=64),
    "resources.pack_timeout": Range(least=10, most=30 * 24 * 3600),
}
"""By dotted key; of a list, for each of its members. A field without an entry is free."""

DURATIONS = {"search.time_budget", "resources.pack_timeout"}
"""Fields that are written as a time with its unit, and are seconds once they are read."""

NOT_EMPTY = {
    "task.starts",
    "task.rollout.steps",
    "task.val_starts",
    "task.test_starts",
    "model.hidden_sizes",
}
"""Lists that need a member."""

MOST_MEMBERS = {"model.hidden_sizes": MOST_LAYERS}
"""How many members a list may have, where each of them costs something."""


def range_problem(key: str, value: Any, *, own: bool = False) -> str | None:
    """What is allowed, where a value of the right type lies outside of its field's range.

    Args:
        own: The field is one of a user's task, which may be called as one of ours.
    """
    if isinstance(value, tuple):
        if not value and key in NOT_EMPTY and not own:
            return "must have at least one member"
        most = None if own else MOST_MEMBERS.get(key)
        if most is not None and len(value) > most:
            return f"must have at most {most} members"
        for member in value:
            if problem := range_problem(key, member, own=own):
                return f"every member {problem}"
        return None
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    if isinstance(value, float) and not math.isfinite(value):
        return "must be finite"
    allowed = None if own else RANGES.get(key)
    return None if allowed is None or allowed.holds(value) else f"must be {allowed}"
