"""The weights that a trial starts from."""

from __future__ import annotations

import torch
from torch import Generator, Tensor

from rnnsearch.models.cells import CELLS
from rnnsearch.models.config import AnyModel, ModelConfig, NetworkConfig, is_custom
from rnnsearch.models.weights import Weight, custom_module_name, network_weights


def initial_weights(
    config: AnyModel, input_size: int, output_size: int, symbolic: bool, seed: int
) -> dict[str, Tensor]:
    """The first weights of a network, from a random generator used for nothing else.

    They follow torch's default rules where torch has the cell: the embedding is standard normal,
    recurrent layers and head are uniform in ±1/sqrt(width). `recurrent_init` and `forget_bias`
    change what they name. An LRU starts as its paper (arXiv 2303.06349) says, with eigenvalues in
    a ring and of any phase. A custom cell draws its own weights, and a custom network all that it
    holds.

    Args:
        input_size: Features, or symbols of the vocabulary.
        output_size: Outputs of the head.
        symbolic: Whether inputs are symbols.
        seed: The generator's seed; in a search `derive(trial seed, "weights")`.

    Returns:
        Float32 tensors on the CPU by name, in the order of `weight_shapes`; those of a custom
        network in its own dtypes.
    """
    if isinstance(config, NetworkConfig):
        from rnnsearch.models.custom_module import first_tensors

        return first_tensors(config, input_size, output_size, seed)
    generator = Generator().manual_seed(seed)
    weights: dict[str, Tensor] = {}
    for weight in network_weights(config, input_size, output_size, symbolic):
        if weight.rule == "drawn":
            weights[weight.name] = _by_cell(config.cell, weight, generator, weights)
        elif weight.rule != "custom":
            weights[weight.name] = _drawn(weight, generator)
        elif weight.name not in weights:
            weights |= _of_custom_cell(config, weight.name, input_size, symbolic, generator)
    return weights


def _drawn(weight: Weight, generator: Generator) -> Tensor:
    tensor = torch.empty(weight.shape, dtype=torch.float32)
    if weight.rule == "uniform":
        tensor.uniform_(-weight.scale, weight.scale, generator=generator)
    elif weight.rule == "normal":
        tensor.normal_(generator=generator)
        tensor.mul_(weight.scale)
    elif weight.rule == "orthogonal":
        for block in tensor.view(weight.axes[0].blocks, weight.axes[0].size, -1):
            q, r = torch.linalg.qr(torch.randn(block.shape, generator=generator))
            block.copy_(q * r.diagonal().sign())
    else:
        tensor.fill_(1.0 if weight.rule == "one" else 0.0)
    if weight.preset is not None:
        block_number, value = weight.preset
        tensor.view(weight.axes[0].blocks, -1)[block_number] = value
    return tensor


def _by_cell(cell: str, weight: Weight, generator: Generator, before: dict[str, Tensor]) -> Tensor:
    """A weight that the cell's file draws, which sees the weights of the layer drawn so far."""
    name, _, end = weight.name.removeprefix("rnn.").rpartition("_l")
    layer = {
        one.removeprefix("rnn.").removesuffix(f"_l{end}"): tensor
        for one, tensor in before.items()
        if one.endswith(f"_l{end}")
    }
    drawn: Tensor = CELLS[cell].code.draw(name, weight.shape, generator, layer)
    return drawn


def _of_custom_cell(
    config: ModelConfig, name: str, input_size: int, symbolic: bool, generator: Generator
) -> dict[str, Tensor]:
    """All weights of a custom cell, drawn together by its constructor.

    Args:
        name: The full name of any one of them.
    """
    from rnnsearch.models.custom import make_cell

    _, side, number = name.split(".")[:3]
    layer, direction = int(number), int(side == "backward")
    entering = config.embedding_size if symbolic and config.input == "embedding" else input_size
    if layer:
        entering = config.widths[layer - 1] * config.directions
    assert is_custom(config.cell)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(int(torch.randint(2**62, (), generator=generator)))
        cell = make_cell(config.made_cell, entering, config.widths[layer])
    prefix = f"rnn.{custom_module_name(layer, direction)}."
    return {
        prefix + key: weight.detach().to(torch.float32).clone()
        for key, weight in cell.named_parameters()
    }
