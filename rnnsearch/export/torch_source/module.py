"""A trained network as one file of Python: a plain `nn.Module` and an example."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator

import numpy as np

from rnnsearch.export.description import description, labels_of, x_shape
from rnnsearch.export.subject import Subject
from rnnsearch.export.torch_source.body import custom_body, layered_body, more_arguments
from rnnsearch.export.torch_source.cells import layer_source
from rnnsearch.export.torch_source.own import OwnModule
from rnnsearch.export.torch_source.units import constants
from rnnsearch.export.units import dtype_of
from rnnsearch.models.config import ModelConfig
from rnnsearch.tasks.interface import Symbols

WEIGHTS = "model.safetensors"

NAMED = (
    *("features", "feature_meanings", "symbols", "series", "classes", "targets", "quantiles"),
    *("intervals", "outputs"),
)
"""What of `description` stands in the file, each in a name of its own."""


def module_source(subject: Subject, own: OwnModule | None) -> str:
    """The file.

    Args:
        own: The module of a person's own cell or network, which lies beside it.
    """
    lines = [*_head(subject, own), *_constants(subject), ""]
    if subject.custom:
        assert own is not None
        body = custom_body(subject, own)
    else:
        lines += ["", *layer_source(subject.network.config, own.name if own else ""), ""]
        body = layered_body(subject)
    lines += ["", "class Model(nn.Module):", *_about(subject), ""]
    lines += [f"    {line}" if line else "" for line in body]
    lines += ["", "", *_foot(subject)]
    return "\n".join(lines) + "\n"


def _head(subject: Subject, own: OwnModule | None) -> Iterator[str]:
    told = description(subject)
    first = f"The network of {subject.name}: {told['network']}, task {told['task']}."
    yield f'"""{first}'
    yield ""
    yield f"Written by {told['made_by']}. It needs torch and safetensors, and {WEIGHTS} beside it."
    yield ""
    for name in ("x", "y", "notes"):
        text = f"{name}: {told[name]}" if name != "notes" else told[name]
        yield from textwrap.wrap(text.replace("\\", "\\\\").replace('"""', "'''"), 96)
    yield '"""'
    yield ""
    yield "from __future__ import annotations"
    yield ""
    yield "from collections.abc import Mapping"
    yield "from pathlib import Path"
    yield ""
    yield "import torch"
    yield "from safetensors.torch import load_file"
    yield "from torch import Tensor, nn"
    yield "from torch.nn import functional"
    if own is not None:
        yield ""
        yield f"from {own.module} import {own.name}  # your own code, copied as it was"
    yield ""


def _constants(subject: Subject) -> Iterator[str]:
    """The names that inputs and answers have, and what scales them."""
    told = description(subject)
    dtype = str(subject.network.dtype).removeprefix("torch.")
    yield f"DTYPE = torch.{dtype}"
    for key in NAMED:
        if key in told:
            names = told[key]
            letters = key == "symbols" and all(isinstance(one, str) for one in names)
            yield f"{key.upper()} = {(''.join(names) if letters else names)!r}"
    if "unknown_symbol" in told:
        yield f"UNKNOWN_SYMBOL = {told['unknown_symbol']}"
    yield from constants(subject.interface.reads, subject.interface.answers)


def _about(subject: Subject) -> Iterator[str]:
    state = "y and the state behind it" if subject.keeps_state else "y"
    yield '    """Inputs and answers are in the units of the data.'
    yield ""
    yield f"    Called with whole sequences it gives {state}."
    yield '    """'


def _foot(subject: Subject) -> Iterator[str]:
    """What loads the model, and an example."""
    config = subject.network.config
    if isinstance(config, ModelConfig) and config.bidirectional:
        yield "def backwards(x, lengths):"
        yield '    """Each sequence of x (time, batch, width) from its last valid time step to its'
        yield '    first."""'
        yield "    if lengths is None:"
        yield "        return x.flip(0)"
        yield "    time = torch.arange(x.shape[0], device=x.device)[:, None]"
        yield "    places = torch.where(time < lengths, lengths - 1 - time, time)"
        yield "    return x.gather(0, places[:, :, None].expand_as(x))"
        yield ""
        yield ""
    yield f'def load(path=Path(__file__).with_name("{WEIGHTS}")):'
    yield '    """The model with its weights."""'
    yield "    model = Model().to(DTYPE)"
    yield "    model.load_state_dict(load_file(path))"
    yield "    return model.requires_grad_(False).eval()"
    yield ""
    yield ""
    yield "def main():"
    yield from (f"    {line}" for line in example(subject, "load()"))
    yield ""
    yield ""
    yield 'if __name__ == "__main__":'
    yield "    main()"


def example(subject: Subject, load: str, classes: str = "CLASSES") -> Iterator[str]:
    """Lines that use the model: ten time steps of zeros at once, then one by one.

    Args:
        load: What gives the model.
        classes: What holds the names of the classes.
    """
    reads = subject.interface.reads
    shape = [1, 10, *x_shape(subject, single=True)[1:]]
    given = [*(["lengths"] if subject.lengths else []), *more_arguments(subject)]
    yield f"model = {load}"
    yield f"x = torch.zeros({tuple(shape)}, dtype=torch.{np.dtype(dtype_of(reads)).name})"
    if isinstance(reads, Symbols) and all(isinstance(one, str) for one in reads.names):
        yield "# of a text: [SYMBOLS.index(one) for one in text]"
    if "lengths" in given:
        yield "lengths = torch.tensor([10])  # valid time steps of each sequence"
    if "series" in given:
        yield "series = torch.tensor([0])  # which of SERIES it is"
    names = "y, state" if subject.keeps_state else "y"
    yield f"{names} = model({', '.join(['x', *given])})"
    yield "print(y)"
    if labels_of(subject):
        yield f"print([{classes}[at] for at in y.argmax(-1).flatten()])"
    if subject.no_stream:
        return
    more = "".join(f", {one}" for one in more_arguments(subject))
    if subject.custom:
        yield "state = None  # a sequence begins"
    else:
        times = f" * {subject.each}" if subject.each > 1 else ""
        yield f"state = torch.zeros(1, model.STATE{times}, dtype=torch.{_dtype(subject)})"
    yield "for one in x.unbind(1):"
    yield f"    y, state = model.step(one, state{more})"
    yield "print(y)"


def _dtype(subject: Subject) -> str:
    return str(subject.network.dtype).removeprefix("torch.")
