"""Switches as settings of a method: in `learn`, on the command line and in records they stand beside its own fields."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import Field, asdict, fields, replace
from typing import Any

from hanshuku.errors import UnknownName
from hanshuku.training.switches import Switches

HELD = "switches"  # the field of a method that holds them


def setting_fields(kind: type[Any]) -> tuple[Field[Any], ...]:
    """What may be set of a method: its own fields, and the switches where it has any."""
    own = fields(kind)
    if HELD not in {f.name for f in own}:
        return own
    return (*(f for f in own if f.name != HELD), *fields(Switches))


def make(kind: type[Any], settings: Mapping[str, Any]) -> Any:
    """A method from its settings; those that are switches go into the field that holds them.

    Raises:
        UnknownName: neither a field nor a switch has that name; the nearest is offered.
        ConfigError: a value is outside its range.
    """
    legal = {f.name: f for f in setting_fields(kind)}
    own: dict[str, Any] = {}
    switched: dict[str, Any] = {}
    holds = any(f.name == HELD for f in fields(kind))
    switches = settings.get(HELD, Switches()) if holds else None
    for key, value in settings.items():
        if key == HELD and holds:
            continue
        if key not in legal:
            raise UnknownName(f"setting of {getattr(kind, 'NAME', kind.__name__)}", key, list(legal))
        place = switched if switches is not None and hasattr(switches, key) and key not in {f.name for f in fields(kind)} else own
        place[key] = "none" if value is None and legal[key].default == "none" else value  # the command line reads none as None
    return kind(**own) if switches is None else kind(**own, **{HELD: replace(switches, **switched)})


def flat_settings(method: Any) -> dict[str, Any]:
    """Every setting of a method, its switches among them, as `learn` takes them."""
    found: dict[str, Any] = asdict(method)
    switched: dict[str, Any] = found.pop(HELD, {})
    return found | switched
