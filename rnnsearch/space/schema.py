"""The JSON schema of space files, for editors: types, ranges and meanings while one writes."""

from __future__ import annotations

import dataclasses
import json
import math
from typing import Any, get_args, get_origin, get_type_hints

from rnnsearch.models.config import OWN_PATTERN, OwnCell
from rnnsearch.space.fields import (
    NEVER_SAMPLED,
    REQUIRED,
    Field,
    alternatives,
    config_classes,
    leaves,
    literals,
    meanings,
    sampled_section,
    summary,
)
from rnnsearch.space.load import SAFE_NAME
from rnnsearch.space.ranges import DURATIONS, NOT_EMPTY, RANGES
from rnnsearch.space.sampled import kinds_for
from rnnsearch.space.words import time_text
from rnnsearch.tasks.families import family, task_types

_SCALARS = {int: "integer", float: "number", bool: "boolean", str: "string", type(None): "null"}

_WHEN = {
    "type": "object",
    "description": "Sample this field only where other fields have these values; all must hold.",
    "minProperties": 1,
    "additionalProperties": {
        "anyOf": [
            {"type": ["string", "number", "boolean", "null"]},
            {"type": "array", "minItems": 1},
            {
                "type": "object",
                "properties": {"min": {"type": "number"}, "max": {"type": "number"}},
                "additionalProperties": False,
                "minProperties": 1,
            },
        ]
    },
}

_OWN_TASK = {
    "type": "string",
    "pattern": r"^[A-Za-z_][\w.]*:[A-Za-z_][\w.]*$",
    "description": "Your own, as package.module:Class; its fields are the other keys.",
}

_KIND_MEANINGS = {
    "choice": "One of the members.",
    "uniform": "A number between both ends.",
    "loguniform": "A number between both ends, uniform in its logarithm.",
    "int": "A whole number, both ends included.",
    "logint": "A whole number, both ends included, uniform in its logarithm.",
}


def json_schema() -> dict[str, Any]:
    """The schema (JSON Schema, draft 2020-12) of a whole space file.

    A schema knows one field at a time; what must hold between fields, and between the file and
    its data, only `rnnsearch check` finds.
    """
    classes = config_classes(None)
    tasks = {name: family(name).config for name in task_types()}
    properties: dict[str, Any] = {
        "name": {
            "description": "The study's name and folder; the file's stem by default.",
            "type": ["string", "number", "null"],
            "pattern": f"^{SAFE_NAME.pattern}$",
        },
        "task": {
            "description": "What is learned.",
            "type": "object",
            "required": ["type"],
            "properties": {"type": {"anyOf": [{"enum": list(tasks)}, _OWN_TASK]}},
            "allOf": [_task_case(name, cls) for name, cls in tasks.items()],
        },
    }
    for section, cls in classes.items():
        properties[section] = _object(cls, section)
        if section != "task":
            properties[section]["type"] = ["object", "null"]
    properties["first_trials"] = {
        "description": "Configurations to evaluate first: dotted keys and their values.",
        "type": ["array", "null"],
        "items": {"type": "object"},
    }
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "rnnsearch search space",
        "type": "object",
        "required": ["task"],
        "properties": properties,
        "additionalProperties": False,
        "$defs": {"when": _WHEN},
    }


def _task_case(name: str, cls: type) -> dict[str, Any]:
    then = _object(cls, "task")
    then["properties"].setdefault("type", {"const": name})
    return {
        "if": {"properties": {"type": {"const": name}}, "required": ["type"]},
        "then": then,
    }


def _object(cls: type, prefix: str) -> dict[str, Any]:
    hints, said = get_type_hints(cls), meanings(cls)
    fields = leaves(cls, prefix)
    properties: dict[str, Any] = {}
    for name, annotation in hints.items():
        key = f"{prefix}.{name}"
        if dataclasses.is_dataclass(annotation):
            properties[name] = _object(annotation, key)  # type: ignore[arg-type]
            properties[name]["type"] = ["object", "null"]
            if name in said:
                properties[name]["description"] = said[name]
        else:
            properties[name] = _field(fields[key])
    return {
        "type": "object",
        "description": summary(cls),
        "properties": properties,
        "additionalProperties": False,
    }


def _field(field: Field) -> dict[str, Any]:
    value = _value(field)
    if sampled_section(field.key) and field.key not in NEVER_SAMPLED:
        value = {"anyOf": [value, *_distributions(field, value)]}
    if field.meaning:
        value["description"] = field.meaning
    if field.default is not REQUIRED:
        timed = field.key in DURATIONS and field.default is not None
        default = time_text(field.default) if timed else field.default
        value["default"] = json.loads(json.dumps(default))
    return value


def _value(field: Field) -> dict[str, Any]:
    if field.key in DURATIONS:
        return {"type": ["string", "null"], "pattern": r"^\s*(\d+(\.\d*)?|\.\d+)\s*[smh]\s*$"}
    options = [_type(part, field.key) for part in alternatives(field.annotation)]
    return options[0] if len(options) == 1 else {"anyOf": options}


def _type(annotation: Any, key: str) -> dict[str, Any]:
    if names := literals(annotation):
        return {"enum": list(names)}
    if get_origin(annotation) is tuple:
        lists: dict[str, Any] = {"type": "array", "items": _type(get_args(annotation)[0], key)}
        return lists | ({"minItems": 1} if key in NOT_EMPTY else {})
    if annotation is OwnCell:
        return {"type": "string", "pattern": OWN_PATTERN}
    schema: dict[str, Any] = {"type": _SCALARS[annotation]}
    if annotation in (int, float) and (limits := RANGES.get(key)) is not None:
        ends = {
            "minimum": limits.least,
            "maximum": limits.most,
            "exclusiveMinimum": limits.above,
            "exclusiveMaximum": limits.below,
        }
        schema |= {name: end for name, end in ends.items() if math.isfinite(end)}
    return schema


def _distributions(field: Field, value: dict[str, Any]) -> list[dict[str, Any]]:
    found = []
    for kind in kinds_for(field):
        if kind == "choice":
            body: dict[str, Any] = {"type": "array", "items": value, "minItems": 1}
        else:
            body = {"type": "array", "items": value, "minItems": 2, "maxItems": 2}
        properties: dict[str, Any] = {
            kind: {**body, "description": _KIND_MEANINGS[kind]},
            "when": {"$ref": "#/$defs/when"},
        }
        if kind in ("uniform", "int"):
            number = "integer" if kind == "int" else "number"
            properties["step"] = {"type": number, "exclusiveMinimum": 0}
        found.append(
            {
                "type": "object",
                "properties": properties,
                "required": [kind],
                "additionalProperties": False,
            }
        )
    return found
