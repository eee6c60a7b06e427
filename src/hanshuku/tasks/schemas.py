"""JSON schemas of pydantic models and dataclasses, and objects of them from plain data."""

from __future__ import annotations

import dataclasses
import datetime as dt
import enum
import json
import types
import typing
from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Annotated, Any, Literal, Union

from hanshuku.errors import TaskError
from hanshuku.tasks.schema_check import check_schema, target_of

PLAIN = {str: "string", int: "integer", float: "number", bool: "boolean", type(None): "null"}
MOMENTS = {dt.date: "date", dt.time: "time", dt.datetime: "date-time"}  # type -> format of a text


def is_structure(hint: type) -> bool:
    """Whether it is a pydantic model or a dataclass."""
    return dataclasses.is_dataclass(hint) or hasattr(hint, "model_json_schema")


def schema_text(structure: Any) -> str:
    """The JSON schema, as JSON text, of a pydantic model, a dataclass, or a schema that is one already.

    Raises:
        TaskError: it is none of these, or not the schema of an object.
    """
    if isinstance(structure, Mapping):
        schema = _stated(structure)
    elif hasattr(structure, "model_json_schema"):
        schema = _of_model(structure)
    elif isinstance(structure, type) and dataclasses.is_dataclass(structure):
        schema = _of_dataclass(structure)
    else:
        raise TaskError(f"extract takes a pydantic model, a dataclass or a JSON schema. Received: {structure!r}.")
    if schema.get("type") != "object" or not schema.get("properties"):
        raise TaskError(f"A schema of an object with properties is due. Received one of type {schema.get('type')!r} with {sorted(schema)}.")
    return _written(schema)


def _stated(schema: Mapping[str, Any]) -> dict[str, Any]:
    """A schema that is one already, checked; what it is by $ref stands in it itself."""
    found: dict[str, Any] = json.loads(_written(schema))
    check_schema(found)
    return _at_root(found)


def _of_model(model: Any) -> dict[str, Any]:
    """The schema of a pydantic model.

    Raises:
        TaskError: pydantic makes none.
    """
    try:
        return _at_root(model.model_json_schema())
    except Exception as error:  # pydantic has several, and fields may have code of their own
        raise TaskError(f"pydantic makes no JSON schema of {getattr(model, '__name__', model)}: {str(error).splitlines()[0].rstrip('.')}. Give that field another type.") from error


def _at_root(schema: dict[str, Any]) -> dict[str, Any]:
    """A schema that is a $ref, as that of a model which holds itself, with what it leads to in its place."""
    while "$ref" in schema:
        schema = {key: value for key, value in schema.items() if key != "$ref"} | target_of(schema["$ref"], schema)
    return schema


def _written(schema: Mapping[str, Any]) -> str:
    try:
        return json.dumps(schema, ensure_ascii=False, allow_nan=False)
    except (TypeError, ValueError, RecursionError) as error:
        raise TaskError(f"The schema is no plain JSON data: {error}.") from error


def structure_from(structure: Any, data: Mapping[str, Any]) -> Any:
    """The object of that type from plain data.

    Raises:
        TaskError: the type has rules of its own which its schema does not tell, and they refuse this.
    """
    try:
        return structure.model_validate(data) if hasattr(structure, "model_validate") else _build(structure, data)
    except (TypeError, ValueError) as error:
        rules = f"{structure.__name__} refuses what fits its own schema, {json.dumps(data, ensure_ascii=False)[:200]}"
        raise TaskError(f"{rules}: {error}. State that rule in the types, or take `predict`, which gives the plain object.") from error


def in_order(schema: Mapping[str, Any], value: Any, root: Mapping[str, Any] | None = None) -> Any:
    """The value with the keys of each object in the order of the schema's properties, as a model writes them; others come last, by name."""
    root = schema if root is None else root
    parts = list(parts_of(schema, root))
    if isinstance(value, dict):
        named = [part["properties"] for part in parts if "properties" in part]
        best: Mapping[str, Any] = max(named, key=lambda properties: len(set(properties) & set(value)), default={})
        keys = [*(key for key in best if key in value), *sorted(key for key in value if key not in best)]
        return {key: in_order(best.get(key, {}), value[key], root) for key in keys}
    items: Mapping[str, Any] = next((part["items"] for part in parts if isinstance(part.get("items"), Mapping)), {})
    return [in_order(items, item, root) for item in value] if isinstance(value, list) else value


def outline(schema: str) -> str:
    """A schema in few words, as a model reads it: ``{"name": string, "price": number (in euro), "day"?: date, "tags": ["new" | "used"]}``.

    Args:
        schema: as JSON text.
    """
    root = json.loads(schema)
    return _outline(root, root, ())


def _outline(node: Any, root: Mapping[str, Any], above: tuple[str, ...]) -> str:
    if not isinstance(node, Mapping):
        return "any"
    said = f" ({node['description'].strip()})" if node.get("description") and node is not root else ""
    if "$ref" in node:
        name = node["$ref"]
        inner = next(islice(parts_of(node, root), 1, None), {})
        return (name.rpartition("/")[2] if name in above else _outline(inner, root, (*above, name))) + said
    choices = node.get("anyOf") or node.get("oneOf")
    if "enum" in node or "const" in node:
        shown = " | ".join(json.dumps(value, ensure_ascii=False) for value in node.get("enum", [node.get("const")]))
    elif choices:
        shown = " | ".join(_outline(choice, root, above) for choice in choices)
    elif "properties" in node:
        due = node.get("required", ())
        pairs = [f'"{key}"{"" if key in due else "?"}: {_outline(value, root, above)}' for key, value in node["properties"].items()]
        shown = "{" + ", ".join(pairs) + "}"
    elif node.get("type") == "array":
        shown = f"[{_outline(node.get('items', {}), root, above)}]"
    else:
        kind = node.get("type", "any")
        shown = node.get("format") or (" | ".join(kind) if isinstance(kind, list) else kind)
    return shown + said


def parts_of(node: Any, root: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """A schema and those it is made of by $ref within `root`, anyOf, oneOf and allOf."""
    if not isinstance(node, Mapping):
        return
    yield node
    if "$ref" in node:
        yield from parts_of(target_of(node["$ref"], root), root)
    for key in ("anyOf", "oneOf", "allOf"):
        for part in node.get(key, ()):
            yield from parts_of(part, root)


def _of_dataclass(structure: type) -> dict[str, Any]:
    holding: set[type] = set()  # dataclasses that hold themselves
    schema = _object_of(structure, (), holding)
    if not holding:
        return schema
    return {**schema, "$defs": {kind.__name__: _object_of(kind, (), holding) for kind in sorted(holding, key=lambda kind: kind.__name__)}}


def _object_of(structure: type, above: tuple[type, ...], holding: set[type]) -> dict[str, Any]:
    """The schema of a dataclass; one that holds itself, at whatever depth, is referred to there.

    Args:
        structure: the dataclass.
        above: those that it stands in.
        holding: those that hold themselves; added to.
    """
    try:
        hints = typing.get_type_hints(structure, include_extras=True)
    except NameError as error:
        raise TaskError(f"A field of {structure.__name__} has a type that is not known where it is defined: {error}. Define or import it at the top of that module.") from error
    known = dataclasses.fields(structure)  # type: ignore[arg-type]
    required = [f.name for f in known if f.default is dataclasses.MISSING and f.default_factory is dataclasses.MISSING]
    properties = {f.name: _of((*above, structure), f.name, hints[f.name], holding) for f in known}
    return {"type": "object", "properties": properties, "required": required, "additionalProperties": False, "title": structure.__name__}


def _of(above: tuple[type, ...], name: str, hint: Any, holding: set[type]) -> dict[str, Any]:
    """The schema of one field's type; arguments as of `_object_of`."""
    owner = above[-1].__name__
    origin, args = typing.get_origin(hint), typing.get_args(hint)
    if hint in PLAIN:
        return {"type": PLAIN[hint]}
    if hint in MOMENTS:
        return {"type": "string", "format": MOMENTS[hint]}
    if origin is Annotated:
        return _of(above, name, args[0], holding)
    if origin is Literal:
        return {"enum": list(args)}
    if isinstance(hint, type) and issubclass(hint, enum.Enum):
        return {"enum": [member.value for member in hint]}
    if origin in {Union, types.UnionType}:
        return {"anyOf": [_of(above, name, arg, holding) for arg in args]}
    if origin in {list, set, frozenset} or (origin is tuple and args[-1] is Ellipsis):
        return {"type": "array", "items": _of(above, name, args[0], holding)}
    if origin is dict and args[0] is str:
        return {"type": "object", "additionalProperties": _of(above, name, args[1], holding)}
    if isinstance(hint, type) and dataclasses.is_dataclass(hint):
        if hint in above:
            if any(other is not hint and other.__name__ == hint.__name__ for other in holding):
                raise TaskError(f"Two dataclasses that hold themselves are both named {hint.__name__}, and a schema refers to them by name. Rename one of them.")
            holding.add(hint)
            return {"$ref": f"#/$defs/{hint.__name__}"}
        return _object_of(hint, above, holding)
    raise TaskError(
        f"Field {name!r} of {owner} is a {getattr(hint, '__name__', hint)}, for which there is no JSON. Legal: str, int, float, bool, None, date, time, datetime, "
        "Literal, Enum, list, set, tuple[..., ...], dict[str, ...], unions, dataclasses."
    )


def _build(hint: Any, value: Any) -> Any:
    """A value of that type from plain data that fits its schema."""
    origin, args = typing.get_origin(hint), typing.get_args(hint)
    if isinstance(hint, type) and dataclasses.is_dataclass(hint):
        hints = typing.get_type_hints(hint, include_extras=True)
        return hint(**{key: _build(hints[key], item) for key, item in value.items() if key in hints})
    if isinstance(hint, type) and issubclass(hint, enum.Enum):
        return hint(value)
    if hint in MOMENTS:
        return hint.fromisoformat(value.replace("Z", "+00:00"))
    if origin is Annotated:
        return _build(args[0], value)
    if origin in {list, set, frozenset, tuple} and isinstance(value, list):
        return origin(_build(args[0], item) for item in value)
    if origin in {Union, types.UnionType}:
        parts = [arg for arg in args if arg is not type(None)]
        return None if value is None else _build(parts[0], value) if len(parts) == 1 else value
    return float(value) if hint is float and isinstance(value, int) else value
