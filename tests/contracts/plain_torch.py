"""One trial's training as one would write it: torch's modules, losses, optimizers and schedulers.

One sequence at a time where they are of unequal length, one step at a time where a model is fed
its own predictions.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.optim import lr_scheduler

from rnnsearch.models.initial import initial_weights
from rnnsearch.tasks.base import Batch, Task, Window
from rnnsearch.tasks.streams import derive
from rnnsearch.training import draws
from rnnsearch.training.config import TrainingConfig, TrialConfig

LOSSES = {
    "mse": functional.mse_loss,
    "l1": functional.l1_loss,
    "huber": functional.huber_loss,
    "cross_entropy": functional.cross_entropy,
    "bce": functional.binary_cross_entropy_with_logits,
}


class PlainTorch:
    """A training loop with nn.RNN, nn.GRU, nn.LSTM and torch.optim."""

    def __init__(self, config: TrialConfig, task: Task) -> None:
        model, how = config.model, config.training
        self.dtype = getattr(torch, how.dtype)
        self.config, self.task = config, task
        kinds = {"rnn": nn.RNN, "gru": nn.GRU, "lstm": nn.LSTM}
        extra = {"nonlinearity": model.nonlinearity} if model.cell == "rnn" else {}
        sizes = task.data.input_size, task.data.output_size, task.data.symbolic
        width = task.data.input_size
        parts: dict[str, nn.Module] = {}
        if task.data.symbolic and model.input == "embedding":
            parts["embedding"] = nn.Embedding(width, model.embedding_size)
            width = model.embedding_size
        parts["rnn"] = kinds[model.cell](width, model.hidden_size, model.num_layers, **extra)
        parts["head"] = nn.Linear(model.hidden_size, task.data.output_size)
        self.net = nn.ModuleDict(parts).to(self.dtype)
        weights = initial_weights(model, *sizes, derive(config.seed, "weights"))
        self.net.load_state_dict({name: w.to(self.dtype) for name, w in weights.items()})
        self.optimizer = optimizer_of(how, list(self.net.parameters()))
        self.total = 0

    def losses(self, epochs: int = 1) -> list[float]:
        """The training loss of every step."""
        how = self.config.training
        window = Window(how.batch_size, how.seq_len, how.steps_per_epoch)
        found = []
        state = None
        scheduler: Any = None
        for epoch in range(epochs):
            if self.task.natural_epoch:
                state = None
            index = self.task.epoch_index(self.config.seed, epoch, window)
            if scheduler is None:
                scheduler = scheduler_of(how, self.optimizer, how.max_epochs * len(index))
            for row in index:
                batch = self.task.gather(torch.from_numpy(row).unsqueeze(0), window)[0]
                loss, state = self.step(batch, state, epoch)
                found.append(loss)
                ended = self.total == how.max_epochs * len(index)
                if scheduler is not None and how.schedule != "plateau" and not ended:
                    scheduler.step()
                if not how.carry_state:
                    state = None
                elif isinstance(state, tuple):
                    state = tuple(part.detach() for part in state)
                else:
                    state = state.detach()
            if how.schedule == "plateau":
                scheduler.step(self.judged())
        return found

    def step(self, batch: Batch, state: Any, epoch: int) -> tuple[float, Any]:
        """One optimizer step: the loss before it, and the state after the sequences."""
        how = self.config.training
        inputs = self.noisy(batch.inputs)
        if how.feeding != "teacher":
            outputs, state = self.fed(inputs, state, epoch)
        elif batch.lengths is None:
            outputs, state = self.run(inputs, state)
        else:
            outputs = torch.zeros(*inputs.shape[:2], self.task.data.output_size, dtype=self.dtype)
            for b, length in enumerate(batch.lengths.tolist()):
                outputs[:length, b : b + 1], _ = self.run(inputs[:length, b : b + 1], None)
        loss = self.loss(outputs, batch)
        self.optimizer.zero_grad()
        loss.backward()
        if how.clip_value is not None:
            nn.utils.clip_grad_value_(self.net.parameters(), how.clip_value)
        if how.clip_norm is not None:
            nn.utils.clip_grad_norm_(self.net.parameters(), how.clip_norm)
        self.optimizer.step()
        self.total += 1
        return loss.item(), state

    def run(self, inputs: Tensor, state: Any) -> tuple[Tensor, Any]:
        if self.task.data.symbolic:
            if "embedding" in self.net:
                inputs = self.net["embedding"](inputs)
            else:
                inputs = functional.one_hot(inputs, self.task.data.input_size).to(self.dtype)
        outputs, state = self.net["rnn"](inputs, state)
        return self.net["head"](outputs), state

    def fed(self, inputs: Tensor, state: Any, epoch: int) -> tuple[Tensor, Any]:
        """Outputs where some inputs are the outputs of the step before."""
        said, outputs, own = None, [], self.own(inputs, epoch)
        for step, given in enumerate(inputs):
            fed = given
            if said is not None:
                choice = own[step] if self.task.data.symbolic else own[step].unsqueeze(-1)
                fed = torch.where(choice, said, given)
            output, state = self.run(fed.unsqueeze(0), state)
            outputs.append(output)
            said = output[0].detach()
            said = said.argmax(-1) if self.task.data.symbolic else said
        return torch.cat(outputs), state

    def own(self, inputs: Tensor, epoch: int) -> Tensor:
        """Which inputs are own predictions, bool [T, B]."""
        how, shape = self.config.training, inputs.shape[:2]
        if how.feeding == "own":
            late = torch.arange(shape[0]) >= shape[0] - how.own_steps
            return late.unsqueeze(1).expand(shape)
        share = (1 - how.teacher_share) * epoch / (how.max_epochs - 1)
        elements = draws.element_bits(shape.numel(), torch.device("cpu"))
        thrown = draws.chosen(
            self.keys(draws.FEEDING), torch.tensor([share], dtype=torch.float64), elements
        )
        return thrown.view(shape)

    def noisy(self, inputs: Tensor) -> Tensor:
        deviation = self.config.training.input_noise
        if not deviation:
            return inputs
        elements = draws.element_bits(inputs.numel(), torch.device("cpu"))
        drawn = draws.gaussian(self.keys(draws.NOISE), elements, self.dtype)
        return inputs + deviation * drawn.view(inputs.shape)

    def keys(self, purpose: int) -> Tensor:
        seed = torch.tensor([derive(self.config.seed, "dropout") & 0x7FFFFFFF], dtype=torch.int32)
        return draws.layer_keys(seed, torch.tensor([self.total]), purpose)

    def loss(self, outputs: Tensor, batch: Batch) -> Tensor:
        """torch's own mean over the valid rows."""
        steps = len(outputs)
        lengths = batch.lengths.tolist() if batch.lengths is not None else None
        lengths = lengths or [steps] * outputs.shape[1]
        said, wanted, weighed = [], [], []
        for b, length in enumerate(lengths):
            last = self.task.head == "last" and length > 0
            said.append(outputs[length - 1 : length, b] if last else outputs[:length, b])
            wanted.append(batch.targets[: len(said[-1]), b])
            if batch.weights is not None:
                weighed.append(batch.weights[: len(said[-1]), b])
        rows, targets = torch.cat(said), torch.cat(wanted)
        data, how = self.task.data, self.config.training
        name = how.loss or data.losses[0]
        if how.class_weights is not None or weighed:
            classes = None
            if how.class_weights is not None:
                counts = torch.tensor(data.class_counts(), dtype=self.dtype)
                classes = counts.sum() / (len(counts) * counts)
            extra = {} if classes is None else {"weight": classes}
            each = LOSSES[name](rows, targets, reduction="none", **extra).flatten()
            each = each * torch.cat(weighed) if weighed else each
            return each.sum() / len(rows)
        if name != "quantile":
            return LOSSES[name](rows, targets)
        levels = torch.tensor(data.quantiles, dtype=self.dtype)
        difference = targets.unsqueeze(-1) - rows.view(*targets.shape, len(levels))
        return torch.maximum(levels * difference, (levels - 1) * difference).mean()

    @torch.no_grad()
    def judged(self) -> float:
        """The task's first metric, by torch's modules."""
        values = self.task.values[:101].to(self.dtype).view(-1, 1, 1)
        outputs, _ = self.run(values[:-1], None)
        return float((outputs - values[1:]).square().mean())


def optimizer_of(how: TrainingConfig, parameters: list[Any]) -> torch.optim.Optimizer:
    rate, decay = how.learning_rate, how.weight_decay
    if how.optimizer == "sgd":
        return torch.optim.SGD(parameters, rate, momentum=how.momentum, weight_decay=decay)
    if how.optimizer == "rmsprop":
        return torch.optim.RMSprop(
            parameters, rate, how.alpha, weight_decay=decay, momentum=how.momentum
        )
    kind = torch.optim.AdamW if how.optimizer == "adamw" else torch.optim.Adam
    return kind(parameters, rate, betas=(how.beta1, how.beta2), weight_decay=decay)


def scheduler_of(how: TrainingConfig, optimizer: torch.optim.Optimizer, total: int) -> Any:
    """torch's scheduler for a whole training; warm-up alone, or another schedule without one."""
    rate = how.learning_rate
    if how.schedule == "cosine":
        least = how.min_factor * rate
        return lr_scheduler.CosineAnnealingLR(optimizer, total, eta_min=least)
    if how.schedule == "one_cycle":
        return lr_scheduler.OneCycleLR(
            optimizer,
            rate,
            total_steps=total,
            final_div_factor=1 / 25 / how.min_factor,
            cycle_momentum=False,
        )
    if how.schedule == "plateau":
        return lr_scheduler.ReduceLROnPlateau(
            optimizer,
            factor=how.reduce_factor,
            patience=how.patience,
            min_lr=how.min_factor * rate,
        )
    if how.warmup:
        warm = int(how.warmup * total)
        return lr_scheduler.LinearLR(optimizer, 1 / (warm + 1), total_iters=warm)
    return None
