"""What is exported: a trained model, with what its task says about inputs and answers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from rnnsearch.models.config import ModelConfig
from rnnsearch.models.custom_network import CustomNetwork
from rnnsearch.models.mean import MeanNetwork
from rnnsearch.models.network_config import takes
from rnnsearch.tasks.base import Head
from rnnsearch.tasks.interface import Interface, Table

if TYPE_CHECKING:
    from rnnsearch.training.trained import TrainedModel


@dataclass(frozen=True, eq=False)
class Subject:
    """A trained model to be exported.

    Attributes:
        name: Of the study or the registered model, as a person knows it.
        say: Told what is being done, in few words.
    """

    model: TrainedModel
    name: str
    say: Callable[[str], None] = lambda text: None

    @cached_property
    def interface(self) -> Interface:
        """What the network reads and answers."""
        return self.model.use.interface()

    @property
    def network(self) -> Any:
        """The network, of torch."""
        return self.model.network

    @cached_property
    def networks(self) -> list[Any]:
        """The network, or those whose mean it is."""
        return self.network.networks if self.fused else [self.network]

    @property
    def fused(self) -> bool:
        """Whether it is the mean of several networks."""
        return isinstance(self.network, MeanNetwork)

    @property
    def head(self) -> Head:
        """Whether the network answers at every time step or once."""
        return self.model.head

    @property
    def custom(self) -> bool:
        """Whether the network, or one whose mean it is, is a person's own."""
        return any(isinstance(one, CustomNetwork) for one in self.networks)

    @property
    def words(self) -> str:
        """What the network is, in words."""
        words = [_words(one.config) for one in self.networks]
        return f"mean of {', '.join(words)}" if self.fused else words[0]

    @cached_property
    def no_stream(self) -> str:
        """Why the network cannot answer time step by time step; empty where it can."""
        for network in self.networks:
            config = network.config
            if isinstance(config, ModelConfig):
                if config.bidirectional:
                    return "the network also reads backwards (bidirectional)"
            elif not network.form.axes:
                return f"{config.type} keeps no state"
        return self.interface.no_stream

    @cached_property
    def lengths(self) -> bool:
        """Whether whole sequences are given with their lengths."""
        own = any(
            isinstance(one, CustomNetwork) and "lengths" not in takes(one.config.type)
            for one in self.networks
        )
        return self.interface.lengths and not own

    @property
    def each(self) -> int:
        """How many sequences of the network one given sequence is."""
        reads = self.interface.reads
        return max(1, len(reads.picked)) if isinstance(reads, Table) else 1

    @property
    def keeps_state(self) -> bool:
        """Whether `forward` also gives the state after a whole sequence."""
        return not (self.no_stream or self.lengths)


def _words(config: Any) -> str:
    if not isinstance(config, ModelConfig):
        return str(config.type)
    return f"{config.cell} of {' and '.join(map(str, config.widths))} units"
