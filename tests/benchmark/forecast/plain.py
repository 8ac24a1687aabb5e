"""One trial in plain torch: what Optuna and Ray Tune train, as a tutorial would write it.

The same recipe, parameters and epochs as our space file, with torch's own modules.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from forecast.problems import Data, Floats, Part, Problem

CELLS = {"gru": nn.GRU, "lstm": nn.LSTM}
WINDOWS_AT_ONCE = 512


class Network(nn.Module):
    """A recurrent layer under a linear head."""

    def __init__(self, params: Mapping[str, Any], inputs: int, outputs: int) -> None:
        super().__init__()
        cell, units = CELLS[params["model.cell"]], int(params["model.hidden_size"])
        self.recurrent = cell(inputs, units, batch_first=True)
        self.dropout = nn.Dropout(params.get("model.head_dropout", 0.0))
        self.head = nn.Linear(units, outputs)

    def forward(self, inputs: Tensor, every: bool = True) -> Tensor:
        hidden = self.recurrent(inputs)[0]
        answer: Tensor = self.head(self.dropout(hidden if every else hidden[:, -1]))
        return answer


class Trial:
    """A network of some parameters, how it is trained, and what it forecasts.

    A horizon of one row is learned at every row of long sequences; a longer one at the end of each
    context, a column at a time.
    """

    def __init__(self, problem: Problem, data: Data, params: Mapping[str, Any], seed: int) -> None:
        torch.set_num_threads(1)
        torch.manual_seed(seed)
        self.problem, self.data, self.params = problem, data, dict(params)
        self.random = np.random.default_rng(seed)
        self.context = int(params["task.context"])
        self.segment = int(params.get("task.segment", 1))
        self.rooted = params.get("task.transform") == "sqrt1p"
        rows = np.sqrt(1 + data.rows) if self.rooted else data.rows
        train = rows[: data.trained]
        self.center, self.spread = train.mean(axis=0), train.std(axis=0)
        self.rows = torch.tensor((rows - self.center) / self.spread, dtype=torch.float32)
        self.network = Network(params, self.segment, problem.horizon)

    def epochs(self) -> Iterator[float]:
        """Train, and give the error on the validation part after each epoch."""
        optimizer = torch.optim.AdamW(
            self.network.parameters(),
            lr=self.params["training.learning_rate"],
            weight_decay=self.params["training.weight_decay"],
            fused=True,
        )
        batches = self._sequences if self.problem.horizon == 1 else self._windows
        count, steps = self.params["training.max_epochs"], 0
        planned = count * self._steps
        huber = self.params.get("training.loss") == "huber"
        loss_of = nn.functional.huber_loss if huber else nn.functional.mse_loss
        for _ in range(count):
            self.network.train()
            for inputs, truth, every in batches():
                if self.params.get("training.schedule") == "cosine":
                    share = 0.5 * (1 + math.cos(math.pi * steps / planned))
                    optimizer.param_groups[0]["lr"] = share * self.params["training.learning_rate"]
                optimizer.zero_grad()
                loss = loss_of(self.network(inputs, every), truth)
                loss.backward()
                nn.utils.clip_grad_norm_(
                    self.network.parameters(), self.params["training.clip_norm"]
                )
                optimizer.step()
                steps += 1
            yield self.data.score("val", self.forecasts("val"))

    @property
    def _steps(self) -> int:
        """Training steps of an epoch."""
        if self.problem.horizon == 1:
            sequences = round(self.data.trained / self.params["training.seq_len"])
        else:
            sequences = len(self._starts) * len(self.problem.columns)
        return math.ceil(sequences / self.params["training.batch_size"])

    @property
    def _starts(self) -> np.ndarray[Any, Any]:
        return np.arange(self.context, self.data.trained - self.problem.horizon + 1)

    def _sequences(self) -> Iterator[tuple[Tensor, Tensor, bool]]:
        """Long sequences, each row to predict the change to the next; noise on what is read."""
        length, size = self.params["training.seq_len"], self.params["training.batch_size"]
        noise = self.params.get("training.input_noise", 0.0)
        for _ in range(self._steps):
            starts = self.random.integers(0, self.data.trained - length, size)
            rows = self.rows[torch.from_numpy(starts[:, None] + np.arange(length + 1))]
            inputs, change = rows[:, :-1], rows.diff(dim=1)
            yield inputs + noise * torch.randn_like(inputs), change, True

    def _windows(self) -> Iterator[tuple[Tensor, Tensor, bool]]:
        """Each context of each column once, to predict the horizon's changes to its last row."""
        starts, columns = self._starts, len(self.problem.columns)
        order = self.random.permutation(len(starts) * columns)
        ahead = np.arange(self.problem.horizon)
        for some in np.split(order, range(64, len(order), int(self.params["training.batch_size"]))):
            at, column = starts[some // columns], torch.from_numpy(some % columns)[:, None]
            inputs, last = self._read(at, column)
            truth = self.rows[torch.from_numpy(at[:, None] + ahead), column] - last
            yield inputs, truth, False

    def _read(self, at: Any, column: Tensor) -> tuple[Tensor, Tensor]:
        """Changes to the last row before each place, several rows a time step, and these rows."""
        places = torch.from_numpy(at[:, None] + np.arange(-self.context, 0))
        history = self.rows[places, column]
        last = history[:, -1:]
        return (history - last).reshape(len(at), -1, self.segment), last

    @torch.no_grad()
    def forecasts(self, part: Part) -> Floats:
        """From every origin of a part in the data's own units, [origins, horizon, columns]."""
        self.network.eval()
        pieces = []
        origins = self.data.origins(part)
        for at in np.split(origins, range(WINDOWS_AT_ONCE, len(origins), WINDOWS_AT_ONCE)):
            answers = []
            for column in range(len(self.problem.columns)):
                if self.problem.horizon == 1:
                    places = torch.from_numpy(at[:, None] + np.arange(-self.context, 0))
                    inputs = self.rows[places, column].unsqueeze(-1)
                    answers.append(self.network(inputs, False) + inputs[:, -1])
                else:
                    inputs, last = self._read(at, torch.tensor(column))
                    answers.append(self.network(inputs, False) + last)
            pieces.append(torch.stack(answers, dim=2).double().numpy())
        scaled = np.concatenate(pieces) * self.spread + self.center
        # A root below zero stands for no count.
        return np.maximum(scaled, 0.0) ** 2 - 1 if self.rooted else scaled

    def save(self, path: Path) -> None:
        """Write what `load` needs."""
        torch.save({"params": self.params, "weights": self.network.state_dict()}, path)


def load(problem: Problem, data: Data, path: Path) -> Trial:
    """A trial with the weights that it was saved with."""
    kept = torch.load(path, weights_only=True)
    trial = Trial(problem, data, kept["params"], 0)
    trial.network.load_state_dict(kept["weights"])
    return trial
