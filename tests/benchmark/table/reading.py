"""Reads the table of recurrent trainings, and finds the row that stands for a configuration."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa

HERE = Path(__file__).parent
SPACES = HERE / "spaces"
PREFIX = "params."
CURVE = pa.list_(pa.float32())
COLUMNS = {
    "number": pa.int32(),
    "seed": pa.int8(),
    "objective": CURVE,
    "test": CURVE,
    "train_loss": CURVE,
    "seconds": CURVE,
    "kernel": pa.string(),
}


def decoded(table: pa.Table) -> pa.Table:
    """A table with plain columns instead of dictionaries."""
    fields = [
        pa.field(one.name, one.type.value_type if pa.types.is_dictionary(one.type) else one.type)
        for one in table.schema
    ]
    return table.cast(pa.schema(fields))
