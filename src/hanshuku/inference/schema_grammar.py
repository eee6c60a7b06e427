"""A JSON schema as a grammar: what the schema allows, narrowed to what one would want to read out of a text."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from hanshuku.errors import MissingExtra, TaskError

WHOLE = 2**53 - 1  # whole numbers beyond it are not exact in every JSON reader (RFC 7493, section 2.2)
GREAT = 1e15  # most of any other number, so that none is written as 1e999, which is no finite number
STANDARD = frozenset(  # https://json-schema.org/draft/2020-12/json-schema-validation, section 7.3; any other format is a remark that refuses nothing
    ("date-time", "date", "time", "duration", "email", "idn-email", "hostname", "idn-hostname", "ipv4", "ipv6", "uri", "uri-reference", "iri", "iri-reference",
     "uuid", "uri-template", "json-pointer", "relative-json-pointer", "regex")
)  # fmt: skip
_DAYS = "(0[1-9]|1[0-9]|2[0-8])"
_LEAP = "([1-9][0-9](0[48]|[2468][048]|[13579][26])|([2468][048]|[13579][26])00)"
DATE = f"([1-9][0-9]{{3}}-((0[1-9]|1[0-2])-{_DAYS}|(0[13-9]|1[0-2])-(29|30)|(0[13578]|1[02])-31)|{_LEAP}-02-29)"
CLOCK = r"([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]"
ZONE = "(Z|[+-]([01][0-9]|2[0-3]):[0-5][0-9])"
FORMATS = {"date": DATE, "time": f"{CLOCK}{ZONE}?", "date-time": f"{DATE}T{CLOCK}{ZONE}"}  # only days and hours that there are
_SHAPED = ("type", "enum", "const", "anyOf", "oneOf", "allOf", "$ref", "properties", "items", "prefixItems", "additionalProperties")
_TELLING = ("title", "description", "default", "examples", "discriminator", "deprecated", "readOnly", "writeOnly", "$comment", "$schema", "$id")
SPACING: Any = {"whitespace_flexible": False, "item_separator": ", ", "key_separator": ": "}  # as json.dumps writes, and models have read


def grammar_of(schema: str) -> str:
    """The grammar of the objects that fit a schema, for llguidance.

    Every object of the grammar fits the schema. Fewer are in it than fit: only properties that the schema names, numbers that JSON
    readers agree on, dates that there are, and one way of spacing.

    Args:
        schema: JSON schema, as JSON text.

    Raises:
        TaskError: nothing fits the schema, or it says something that cannot be kept to while decoding.
        MissingExtra: llguidance is not installed.
    """
    grammar, problem = grammar_or_problem(schema)
    if problem:
        raise TaskError(f"No object can be written by this schema: {problem}. Change that part of it. Received: {schema[:200]}")
    return grammar


def grammar_or_problem(schema: str) -> tuple[str, str]:
    """The grammar of a schema, and what llguidance has against it in a line; see `grammar_of`."""
    try:
        from llguidance import LLMatcher
    except ImportError as error:
        raise MissingExtra("llguidance", "train", "Decoding by a schema") from error
    try:
        grammar = LLMatcher.grammar_from_json_schema(json.dumps(narrowed(json.loads(schema))), overrides=SPACING)
        problem = str(LLMatcher.validate_grammar(grammar))
    except (ValueError, RecursionError) as error:
        grammar, problem = "", str(error)  # such as one that is nested too deeply
    said = " ".join(problem.split())[:200].replace("Enable 'coerce_one_of' option to approximate oneOf with anyOf", "Write anyOf, or parts of different types")
    return str(grammar), said.rstrip(".")


def narrowed(node: Any) -> Any:
    """The schema as it is decoded by; see `grammar_of`.

    Raises:
        TaskError: items that must differ are due in a number.
    """
    if not isinstance(node, Mapping):
        return _plain() if node is True else node
    found = {key: value for key, value in node.items() if key not in _TELLING}
    if isinstance(found.get("allOf"), list) and len(found["allOf"]) == 1 and isinstance(found["allOf"][0], Mapping):
        found = {**found.pop("allOf")[0], **found}
    if "discriminator" in node and "oneOf" in found:  # its parts differ in a property, so one fits where any does
        found["anyOf"] = found.pop("oneOf")
    for key in ("properties", "$defs", "definitions", "patternProperties"):
        if isinstance(found.get(key), Mapping):
            found[key] = {name: narrowed(value) for name, value in found[key].items()}
    for key in ("anyOf", "oneOf", "allOf", "prefixItems"):
        if isinstance(found.get(key), list):
            found[key] = [narrowed(value) for value in found[key]]
    for key in ("items", "additionalProperties"):
        if key in found:
            found[key] = narrowed(found[key])
    if not any(key in found for key in _SHAPED):
        return found | _plain()
    kinds = found.get("type")
    kinds = set(kinds) if isinstance(kinds, list) else {kinds}
    _narrow_numbers(found, kinds)
    if "properties" in found and not {"additionalProperties", "allOf", "$ref"} & set(found):
        found["additionalProperties"] = False
    elif "object" in kinds and "properties" not in found and found.get("additionalProperties", True) is True:
        found["additionalProperties"] = _plain()
    if "array" in kinds:
        _narrow_array(found)
    if found.get("format") in FORMATS and "pattern" not in found:
        found["pattern"] = f"^{FORMATS[found.pop('format')]}$"
    if found.get("format") not in STANDARD:
        found.pop("format", None)
    return found


def _plain() -> dict[str, Any]:
    """What stands where the schema allows anything: a text, a number, true, false or null."""
    number = {"type": "number", "minimum": -GREAT, "maximum": GREAT}
    return {"anyOf": [{"type": "string"}, number, {"type": "boolean"}, {"type": "null"}]}


def _narrow_numbers(found: dict[str, Any], kinds: set[Any]) -> None:
    most = GREAT if "number" in kinds else WHOLE if "integer" in kinds else None
    if most is None or "enum" in found or "const" in found:
        return
    if "number" not in kinds:
        _narrow_whole(found)
    stated = [abs(found[key]) for key in ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum") if isinstance(found.get(key), (int, float))]
    most = max([most, *(2 * bound for bound in stated)])
    if "minimum" not in found and "exclusiveMinimum" not in found:
        found["minimum"] = -most
    if "maximum" not in found and "exclusiveMaximum" not in found:
        found["maximum"] = most


def _narrow_whole(found: dict[str, Any]) -> None:
    """Bounds of whole numbers that are not exact any more are laid to the last that is."""
    for low, high, sign in (("minimum", "maximum", 1), ("maximum", "minimum", -1)):
        for key in (low, f"exclusive{low.capitalize()}"):
            if sign * found.get(key, 0) > WHOLE:
                raise TaskError(f"Whole numbers are written from -{WHOLE} to {WHOLE}, as those beyond are not exact in every reader of JSON. Received: {key} {found[key]}. Take a text.")
        for key in (high, f"exclusive{high.capitalize()}"):
            if sign * found.get(key, 0) > WHOLE:
                del found[key]
                found[high] = sign * WHOLE


def _narrow_array(found: dict[str, Any]) -> None:
    if found.pop("uniqueItems", False) and found.get("minItems", 0) > 1:
        raise TaskError(f"A schema with uniqueItems may have minItems 0 or 1: more different items cannot be promised. Received: {found['minItems']}.")
    if "items" not in found and "prefixItems" not in found:
        found["items"] = _plain()
