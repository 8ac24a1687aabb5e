"""Texts for a picture, each symbol with how likely a network held it."""

from __future__ import annotations

import torch
from torch import Tensor

from rnnsearch.figures.samples import Samples, Shaded
from rnnsearch.tasks.base import Predictor, State
from rnnsearch.tasks.text.data import TextData
from rnnsearch.tasks.text.likelihood import WARMUP
from rnnsearch.tasks.text.vocabulary import Vocabulary

TEMPERATURES = (0.4, 0.8, 1.2)
"""Of the samples in a picture; at 1 a sample is drawn as the network believes."""

DRAWN = 250
"""Symbols of a sample."""

READ = 600
"""Symbols of the real text."""

PROMPT = 16
"""Symbols of the prompt of a sample."""

SEED = 0

NAN = float("nan")


@torch.no_grad()
def drawn_samples(predictor: Predictor, data: TextData, symbols: Tensor) -> Samples:
    """Samples at each of `TEMPERATURES`, after the start of the part that is reported.

    Args:
        predictor: Of one network.
        symbols: The whole text, on the predictor's device.
    """
    start, end = data.bounds[data.reported_part]
    prompt = symbols[start : min(start + PROMPT, end)].long()
    generator = torch.Generator().manual_seed(SEED)
    heat = torch.tensor(TEMPERATURES, dtype=torch.float64).unsqueeze(1)
    fed = prompt.reshape(1, -1, 1).expand(-1, -1, len(TEMPERATURES)).contiguous()
    state: State = None
    drawn, chances = [], []
    for _ in range(DRAWN):
        outputs, state = predictor(fed, state)
        logits = torch.nan_to_num(outputs[0, -1].double().cpu())
        shifted = (logits - logits.amax(dim=-1, keepdim=True)) / heat
        chosen = torch.multinomial(shifted.softmax(dim=-1), 1, generator=generator)
        drawn.append(chosen)
        chances.append(logits.softmax(dim=-1).gather(-1, chosen))
        fed = chosen.to(prompt.device).reshape(1, 1, -1)
    vocabulary = data.vocabulary
    given = shown_symbols(vocabulary, prompt.tolist())
    texts = [
        Shaded(
            f"temperature {temperature:g}",
            [*given, *shown_symbols(vocabulary, torch.cat(drawn, 1)[at].tolist())],
            [NAN] * len(given) + torch.cat(chances, 1)[at].tolist(),
        )
        for at, temperature in enumerate(TEMPERATURES)
    ]
    return Samples(texts, "how likely the model held a symbol; grey: given")


@torch.no_grad()
def read_text(predictor: Predictor, data: TextData, symbols: Tensor) -> Samples:
    """A stretch of the part that is reported, read after the symbols before it.

    Arguments are those of `drawn_samples`.
    """
    part = data.reported_part
    first, last = data.scored(part)
    last = min(last, first + READ)
    before = max(0, first - 1 - WARMUP)
    read = symbols[before : last - 1].long()
    outputs, _ = predictor(read.reshape(1, -1, 1), None)
    logs = outputs[0, first - 1 - before :, 0].double().log_softmax(dim=-1).cpu()
    true = symbols[first:last].long().cpu()
    chances = logs.gather(-1, true.unsqueeze(-1)).squeeze(-1).exp()
    right = float((logs.argmax(dim=-1) == true).double().mean())
    place = first - data.bounds[part][0] + 1
    name = f"{part} part from symbol {place:,}, {right:.0%} guessed right"
    text = Shaded(name, shown_symbols(data.vocabulary, true.tolist()), chances.tolist())
    return Samples([text], "how likely the model held the next symbol")


def shown_symbols(vocabulary: Vocabulary, numbers: list[int]) -> list[str]:
    """Symbols as people read them one by one; bytes that are no ASCII have two hexadecimal
    digits."""
    if vocabulary.unit == "char":
        return list(vocabulary.decode(numbers))
    known = [chr(one) if one < 128 else f"{one:02X}" for one in vocabulary.symbols]
    names = [*known, "\ufffd"]
    return [names[number] for number in numbers]
