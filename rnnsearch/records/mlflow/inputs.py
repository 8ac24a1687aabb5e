"""What goes into a registered model and comes out, as MLflow has it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rnnsearch.tasks.signature import Column, Signature

if TYPE_CHECKING:
    from mlflow.models import ModelSignature
    from mlflow.types import ColSpec

_TYPES = {int: "integer", float: "double", bool: "boolean"}
"""MLflow's name of a parameter's type, by that of its default."""


def mlflow_signature(said: Signature) -> ModelSignature:
    """Columns and parameters of a model.

    Columns have names and MLflow's type `any`: the model reads them as the training's file reader
    does, whereas MLflow refuses whole numbers where it was promised `double`, and numbers where it
    was promised ids. An array has no schema, since MLflow takes float32 for nothing else.
    """
    import numpy as np
    from mlflow.models import ModelSignature
    from mlflow.types import ParamSchema, ParamSpec, Schema, TensorSpec

    outputs = [one if isinstance(one, int) else _column(one) for one in said.outputs]
    parameters = [
        ParamSpec(name, _TYPES[type(default)], default) for name, default in said.parameters
    ]
    array = any(isinstance(one, int) for one in outputs)
    return ModelSignature(
        inputs=None if isinstance(said.inputs, str) else Schema(list(map(_column, said.inputs))),
        outputs=Schema([TensorSpec(np.dtype(np.float32), tuple(outputs))] if array else outputs),
        params=ParamSchema(parameters) if parameters else None,
    )


def inputs_said(said: Signature) -> str | dict[str, str]:
    """What a model reads, in words: of each column, or of an array."""
    if isinstance(said.inputs, str):
        return said.inputs
    return {column.name: column.meaning for column in said.inputs}


def _column(column: Column) -> ColSpec:
    from mlflow.types import ColSpec
    from mlflow.types.schema import AnyType

    kind = AnyType() if column.kind == "any" else column.kind
    return ColSpec(kind, column.name or None, required=column.required)
