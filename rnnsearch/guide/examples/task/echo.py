from dataclasses import dataclass

import numpy as np

from rnnsearch import Figure, Metric
from rnnsearch.figures.scatter import Scatter


@dataclass(frozen=True, kw_only=True)
class Echo:
    """Say each number again, some time steps later.

    Attributes:
        delay: Time steps between a number and its echo.
    """

    delay: int = 3
    input_size = output_size = 1

    def batch(self, generator, size):  # to train on: inputs and targets, (size, time, feature)
        numbers = generator.random((size, self.delay + 20, 1))
        return numbers, np.roll(numbers, self.delay, axis=1)

    def metrics(self):
        return [Metric("val_mse", "squared units", "minimize", "error once there is an echo")]

    def evaluate(self, predict, part):  # predict: one trained network
        seed = {"train": 1, "val": 2, "test": 3}[part]
        inputs, targets = self.batch(np.random.default_rng(seed), 100)
        error = (predict(inputs) - targets)[:, self.delay :]
        return {f"{part}_mse": float(np.mean(error**2))}

    def figures(self, predict):  # pictures of a trained network, if you like
        numbers, echo = self.batch(np.random.default_rng(2), 20)
        heard = Scatter(echo.ravel(), predict(numbers).ravel(), "number")
        return [Figure(heard, ", 20 sequences of the validation part")]
