"""Whether what a user states as a JSON schema is one: keywords with values that they take, and references that lead somewhere."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from hanshuku.errors import TaskError


def check_schema(schema: Mapping[str, Any]) -> None:
    """
    Args:
        schema: as plain data.

    Raises:
        TaskError: a keyword has a value that it does not take (where jsonschema, extra `train`, is installed to say so), or a $ref leads
            nowhere, out of the schema or in a circle.
    """
    _check_keywords(schema)
    good: set[str] = set()
    for node in _nodes(schema):
        _check_way(node, schema, (), good)


def _check_way(node: Any, root: Mapping[str, Any], above: tuple[str, ...], good: set[str]) -> None:
    """Refuse a $ref that leads to itself before anything is said, by way of others, anyOf, oneOf or allOf.

    Args:
        node: where to begin.
        root: the whole schema.
        above: the references that led here.
        good: those that are known to lead somewhere; added to.
    """
    if not isinstance(node, Mapping):
        return
    if "$ref" in node:
        reference = node["$ref"]
        if reference in above:
            raise TaskError(f"The schema has a $ref that leads back to itself: {' -> '.join([*above, reference])}. Let it lead to a schema that says something.")
        if reference not in good:
            _check_way(target_of(reference, root), root, (*above, reference), good)
            good.add(reference)
    for key in ("anyOf", "oneOf", "allOf"):
        for part in node.get(key, ()):
            _check_way(part, root, above, good)


def target_of(reference: Any, root: Mapping[str, Any]) -> Any:
    """What a $ref leads to.

    Raises:
        TaskError: nothing in the schema.
    """
    found: Any = root
    if not isinstance(reference, str) or not (reference == "#" or reference.startswith("#/")):
        raise TaskError(f"A $ref leads to a part of the schema itself, such as #/$defs/Item; nothing is fetched. Received: {reference!r}. Copy that part into $defs.")
    for name in (part.replace("~1", "/").replace("~0", "~") for part in reference[1:].split("/") if part):  # RFC 6901
        if isinstance(found, list) and name.isdecimal() and int(name) < len(found):
            found = found[int(name)]
        elif isinstance(found, Mapping) and name in found:
            found = found[name]
        else:
            raise TaskError(f"The schema has a $ref to {reference!r}, which is not there. In $defs: {', '.join(root.get('$defs', ())) or 'nothing'}.")
    return found


def _check_keywords(schema: Mapping[str, Any]) -> None:
    try:
        from jsonschema import Draft202012Validator
        from jsonschema.exceptions import best_match
    except ImportError:
        return
    checker = Draft202012Validator(Draft202012Validator.META_SCHEMA, format_checker=Draft202012Validator.FORMAT_CHECKER)
    try:
        error = best_match(checker.iter_errors(schema))
    except RecursionError:
        raise TaskError("The schema is nested too deeply to be read. Take fewer levels.") from None
    if error is not None:
        raise TaskError(f"This is no JSON schema: at {error.json_path}: {error.message[:200]}. See https://json-schema.org.")


def _nodes(node: Any) -> Iterator[Mapping[str, Any]]:
    """All that may be a schema within one."""
    if isinstance(node, Mapping):
        if "$ref" in node and not isinstance(node["$ref"], Mapping):  # a property may have that name
            yield node
        for key, part in node.items():
            if key not in {"enum", "const", "default", "examples"}:  # plain values
                yield from _nodes(part)
    elif isinstance(node, list):
        for part in node:
            yield from _nodes(part)
