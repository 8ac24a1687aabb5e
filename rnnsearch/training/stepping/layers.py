"""Steps layer by layer, operator after operator: what every trial can be trained with."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from rnnsearch.models.cells import CELLS
from rnnsearch.models.config import is_own
from rnnsearch.training.forward import Layers
from rnnsearch.training.kernels.choice import whole_steps
from rnnsearch.training.optimizers import corrections
from rnnsearch.training.packed import valid_rows
from rnnsearch.training.shapes import NetworkShape
from rnnsearch.training.stack_key import Shared
from rnnsearch.training.stepping.base import Taken
from rnnsearch.training.stepping.crew import Crew
from rnnsearch.training.stepping.planner import Plan
from rnnsearch.training.stepping.stretch import Stretch
from rnnsearch.training.stepping.unequal import parts

if TYPE_CHECKING:
    from numpy.typing import NDArray


class LayerSteps:
    """A `Stepper` of the layers' own kernels and torch's operators between them."""

    one_by_one = False

    def __init__(self, shared: Shared) -> None:
        network = shared.key.network
        self.words = layer_words(network, shared.layers)
        self._dtype = shared.dtype
        self._on_host = shared.device.type == "cpu"
        inner = network.input_size + 2 * sum(network.widths)
        self._numbers_a_step = shared.key.window.batch_size * inner
        compiled = whole_steps(kernel for kernel, _ in shared.layers)
        taught = shared.key.feeding.kind == "teacher"
        self._mixed = network.by_hand and taught and compiled

    def release(self) -> bool:
        """Nothing is kept."""
        return False

    def take(self, crew: Crew, ahead: Stretch, taken: Taken) -> None:
        """See `Stepper`."""
        if ahead.longest is not None:
            self._unequal(crew, ahead, ahead.longest, taken)
            return
        for plan in crew.planner.plans(ahead):
            self.planned(crew, plan, taken)
            if taken.left <= 0:
                return

    def planned(self, crew: Crew, plan: Plan, taken: Taken) -> None:
        """Steps of a plan, until it is late; at least one."""
        before = taken.count
        rows, state = crew.rows, crew.state()
        powers = corrections(crew.settings, rows["powers"], len(plan), self._dtype, plan.factors)
        try:
            for number in range(len(plan)):
                now = plan.inputs(number)
                found, norms = crew.body(now, crew.settings, powers, number, state)
                state = crew.following(state, found.after)
                taken.add(found.losses.unsqueeze(0), norms.unsqueeze(0))
                if taken.left <= 0:
                    return
        finally:
            rows["powers"].copy_(powers.powers[taken.count - before])
            rows["total"].add_(taken.count - before)
            crew.hold(state)

    def _unequal(
        self, crew: Crew, ahead: Stretch, longest: NDArray[np.int64], taken: Taken
    ) -> None:
        """Steps of batches that end at their own longest sequence, in as many parts as `parts`
        says; nobody carries a state there."""
        before = taken.count
        rows, state = crew.rows, crew.state()
        powers = corrections(crew.settings, rows["powers"], len(ahead), self._dtype, ahead.factors)
        try:
            for number in range(len(ahead)):
                now = ahead.part(slice(number, number + 1))
                shares = []
                sharing = parts(longest[number], self._numbers_a_step, mixed=self._mixed)
                for steps, who in sharing:
                    plan = crew.planner.plan(now.part(slice(None), who), steps, who)
                    inputs = plan.inputs(0)
                    if self._on_host and inputs.batch.lengths is not None:
                        valid = valid_rows(inputs.batch.lengths, inputs.batch.inputs.shape[1])
                        inputs = replace(inputs, rows=valid)
                    shares.append((who, inputs))
                losses, norms = crew.body.unequal(shares, crew.settings, powers, number, state)
                taken.add(losses.unsqueeze(0), norms.unsqueeze(0))
                rows["total"].add_(1)
                if taken.left <= 0:
                    return
        finally:
            rows["powers"].copy_(powers.powers[taken.count - before])


def layer_words(network: NetworkShape, layers: Layers) -> str:
    """The kernels of the layers: `compiled`, `modules, batched`.

    Cells that are computed for all steps at once have a `scan`; others, and a user's own cell, go
    the `slow path`, trial after trial and step after step.
    """
    if is_own(network.cell):
        return "own cell, slow path"
    without = "scan" if CELLS[network.cell].scan else "slow path"
    return ", ".join(dict.fromkeys(kernel.name for kernel, _ in layers)) or without
