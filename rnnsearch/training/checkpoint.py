"""A trained network with all that it takes to use it again, in a folder without pickle."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self, get_args

import safetensors.torch
import torch
from safetensors import SafetensorError
from torch import Tensor

from rnnsearch.disk import put_in_place, write_aside
from rnnsearch.errors import ModelError
from rnnsearch.models.custom_network import Network
from rnnsearch.models.mean import MeanNetwork
from rnnsearch.reading import read_file
from rnnsearch.tasks.base import Head
from rnnsearch.tasks.families import family_of, use_of
from rnnsearch.tasks.fingerprint import Fingerprint, fingerprint
from rnnsearch.tasks.model_facts import ModelDescription
from rnnsearch.tasks.use import Use
from rnnsearch.training.codec import (
    config_from_json,
    config_to_json,
    custom_classes,
    history_from_json,
    history_to_json,
    stored_configs,
)
from rnnsearch.training.config import TrialConfig
from rnnsearch.training.filled import filled_network
from rnnsearch.training.members import (
    MEAN,
    Member,
    carried_by_name,
    filled_mean,
    members_from_json,
    members_to_json,
)
from rnnsearch.training.weights import History

if TYPE_CHECKING:
    from rnnsearch.tasks.base import TaskData
    from rnnsearch.training.weights import Weights

WEIGHTS_FILE = "weights.safetensors"
CONFIG_FILE = "config.json"

SCRIPT_STATE = "state"
"""The key of `config.json` that only the folder of a training script has: what it yielded."""

MOST_CONFIG_BYTES = 2**28
MOST_WEIGHTS_BYTES = 2**35
"""Far above what any network of the space file's largest sizes takes."""


@dataclass(frozen=True, eq=False)
class Checkpoint:
    """A trained network, its config, and what its task says about its symbols or points.

    Attributes:
        config: Of the training that it came out of.
        network: In evaluation mode, on the CPU, in the training's dtype.
        manifest: Of the task's data: a text's vocabulary, a wave's spacing.
        metrics: What training reported at `epoch`.
        epoch: Of the weights, counting from 1.
        carried: The state out of training, (1, layers, batch, hidden) each, where it was kept.
        head: When the task asks the network for outputs.
        history: Of the training; None where it was not noted.
        members: The trainings of which the model is the mean, the best one first, whose config is
            also the model's; empty of a single training.
        read: Of the data that it was trained on; None where its config alone makes the data, or
            where an older version did not note it.
    """

    config: TrialConfig
    network: Network | MeanNetwork
    manifest: Mapping[str, Any]
    metrics: Mapping[str, float] = field(default_factory=dict)
    epoch: int = 0
    carried: tuple[Tensor, ...] | None = None
    read: Fingerprint | None = None
    head: Head = field(kw_only=True)
    history: History | None = field(default=None, kw_only=True)
    members: tuple[Member, ...] = field(default=(), kw_only=True)

    @classmethod
    def from_weights(cls, config: TrialConfig, weights: Weights, data: TaskData) -> Self:
        """A model out of a pack's weights and the data that they were trained on.

        Raises:
            ModelError: The weights are not those of such a network.
        """
        shape = data.input_size, data.output_size, data.symbolic
        tensors = {name: torch.tensor(array) for name, array in weights.tensors.items()}
        network, carried = filled_network(config, *shape, tensors, "these weights")
        manifest = data.manifest()
        return cls(
            config,
            network,
            manifest,
            dict(weights.metrics),
            weights.epoch,
            carried,
            fingerprint(config.task, data),
            head=weights.head or _use(config, manifest, *shape).head,
            history=weights.history,
        )

    @classmethod
    def load(cls, path: str | Path, *, allow_code: bool = False) -> Self:
        """Read a checkpoint folder.

        Args:
            allow_code: Import the task, cell or network that the folder names, where that is a
                class of a user's own: whoever made the folder then decides which module of this
                machine or of the working directory is run.

        Raises:
            ModelError: It is not there, is damaged, was written by another version, or names code
                that is not allowed.
        """
        folder = Path(path)
        try:
            text = read_file(folder / CONFIG_FILE, MOST_CONFIG_BYTES)
            raw = read_file(folder / WEIGHTS_FILE, MOST_WEIGHTS_BYTES)
        except (OSError, ValueError) as error:
            reason = getattr(error, "strerror", None) or error
            raise ModelError(
                f"cannot read a model from {folder}: {reason}. A model is a "
                f"folder with {WEIGHTS_FILE} and {CONFIG_FILE}, such as those in a study's "
                "checkpoints folder."
            ) from error
        damaged = f"{folder} is damaged; copy it again from the study's checkpoints folder"
        try:
            stored = json.loads(text.decode())
            if SCRIPT_STATE in stored:
                raise ModelError(
                    f"{folder} holds the state of a training script, and rnnsearch does not know "
                    "what computes with it: read it with rnnsearch.ScriptModel.load(folder).state, "
                    "and load it into your own module"
                )
            code = [one for values in stored_configs(stored) for one in custom_classes(values)]
            if code and not allow_code:
                raise ModelError(_not_allowed(folder, list(dict.fromkeys(code))))
            config, members = config_from_json(stored["config"]), members_from_json(stored)
            shape = stored["input_size"], stored["output_size"], stored["symbolic"]
            manifest, metrics, epoch = stored["manifest"], stored["metrics"], stored["epoch"]
            head = stored.get("head") or _use(config, manifest, *shape).head
            if head not in get_args(Head):
                raise ValueError(f"the head {head!r} is none of {', '.join(get_args(Head))}")
            read = stored.get("data") and Fingerprint.from_json(stored["data"])
            history = stored.get("history") and history_from_json(stored["history"])
            tensors = safetensors.torch.load(raw)
        except RecursionError:
            raise ModelError(f"{damaged} ({CONFIG_FILE} is nested too deeply).") from None
        except (ValueError, KeyError, TypeError, AttributeError, SafetensorError) as error:
            raise ModelError(f"{damaged} ({type(error).__name__}: {error}).") from error
        network: Network | MeanNetwork
        if members:
            network, carried = filled_mean(members, stored[MEAN], shape, tensors, str(folder))
        else:
            network, carried = filled_network(config, *shape, tensors, str(folder))
        return cls(
            *(config, network, manifest, metrics, epoch, carried, read),
            head=head,
            history=history,
            members=members,
        )

    @cached_property
    def use(self) -> Use:
        """What the model can do."""
        network = self.network
        shape = network.input_size, network.output_size, network.symbolic
        return _use(self.config, self.manifest, *shape)

    @property
    def has_custom_code(self) -> bool:
        """Whether its task, cell or network is a class that a person brought."""
        configs = [self.config, *(one.config for one in self.members)]
        return any(custom_classes(config_to_json(one)) for one in configs)

    def save(self, path: str | Path) -> None:
        """Write a checkpoint folder: `weights.safetensors` and `config.json`.

        The config comes last, so a folder that has one is whole; and a full disk is met before
        anything of an older checkpoint there is gone.
        """
        folder = Path(path)
        folder.mkdir(parents=True, exist_ok=True)
        tensors = self.network.tensors()
        tensors |= carried_by_name(self.network, self.carried or ())
        stored = {
            "config": config_to_json(self.config),
            "input_size": self.network.input_size,
            "output_size": self.network.output_size,
            "symbolic": self.network.symbolic,
            "head": self.head,
            "manifest": dict(self.manifest),
            "metrics": dict(self.metrics),
            "epoch": self.epoch,
            **({} if self.history is None else {"history": history_to_json(self.history)}),
            "data": None if self.read is None else self.read.to_json(),
        }
        if isinstance(self.network, MeanNetwork):
            stored |= members_to_json(self.members, self.network)
        put_files(folder, stored, safetensors.torch.save(tensors))


def put_files(folder: Path, description: Mapping[str, Any], weights: bytes) -> None:
    """Put the two files of a model in their places; after a failure the old ones are still there.

    The description comes last, so that none stands beside the weights of another model.
    """
    text = json.dumps(description, indent=2, ensure_ascii=False) + "\n"
    config = write_aside(folder / CONFIG_FILE, text)
    try:
        tensors = write_aside(folder / WEIGHTS_FILE, weights)
    except BaseException:
        config.unlink()
        raise
    (folder / CONFIG_FILE).unlink(missing_ok=True)
    put_in_place(tensors, folder / WEIGHTS_FILE)
    put_in_place(config, folder / CONFIG_FILE)


def _not_allowed(folder: Path, code: list[str]) -> str:
    return (
        f"the model in {folder} needs code of somebody's own: {' and '.join(code)}. Loading it "
        "runs that module, as Python finds it from here. If you trust the model and the module, "
        "add --allow-code on the command line, or allow_code=True in Python."
    )


def _use(config: TrialConfig, manifest: Mapping[str, Any], *shape: Any) -> Use:
    """What such a model can do."""
    description = ModelDescription(config_to_json(config)["task"], manifest, *shape)
    return use_of(family_of(config.task), description)
