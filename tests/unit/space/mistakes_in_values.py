"""Sections, keys and plain values."""

from __future__ import annotations

from mistake_case import SINE, Case

from rnnsearch.tasks.families import BUILT_IN

TYPES = ", ".join(BUILT_IN)

CASES = {
    "unknown section": Case(SINE + "trainning: {}", 2, "trainning", "allowed", "training"),
    "field at the top": Case(SINE + "hidden_size: 3", 2, "hidden_size", "under `model:`"),
    "unknown key": Case(
        SINE + "model:\n  hiden_size: 3", 3, "model.hiden_size", "unknown key", "model.hidden_size"
    ),
    "other tools' word": Case(
        SINE + "training:\n  lr: 3", 3, "training.lr", "unknown key", "training.learning_rate"
    ),
    "wrong section": Case(
        SINE + "training:\n  hidden_size: 3",
        3,
        "training.hidden_size",
        "belongs to `model`",
        "model.hidden_size",
    ),
    "unknown nested key": Case(
        "task:\n  type: sine\n  rollout: {step: [1]}",
        3,
        "task.rollout.step",
        "unknown key",
        "task.rollout.steps",
    ),
    "no task": Case("model: {}", 1, "task", "is missing"),
    "no type": Case("task:\n  num_points: 5", 1, "task.type", f"one of {TYPES}"),
    "unknown type": Case("task:\n  type: sin", 2, "task.type", f"one of {TYPES}", "sine"),
    "sampled type": Case("task:\n  type: {choice: [sine, text]}", 2, "task.type", "never sampled"),
    "section is a list": Case(SINE + "model: [1]", 2, "model", "must be a mapping"),
    "section is a distribution": Case(SINE + "model: {choice: [1]}", 2, "model", "field by field"),
    "text for a whole number": Case(
        SINE + 'model:\n  hidden_size: "3"', 3, "model.hidden_size", "a whole number", "3"
    ),
    "float for a whole number": Case(
        SINE + "model:\n  hidden_size: 10.0", 3, "model.hidden_size", "not 10.0", "10"
    ),
    "true for a number": Case(
        SINE + "training: {learning_rate: true}", 2, "training.learning_rate", "must be a number"
    ),
    "text for a number": Case(
        SINE + "training: {learning_rate: '1e-3'}",
        2,
        "training.learning_rate",
        "the text '1e-3'",
        "0.001",
    ),
    "yes for true": Case(
        SINE + "training: {carry_state: yes}", 2, "training.carry_state", "true or false", "true"
    ),
    "number for true": Case(
        SINE + "training: {carry_state: 1}", 2, "training.carry_state", "true or false"
    ),
    "near a literal": Case(
        SINE + "model: {cell: ltsm}", 2, "model.cell", "one of rnn, gru, lstm", "lstm"
    ),
    "off for null": Case(
        SINE + "training: {clip_norm: off}", 2, "training.clip_norm", "or null", "null"
    ),
    "infinite": Case(
        SINE + "training: {learning_rate: .inf}", 2, "training.learning_rate", "must be a number"
    ),
    "below the range": Case(SINE + "model: {hidden_size: 0}", 2, "model.hidden_size", "at least 1"),
    "dropout of 1": Case(
        SINE + "model: {dropout: 1.0}", 2, "model.dropout", "at least 0 and below 1"
    ),
    "rate of 0": Case(
        SINE + "training: {learning_rate: 0}", 2, "training.learning_rate", "above 0"
    ),
    "beta of 1": Case(SINE + "training: {beta2: 1}", 2, "training.beta2", "below 1"),
    "factor of 1": Case(
        SINE + "search: {scheduler: {reduction_factor: 1}}",
        2,
        "search.scheduler.reduction_factor",
        "above 1",
    ),
    "no trials": Case(SINE + "search: {num_trials: 0}", 2, "search.num_trials", "at least 1"),
    "no top": Case(SINE + "search: {finalists: {top: 0}}", 2, "search.finalists.top", "at least"),
    "no seeds": Case(
        SINE + "search: {finalists: {seeds: 0}}", 2, "search.finalists.seeds", "at least 1"
    ),
    "no slots": Case(SINE + "resources: {slots: 0}", 2, "resources.slots", "at least 1"),
    "automatic": Case(
        SINE + "resources: {packs: automatic}", 2, "resources.packs", "a whole number", "auto"
    ),
    "no cpus": Case(
        SINE + "resources: {cpus_per_pack: 0}", 2, "resources.cpus_per_pack", "at least 0.0001"
    ),
    "horizon of 0": Case(
        "task: {type: sine, rollout: {steps: [0, 1]}}", 1, "task.rollout.steps", "at least 1"
    ),
    "no horizon": Case(
        "task: {type: sine, rollout: {steps: []}}", 1, "task.rollout.steps", "one member"
    ),
    "horizon too far": Case(
        "task:\n  type: sine\n  rollout:\n    steps: [1, 60]", 4, "task.rollout.steps", "goes to 60"
    ),
    "unsafe name": Case(SINE + "name: ../me", 2, "name", "name of a folder", "me"),
}
