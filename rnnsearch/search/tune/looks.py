"""Looks every second why trials wait, from within Tune's loop."""

from __future__ import annotations

import time
from collections.abc import Callable

from rnnsearch.search.control import Control
from rnnsearch.search.supply import Supply
from rnnsearch.search.tune.places import needs
from rnnsearch.search.tune.supplies import supply
from rnnsearch.search.why_waiting import why_waiting
from rnnsearch.space.spec import ResourcesConfig

LOOK_SECONDS = 1.0
ASK_SECONDS = 5.0
"""How often Ray is asked what the cluster has, while packs are pending."""


class Looks:
    """Publishes the reason why trials wait in the control's `waits`.

    Args:
        resources: What a pack asks for.
        script: Whether the study trains a script, which has no kernels.
        ask: Asks Ray what the cluster has.
        clock: Gives seconds that never fall.
    """

    def __init__(
        self,
        control: Control,
        resources: ResourcesConfig,
        *,
        script: bool,
        ask: Callable[[], Supply] = supply,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._control = control
        self._resources = resources
        self._script = script
        self._ask, self._clock = ask, clock
        self._supply = Supply()
        self._looked = self._asked = float("-inf")

    def look(self, pending: int) -> None:
        """Look, unless the last look was a moment ago.

        Args:
            pending: How many packs Ray has given no place yet.
        """
        now = self._clock()
        if now - self._looked < LOOK_SECONDS:
            return
        self._looked = now
        if pending and now - self._asked >= ASK_SECONDS:
            self._asked, self._supply = now, self._ask()
        self._control.waits.publish(
            why_waiting(
                self._control,
                pending,
                script=self._script,
                needs=needs(self._resources, plain=self._control.fleet.pending_is_plain()),
                supply=self._supply,
            )
        )
