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

    A column has MLflow's type `any`, since the model reads columns as the file reader of the
    training does. With other types MLflow would refuse whole numbers in the place of `double`, and
    numbers in the place of ids. An input array has no schema: MLflow would refuse all types but
    float32.
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
        inputs=None
        if isinstance(signature.inputs, str)
        else Schema(list(map(_column, signature.inputs))),
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
