"""What a pack and a script's process send each other: plain values, and arrays."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import numpy as np
import safetensors.numpy

_LENGTH_BYTES = 8


def to_bytes(values: Mapping[str, Any], arrays: Mapping[str, np.ndarray[Any, Any]]) -> bytes:
    """JSON values and arrays as one message."""
    text = json.dumps(values).encode()
    body: bytes = safetensors.numpy.save(dict(arrays))
    return len(text).to_bytes(_LENGTH_BYTES, "little") + text + body


def from_bytes(message: bytes) -> tuple[dict[str, Any], dict[str, np.ndarray[Any, Any]]]:
    """Read `to_bytes` back."""
    start = _LENGTH_BYTES
    end = start + int.from_bytes(message[:start], "little")
    return json.loads(message[start:end]), safetensors.numpy.load(message[end:])
