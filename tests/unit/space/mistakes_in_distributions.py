"""Distributions and their conditions."""

from __future__ import annotations

from mistake_case import SINE, Case

CASES = {
    "empty choice": Case(SINE + "model: {cell: {choice: []}}", 2, "model.cell", "choice is empty"),
    "choice of no list": Case(
        SINE + "model: {cell: {choice: rnn}}", 2, "model.cell", "[rnn, gru, lstm, "
    ),
    "wrong member": Case(
        SINE + "model:\n  cell:\n    choice:\n    - rnn\n    - gro",
        6,
        "model.cell",
        "choice member 2",
        "gru",
    ),
    "member twice": Case(
        SINE + "model: {num_layers: {choice: [1, 2, 1]}}", 2, "model.num_layers", "there twice: 1"
    ),
    "reversed": Case(
        SINE + "model: {hidden_size: {int: [32, 8]}}",
        2,
        "model.hidden_size",
        "reversed",
        "int: [8, 32]",
    ),
    "empty range": Case(
        SINE + "model: {hidden_size: {int: [8, 8]}}",
        2,
        "model.hidden_size",
        "write that value",
        "hidden_size: 8",
    ),
    "one end": Case(
        SINE + "model: {hidden_size: {int: [8]}}", 2, "model.hidden_size", "int: [low, high]"
    ),
    "log through zero": Case(
        SINE + "training: {weight_decay: {loguniform: [0.0, 0.1]}}",
        2,
        "training.weight_decay",
        "above 0",
        "uniform: [0.0, 0.1]",
    ),
    "end outside the range": Case(
        SINE + "model: {dropout: {uniform: [0.0, 1.0]}}", 2, "model.dropout", "upper end of uniform"
    ),
    "float ends for int": Case(
        SINE + "model: {hidden_size: {int: [1.5, 3]}}", 2, "model.hidden_size", "a whole number"
    ),
    "uniform for whole numbers": Case(
        SINE + "model: {hidden_size: {uniform: [1, 3]}}",
        2,
        "model.hidden_size",
        "use int or logint",
        "int",
    ),
    "int for numbers": Case(
        SINE + "training: {learning_rate: {int: [1, 3]}}",
        2,
        "training.learning_rate",
        "use uniform",
        "uniform",
    ),
    "range for names": Case(
        SINE + "model: {cell: {uniform: [0, 1]}}", 2, "model.cell", "use choice"
    ),
    "step does not divide": Case(
        SINE + "model: {hidden_size: {int: [8, 33], step: 8}}",
        2,
        "model.hidden_size.step",
        "[8, 32] or [8, 40]",
    ),
    "float step does not divide": Case(
        SINE + "model: {num_layers: 2, dropout: {uniform: [0.0, 0.5], step: 0.2}}",
        2,
        "model.dropout.step",
        "[0.0, 0.4] or [0.0, 0.6]",
    ),
    "step of 0": Case(
        SINE + "model: {hidden_size: {int: [8, 32], step: 0}}",
        2,
        "model.hidden_size.step",
        "above 0",
    ),
    "step of a log": Case(
        SINE + "model: {hidden_size: {logint: [8, 32], step: 8}}",
        2,
        "model.hidden_size.step",
        "not with logint",
    ),
    "unknown distribution": Case(
        SINE + "model: {hidden_size: {log_int: [8, 32]}}",
        2,
        "model.hidden_size.log_int",
        "no part of a distribution",
        "logint",
    ),
    "Ray's randint": Case(
        SINE + "model: {hidden_size: {randint: [8, 32]}}",
        2,
        "model.hidden_size.randint",
        "no part",
        "int",
    ),
    "two distributions": Case(
        SINE + "model:\n  hidden_size:\n    int: [8, 32]\n    choice: [1]",
        5,
        "model.hidden_size",
        "int and choice; keep one",
    ),
    "only a condition": Case(
        SINE + "model: {hidden_size: {when: {model.cell: lstm}}}",
        2,
        "model.hidden_size",
        "names no distribution",
    ),
    "sampled epochs": Case(
        SINE + "training: {max_epochs: {int: [1, 3]}}", 2, "training.max_epochs", "never sampled"
    ),
    "sampled seed": Case(SINE + "search: {seed: {int: [1, 3]}}", 2, "search.seed", "never sampled"),
    "seed among training": Case(
        SINE + "training: {seed: {int: [1, 3]}}", 2, "training.seed", "`search`", "search.seed"
    ),
    "condition on an unknown key": Case(
        SINE + "model:\n  cell: {choice: [rnn, gru]}\n"
        "  nonlinearity: {choice: [tanh, relu], when: {model.cel: rnn}}",
        4,
        "model.nonlinearity.when",
        "'model.cel' is no field",
        "model.cell",
    ),
    "condition on an impossible value": Case(
        SINE + "model:\n  cell: {choice: [rnn, gru]}\n"
        "  nonlinearity: {choice: [tanh, relu], when: {model.cell: [rnn, lstm]}}",
        4,
        "model.nonlinearity.when",
        "model.cell is never lstm",
    ),
    "condition on no value": Case(
        SINE + "model:\n  cell: {choice: [rnn, gru]}\n"
        "  nonlinearity: {choice: [tanh, relu], when: {model.cell: rrn}}",
        4,
        "model.nonlinearity.when",
        "model.cell must be one of rnn, gru, lstm",
        "rnn",
    ),
    "condition on a fixed value": Case(
        SINE + "model:\n  nonlinearity: {choice: [tanh, relu], when: {model.cell: rnn}}",
        3,
        "model.nonlinearity.when",
        "model.cell is always lstm",
    ),
    "condition beyond a range": Case(
        SINE + "model:\n  num_layers: {int: [1, 2]}\n"
        "  dropout: {uniform: [0.0, 0.5], when: {model.num_layers: {min: 3}}}",
        4,
        "model.dropout.when",
        "at least 3 never holds",
    ),
    "condition reversed": Case(
        SINE + "model:\n  num_layers: {int: [1, 2]}\n"
        "  dropout: {uniform: [0.0, 0.5], when: {model.num_layers: {min: 2, max: 1}}}",
        4,
        "model.dropout.when",
        "reversed",
    ),
    "condition with least": Case(
        SINE + "model:\n  num_layers: {int: [1, 2]}\n"
        "  dropout: {uniform: [0.0, 0.5], when: {model.num_layers: {minn: 2}}}",
        4,
        "model.dropout.when",
        "min and max",
        "min",
    ),
    "range of a name": Case(
        SINE + "model:\n  cell: {choice: [rnn, gru]}\n"
        "  nonlinearity: {choice: [tanh, relu], when: {model.cell: {min: 2}}}",
        4,
        "model.nonlinearity.when",
        "is no number",
    ),
    "condition on a continuous value": Case(
        SINE + "model:\n  dropout: 0.0\n  hidden_size: {int: [8, 9], "
        "when: {training.learning_rate: 0.01}}\n"
        "training: {learning_rate: {uniform: [0.0001, 0.1]}}",
        4,
        "model.hidden_size.when",
        "continuous",
    ),
    "condition that is no mapping": Case(
        SINE + "model: {hidden_size: {int: [8, 9], when: rnn}}",
        2,
        "model.hidden_size.when",
        "{model.cell: rnn}",
    ),
    "waits for itself": Case(
        SINE + "model: {hidden_size: {int: [8, 9], when: {model.hidden_size: 8}}}",
        2,
        "model.hidden_size.when",
        "model.hidden_size -> model.hidden_size",
    ),
    "cycle": Case(
        SINE + "model:\n  num_layers: {int: [1, 2], when: {model.hidden_size: 8}}\n"
        "  hidden_size: {int: [8, 9], when: {model.cell: rnn}}\n"
        "  cell: {choice: [rnn, gru], when: {model.num_layers: 1}}",
        3,
        "model.num_layers.when",
        "model.num_layers -> model.hidden_size -> model.cell -> model.num_layers",
    ),
}
