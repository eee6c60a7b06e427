"""JSON schemas of pydantic models and dataclasses, and objects of them from plain data."""

from __future__ import annotations

import dataclasses
import enum
import json
import types
import typing
from collections.abc import Mapping
from typing import Annotated, Any, Literal, Union

from hanshuku.errors import TaskError

PLAIN = {str: "string", int: "integer", float: "number", bool: "boolean", type(None): "null"}


def is_structure(hint: type) -> bool:
    """Whether it is a pydantic model or a dataclass."""
    return dataclasses.is_dataclass(hint) or hasattr(hint, "model_json_schema")


def schema_text(structure: Any) -> str:
    """The JSON schema, as JSON text, of a pydantic model, a dataclass, or a schema that is one already.

    Raises:
        TaskError: it is none of these, or not the schema of an object.
    """
    if isinstance(structure, Mapping):
        schema = dict(structure)
    elif hasattr(structure, "model_json_schema"):
        schema = structure.model_json_schema()
    elif isinstance(structure, type) and dataclasses.is_dataclass(structure):
        schema = _of_dataclass(structure)
    else:
        raise TaskError(f"extract takes a pydantic model, a dataclass or a JSON schema. Received: {structure!r}.")
    if schema.get("type") != "object" or not schema.get("properties"):
        raise TaskError(f"A schema of an object with properties is due. Received one of type {schema.get('type')!r} with {sorted(schema)}.")
    try:
        return json.dumps(schema, ensure_ascii=False)
    except TypeError as error:
        raise TaskError(f"The schema is no plain JSON data: {error}.") from error


def structure_from(structure: Any, data: Mapping[str, Any]) -> Any:
    """The object of that type from plain data."""
    if hasattr(structure, "model_validate"):
        return structure.model_validate(data)
    return _build(structure, data)


def _of_dataclass(structure: type) -> dict[str, Any]:
    hints = typing.get_type_hints(structure, include_extras=True)
    known = dataclasses.fields(structure)  # type: ignore[arg-type]
    required = [f.name for f in known if f.default is dataclasses.MISSING and f.default_factory is dataclasses.MISSING]
    properties = {f.name: _of(structure.__name__, f.name, hints[f.name]) for f in known}
    return {"type": "object", "properties": properties, "required": required, "additionalProperties": False, "title": structure.__name__}


def _of(owner: str, name: str, hint: Any) -> dict[str, Any]:
    """The schema of one field's type."""
    origin, args = typing.get_origin(hint), typing.get_args(hint)
    if hint in PLAIN:
        return {"type": PLAIN[hint]}
    if origin is Annotated:
        return _of(owner, name, args[0])
    if origin is Literal:
        return {"enum": list(args)}
    if isinstance(hint, type) and issubclass(hint, enum.Enum):
        return {"enum": [member.value for member in hint]}
    if origin in {Union, types.UnionType}:
        return {"anyOf": [_of(owner, name, arg) for arg in args]}
    if origin in {list, set, frozenset} or (origin is tuple and args[-1] is Ellipsis):
        return {"type": "array", "items": _of(owner, name, args[0])}
    if origin is dict and args[0] is str:
        return {"type": "object", "additionalProperties": _of(owner, name, args[1])}
    if isinstance(hint, type) and dataclasses.is_dataclass(hint):
        return _of_dataclass(hint)
    raise TaskError(
        f"Field {name!r} of {owner} is a {getattr(hint, '__name__', hint)}, for which there is no JSON. Legal: str, int, float, bool, None, Literal, "
        "Enum, list, set, tuple[..., ...], dict[str, ...], unions, dataclasses."
    )


def _build(hint: Any, value: Any) -> Any:
    """A value of that type from plain data that fits its schema."""
    origin, args = typing.get_origin(hint), typing.get_args(hint)
    if isinstance(hint, type) and dataclasses.is_dataclass(hint):
        hints = typing.get_type_hints(hint, include_extras=True)
        return hint(**{key: _build(hints[key], item) for key, item in value.items() if key in hints})
    if isinstance(hint, type) and issubclass(hint, enum.Enum):
        return hint(value)
    if origin is Annotated:
        return _build(args[0], value)
    if origin in {list, set, frozenset, tuple} and isinstance(value, list):
        return origin(_build(args[0], item) for item in value)
    if origin in {Union, types.UnionType}:
        parts = [arg for arg in args if arg is not type(None)]
        return None if value is None else _build(parts[0], value) if len(parts) == 1 else value
    return float(value) if hint is float and isinstance(value, int) else value
