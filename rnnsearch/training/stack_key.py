"""What trials must have in common to be trained as one batched tensor program."""

from __future__ import annotations

from dataclasses import dataclass

from rnnsearch.tasks.base import TaskData, Window
from rnnsearch.tasks.config import TaskConfig
from rnnsearch.training.config import MatmulPrecision, TrialConfig
from rnnsearch.training.feeding import Feeding, feeding_of
from rnnsearch.training.losses import LossShape, loss_shape
from rnnsearch.training.optimizers import Rule, rule_of
from rnnsearch.training.shapes import NetworkShape, network_shape


@dataclass(frozen=True, slots=True, kw_only=True)
class StackKey:
    """Shapes, and the sequence of operators.

    Attributes:
        rule: Trials of another rule keep other state.
        clips_values: Whether numbers of the gradient are cut.
    """

    task: TaskConfig
    network: NetworkShape
    loss: LossShape
    rule: Rule
    clips_values: bool
    feeding: Feeding
    window: Window
    dtype: str
    matmul_precision: MatmulPrecision

    @property
    def plain(self) -> bool:
        """Whether a step takes nothing that the whole-step kernels do not know.

        A matter of the key and not of the company, since these kernels add in another order.
        """
        told = self.rule != "rmsprop" and not self.clips_values
        taught = self.loss.name == "mse" and self.feeding.kind == "teacher"
        return told and taught and not self.network.symbolic


def stack_key(config: TrialConfig, data: TaskData, window: Window) -> StackKey:
    """What a trial shares with the others of its stack.

    Raises:
        PackError: The task cannot be trained so.
    """
    how = config.training
    return StackKey(
        task=config.task,
        network=network_shape(config.model, data.input_size, data.output_size, data.symbolic),
        loss=loss_shape(how.loss, data),
        rule=rule_of(how),
        clips_values=how.clip_value is not None,
        feeding=feeding_of(how, data),
        window=window,
        dtype=how.dtype,
        matmul_precision=how.matmul_precision,
    )
