"""The inputs and outputs of a registered model, in the terms of MLflow."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rnnsearch.tasks.signature import Column, Signature

if TYPE_CHECKING:
    from mlflow.models import ModelSignature
    from mlflow.types import ColSpec

_TYPES = {int: "integer", float: "double", bool: "boolean"}
"""MLflow's name for the type of a parameter, by the type of its default."""


def mlflow_signature(signature: Signature) -> ModelSignature:
    """MLflow's signature of a model.

    Inputs have no schema, since the model reads columns as the file reader of the training does,
    and says itself what is missing. With types MLflow would refuse whole numbers in the place of
    `double`, numbers in the place of ids, and all arrays but those of float32; with columns of its
    type `any` its server reads no CSV (3.17). `input_meanings` says what a model reads.
    """
    import numpy as np
    from mlflow.models import ModelSignature
    from mlflow.types import ParamSchema, ParamSpec, Schema, TensorSpec

    outputs = [one if isinstance(one, int) else _column(one) for one in signature.outputs]
    parameters = [
        ParamSpec(name, _TYPES[type(default)], default) for name, default in signature.parameters
    ]
    array = any(isinstance(one, int) for one in outputs)
    return ModelSignature(
        inputs=None,
        outputs=Schema([TensorSpec(np.dtype(np.float32), tuple(outputs))] if array else outputs),
        params=ParamSchema(parameters) if parameters else None,
    )


def input_meanings(signature: Signature) -> str | dict[str, str]:
    """What a model reads, in words: the meaning of each column, or of the array."""
    if isinstance(signature.inputs, str):
        return signature.inputs
    return {column.name: column.meaning for column in signature.inputs}


def _column(column: Column) -> ColSpec:
    """A column in MLflow's terms."""
    from mlflow.types import ColSpec
    from mlflow.types.schema import AnyType

    kind = AnyType() if column.kind == "any" else column.kind
    return ColSpec(kind, column.name or None, required=column.required)


def description(signature: Signature) -> str:
    """What a model reads and which parameters it takes, as Markdown for people who look at it."""
    meanings = input_meanings(signature)
    if isinstance(meanings, str):
        lines = [f"Reads {meanings}."]
    else:
        lines = ["Reads rows with the columns:", ""]
        lines += [f"- `{name}`: {meaning}" for name, meaning in meanings.items()]
    if signature.parameters:
        lines += ["", "Parameters:", ""]
    for name, default in signature.parameters:
        meaning = signature.meanings.get(name, "")
        lines.append(f"- `{name}` ({default} without it)" + (f": {meaning}" if meaning else ""))
    return "\n".join(lines)
