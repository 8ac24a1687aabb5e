"""The JSON schema of space files, by which an editor shows types, ranges and meanings."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping, Sequence
from typing import Any, cast, get_args

from pydantic import TypeAdapter

from rnnsearch.plugins import Configs
from rnnsearch.space.distributions import KINDS
from rnnsearch.space.field import Field
from rnnsearch.space.field_types import pydantic_type
from rnnsearch.space.fields import SECTIONS, config_classes, leaves, summary
from rnnsearch.space.load import SAFE_NAME
from rnnsearch.space.sampled import kinds_for
from rnnsearch.tasks.families import family, task_types
from rnnsearch.vocabulary import DURATION, REQUIRED, keys

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

_OWN = {
    "type": "string",
    "pattern": r"^[A-Za-z_][\w.]*:[A-Za-z_][\w.]*$",
    "description": "Your own, as package.module:Class; its fields are the other keys.",
}


def json_schema() -> dict[str, Any]:
    """Make the schema of a whole space file, in JSON Schema of the draft 2020-12.

    A schema describes one field at a time. What must hold between fields, and between the file and
    its data, is found by `rnnsearch check` alone.
    """
    classes = config_classes(None)
    tasks = {name: family(name).config for name in task_types()}
    properties: dict[str, Any] = {
        "name": {
            "description": SECTIONS["name"],
            "type": ["string", "number", "null"],
            "pattern": f"^{SAFE_NAME.pattern}$",
        },
        "task": {
            "description": SECTIONS["task"],
            "type": "object",
            "required": ["type"],
            "properties": {"type": {"anyOf": [{"enum": list(tasks)}, _OWN]}},
            "allOf": [_task_case(name, cls) for name, cls in tasks.items()],
        },
    }
    for section, cls in classes.items():
        properties[section] = _object(cls, section)
        if section != "task":
            properties[section]["type"] = ["object", "null"]
    properties["model"] = _model(properties["model"])
    properties["params"] = {"description": SECTIONS["params"], "type": ["object", "null"]}
    properties["first_trials"] = {
        "description": SECTIONS["first_trials"],
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


def _model(cells: dict[str, Any]) -> dict[str, Any]:
    """The schema of the section `model`, whose keys are those of cells unless a `type` names a
    custom network; its arguments are not known here, and `check` looks at them."""
    named = {"type": "object", "properties": {"type": _OWN}, "required": ["type"]}
    return {"if": named, "then": {"description": cells["description"]}, "else": cells}


def _task_case(name: str, cls: type) -> dict[str, Any]:
    """The schema of the section `task` where its type is this one."""
    then = _object(cls, "task")
    # The config of a custom task has no field `type`.
    then["properties"]["type"] = {"enum": [name], "default": name}
    return {
        "if": {"properties": {"type": {"const": name}}, "required": ["type"]},
        "then": then,
    }


def _object(cls: type, prefix: str) -> dict[str, Any]:
    """The schema of a section whose keys are the fields of a dataclass."""
    fields = leaves(cls, prefix)
    properties: dict[str, Any] = {}
    for name, says in keys(cls).items():
        key, inner = f"{prefix}.{name}", cast("Any", says.type)
        if says.arguments is not None:  # of classes that are not known here
            properties[name] = {}
        elif says.configs is not None:
            properties[name] = _one_of(says.configs(), key, fields)
        elif dataclasses.is_dataclass(inner):
            properties[name] = _object(cast("type", inner), key)
        else:
            properties[name] = _field(fields[key])
            continue
        properties[name]["type"] = ["object", "null"]
        if says.meaning:
            properties[name]["description"] = says.meaning
    return {
        "type": "object",
        "description": summary(cls),
        "properties": properties,
        "additionalProperties": False,
    }


def _one_of(configs: Mapping[str, type], key: str, fields: Mapping[str, Field]) -> dict[str, Any]:
    """The schema of a field with `OneOf`: the keys of all its configs, which a file may keep."""
    variants: dict[str, list[Any]] = {}
    for cls in configs.values():
        for name, schema in _object(cls, key)["properties"].items():
            if schema not in variants.setdefault(name, []):
                variants[name].append(schema)
    properties = {
        name: schemas[0] if len(schemas) == 1 else _any_of(schemas)
        for name, schemas in variants.items()
    }
    properties["type"] = named = _field(fields[f"{key}.type"])
    if not isinstance(configs, Configs):
        return {"properties": properties, "additionalProperties": False}
    del named["type"]
    named["anyOf"] = [{"enum": named.pop("enum")}, _OWN]
    # The keys of a custom class are not known here; `check` looks at them.
    return {
        "properties": properties,
        "if": {"properties": {"type": _OWN}, "required": ["type"]},
        "else": {"propertyNames": {"enum": list(properties)}},
    }


def _any_of(schemas: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """The schema of a key that means the same to several configs, each with a range or a default of
    its own; what they say alike stands outside."""
    meanings = {schema.get("description") for schema in schemas}
    described = {"description": meanings.pop()} if len(meanings) == 1 else {}
    return {**described, "anyOf": list(schemas)}


def _field(field: Field) -> dict[str, Any]:
    """The schema of a field: a value, or a distribution where it may be sampled."""
    value = _value(field)
    if not field.never_sampled:
        value = {"anyOf": [value, *_distributions(field, value)]}
    if field.says.meaning:
        value["description"] = field.says.meaning
    if field.default is not REQUIRED:
        value["default"] = json.loads(json.dumps(field.as_written(field.default)))
    return value


def _value(field: Field) -> dict[str, Any]:
    """The schema of a field's value."""
    if field.marked(DURATION):
        optional = type(None) in get_args(field.type)
        kinds: Any = ["string", "null"] if optional else "string"
        return {"type": kinds, "pattern": r"^\s*(\d+(\.\d*)?|\.\d+)\s*[smh]\s*$"}
    return TypeAdapter(pydantic_type(field.type, field.says)).json_schema()


def _distributions(field: Field, value: dict[str, Any]) -> list[dict[str, Any]]:
    """The schemas of the distributions that a field's type admits.

    Args:
        value: The schema of one value of the field.
    """
    schemas = []
    for kind in kinds_for(field):
        many = {"minItems": 1} if kind == "choice" else {"minItems": 2, "maxItems": 2}
        body = {"type": "array", "items": value, **many, "description": KINDS[kind].meaning}
        properties: dict[str, Any] = {kind: body, "when": {"$ref": "#/$defs/when"}}
        if KINDS[kind].stepped:
            number = "integer" if kind == "int" else "number"
            properties["step"] = {"type": number, "exclusiveMinimum": 0}
        schemas.append(
            {
                "type": "object",
                "properties": properties,
                "required": [kind],
                "additionalProperties": False,
            }
        )
    return schemas
