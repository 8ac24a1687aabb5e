"""What one key makes of another, and the files that the space file names."""

from __future__ import annotations

from mistake_case import LABELS, SINE, TEXT, Case

CASES = {
    "metric of another task": Case(
        SINE + "search: {metric: val_nats}", 2, "search.metric", "reports val_mse", "val_mse"
    ),
    "metric misspelt": Case(
        SINE + "search: {metric: val_rmse}", 2, "search.metric", "reports no 'val_rmse'", "val_mse"
    ),
    "goal against the metric": Case(
        SINE + "search: {metric: val_mse, goal: maximize}", 2, "search.goal", "lower", "minimize"
    ),
    "grace beyond the end": Case(
        SINE + "training: {max_epochs: 4}\nsearch:\n  scheduler: {grace_period: 5}",
        4,
        "search.scheduler.grace_period",
        "allowed are 1 to 4",
        "grace_period: 1",
    ),
    "budget without unit": Case(
        SINE + "search: {time_budget: 10}", 2, "search.time_budget", '"10m"', '"10s"'
    ),
    "budget of days": Case(
        SINE + "search: {time_budget: 2d}", 2, "search.time_budget", "with its unit"
    ),
    "budget of nothing": Case(
        SINE + "search: {time_budget: 0s}", 2, "search.time_budget", "above 0"
    ),
    "budget of a deterministic study": Case(
        SINE + "search: {deterministic: true, time_budget: 10m}",
        2,
        "search.time_budget",
        "(it is also set by --time-budget)",
        "null",
    ),
    "an end by the order of ends of a deterministic study": Case(
        SINE + "search: {deterministic: true, stop_when_done: true}",
        2,
        "search.stop_when_done",
        "(it is also set by --stop-when-done)",
        "false",
    ),
    "constraint by the clock of a deterministic study": Case(
        SINE + "search:\n  deterministic: true\n  constraints: [parameters <= 9000, latency <= 2]",
        4,
        "search.constraints",
        "bounds latency, which the clock measures",
    ),
    "slots for fewer than the virtual workers": Case(
        SINE
        + "model: {hidden_size: {int: [4, 9]}}\nsearch: {deterministic: true, virtual_workers: 9}\n"
        "resources: {packs: 2, slots: 4}",
        4,
        "resources.slots",
        "8 slots in all packs hold fewer trials than are trained at a time with "
        "`deterministic: true`: 9",
        "auto",
    ),
    "file not there": Case(
        "task:\n  type: text\n  path: nowhere.txt", 3, "task.path", "nowhere.txt"
    ),
    "path and text": Case(
        "task:\n  type: text\n  path: nowhere.txt\n  text: abc", 3, "task.path", "exactly one"
    ),
    "neither path nor text": Case("task:\n  type: text", 1, "task", "exactly one"),
    "split of 1.1": Case(
        "task:\n  type: text\n  text: abcdefghijklmnopqrstuvwxyz\n"
        "  split: {train: 0.9, val: 0.1, test: 0.1}",
        4,
        "task.split",
        "sums to 1.1",
    ),
    "loss of another task": Case(
        SINE + "training: {loss: cross_entropy}",
        2,
        "training.loss",
        "takes mse, l1, huber, or null for mse",
        "mse",
    ),
    "a custom loss of another task": Case(
        TEXT + "training: {seq_len: 4, loss: 'torch.nn.functional:smooth_l1_loss'}",
        2,
        "training.loss",
        "called with outputs (11, 26), targets (11,), raised",
    ),
    "class weights of a custom loss": Case(
        LABELS
        + "training:\n  loss: {choice: [cross_entropy, 'torch.nn.functional:cross_entropy']}\n"
        + "  class_weights: balanced",
        4,
        "training.class_weights",
        "not with a loss of your own",
        "null",
    ),
    "a custom loss among names": Case(
        SINE + "training: {loss: {choice: [l1, 'math:nowhere']}}",
        2,
        "training.loss",
        "math has no nowhere. Write package.module:function",
    ),
    "fewer bits without a GPU": Case(
        SINE + "training: {matmul_precision: {choice: [highest, high]}}",
        2,
        "training.matmul_precision",
        "is high, which only a GPU does, and resources.gpus_per_pack is 0",
    ),
    "one GPU and a half": Case(
        SINE + "resources: {gpus_per_pack: 1.5}",
        2,
        "resources.gpus_per_pack",
        "is 1.5, and a pack trains all its trials on one GPU: allowed are 0 to 1",
        "1",
    ),
    "two GPUs for a pack": Case(
        SINE + "resources: {gpus_per_pack: 2}",
        2,
        "resources.gpus_per_pack",
        "is 2, and a pack trains all its trials on one GPU: allowed are 0 to 1",
        "1",
    ),
    "packs without a GPU beside packs without a GPU": Case(
        SINE + "resources: {cpus_without_gpu: 1}",
        2,
        "resources.cpus_without_gpu",
        "and resources.gpus_per_pack is 0",
        "null",
    ),
    "the same bits on a GPU and a CPU": Case(
        SINE + "resources: {gpus_per_pack: 1, cpus_without_gpu: 1}\nsearch: {deterministic: true}",
        2,
        "resources.cpus_without_gpu",
        "which round differently",
        "null",
    ),
    "packs of two prices": Case(
        SINE
        + "resources: {gpus_per_pack: 1, cpus_without_gpu: 1}\n"
        + "search: {max_cost: 5, price: {gpu: 2}}",
        2,
        "resources.cpus_without_gpu",
        "makes packs of two prices",
        "null",
    ),
    "losses judged by themselves": Case(
        SINE + "training: {loss: {choice: [mse, l1]}}\nsearch: {metric: train_loss}",
        3,
        "search.metric",
        "another thing under every loss",
    ),
    "classes of numbers": Case(
        SINE + "training: {class_weights: {choice: [null, balanced]}}",
        2,
        "training.class_weights",
        "cannot be trained with balanced classes: it has not one class for each answer",
        "null",
    ),
    "weightings judged by themselves": Case(
        "task: {type: labels, generated: {rule: random}}\n"
        "training: {class_weights: {choice: [null, balanced]}}\nsearch: {metric: train_loss}",
        3,
        "search.metric",
        "another thing under every weighting that training.class_weights can be",
    ),
    "noise on symbols": Case(
        TEXT + "training: {seq_len: 4, input_noise: {uniform: [0, 1]}}",
        2,
        "training.input_noise",
        "no noise can be added",
        "0",
    ),
    "patience without a plateau": Case(
        SINE + "training: {schedule: cosine, patience: {int: [1, 4]}}",
        2,
        "training.patience",
        "unless training.schedule is plateau",
    ),
    "one loss of several": Case(
        TEXT + "training:\n  seq_len: 4\n  loss: {choice: [cross_entropy, huber]}",
        4,
        "training.loss",
        "cannot be trained on 'huber'",
        "cross_entropy",
    ),
    "window too long": Case(
        TEXT + "training: {seq_len: 100}", 2, "training.seq_len", "too short for sequences of 100"
    ),
    "one window of several too long": Case(
        TEXT + "training:\n  seq_len: {choice: [4, 100]}",
        3,
        "training.seq_len",
        "drawn: seq_len 100",
    ),
    "embedding of numbers": Case(
        SINE + "model: {embedding_size: {int: [1, 2]}}", 2, "model.embedding_size", "ignores it"
    ),
    "embedding of one-hot": Case(
        TEXT + "training: {seq_len: 4}\nmodel: {embedding_size: {int: [1, 2]}}",
        3,
        "model.embedding_size",
        "unless model.input is embedding",
    ),
    "momentum of adam": Case(
        SINE + "training: {momentum: {uniform: [0.0, 0.9]}}", 2, "training.momentum", "sgd"
    ),
    "dropout of one layer": Case(
        SINE + "model: {dropout: {uniform: [0.0, 0.5]}}", 2, "model.dropout", "never above 1"
    ),
    "first trials of no list": Case(
        SINE + "first_trials: {model.cell: rnn}", 2, "first_trials", "list of mappings"
    ),
    "first trial outside": Case(
        SINE + "model: {hidden_size: {int: [40, 50]}}\nfirst_trials:\n- {model.hidden_size: 8}",
        4,
        "first_trials[0]",
        "cannot be 8",
    ),
    "first trial without a default": Case(
        SINE + "model: {hidden_size: {int: [40, 50]}}\nfirst_trials:\n- {}",
        4,
        "first_trials[0]",
        "must name model.hidden_size",
    ),
    "first trial of a fixed field": Case(
        SINE + "model: {hidden_size: 8}\nfirst_trials:\n- {model.hidden_size: 9}",
        4,
        "first_trials[0]",
        "fixed at 8",
    ),
    "first trial of an unknown field": Case(
        SINE + "model: {hidden_size: {int: [8, 9]}}\nfirst_trials:\n- {model.hidden: 9}",
        4,
        "first_trials[0]",
        "'model.hidden' is no field",
        "model.hidden_size",
    ),
    "first trial of an inactive field": Case(
        SINE + "model:\n  cell: {choice: [rnn, lstm]}\n"
        "  nonlinearity: {choice: [tanh, relu], when: {model.cell: rnn}}\n"
        "first_trials:\n- {model.cell: lstm, model.nonlinearity: relu}",
        6,
        "first_trials[0]",
        "needs model.cell is rnn",
    ),
    "labels of nothing": Case(
        "task:\n  type: labels", 1, "task", "exactly one of path and generated"
    ),
    "labels of nowhere": Case(
        "task:\n  type: labels\n  path: nowhere", 3, "task.path", "there is no"
    ),
    "columns of generated labels": Case(
        "task:\n  type: labels\n  generated: {rule: random}\n  text: name",
        4,
        "task.text",
        "generated sequences have none",
    ),
    "steps of whole sequences": Case(
        LABELS + "training:\n  seq_len: 5", 3, "training.seq_len", "leave training.seq_len out"
    ),
    "state from label to label": Case(
        LABELS + "training:\n  carry_state: true",
        3,
        "training.carry_state",
        "whole sequences",
        "false",
    ),
    "embedding of labelled numbers": Case(
        LABELS + "model: {embedding_size: {int: [1, 2]}}", 2, "model.embedding_size", "ignores it"
    ),
    "a sampled seed": Case(
        "task: {type: labels, generated: {rule: random, seed: {int: [0, 9]}}}",
        1,
        "task.generated.seed",
        "never sampled",
    ),
    "events of nothing": Case("task:\n  type: events", 1, "task", "name a .mat or .npz file"),
    "events of nowhere": Case(
        "task:\n  type: events\n  path: nowhere.mat",
        3,
        "task.path",
        "there is no file",
    ),
    "empty file": Case("# nothing here\n", 1, "", "is empty"),
    "a list": Case("- 1\n- 2", 1, "", "a list, not a mapping"),
    "a text": Case("hello", 1, "", "rnnsearch init"),
    "duplicate key in a section": Case(
        SINE + "model:\n  cell: rnn\n  cell: gru", 4, "model.cell", "a second time"
    ),
    "duplicate key": Case(SINE + "model: {}\nmodel: {}", 3, "model", "already in line 2"),
}
