"""Switches, and what is set of views and of stored rows, as settings of a method: in `learn`, on the command line and in records they stand beside its own fields."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import Field, asdict, fields, replace
from typing import Any

from hanshuku.errors import UnknownName
from hanshuku.training.stored import Stored
from hanshuku.training.switches import Switches
from hanshuku.training.views import Views

HELD = "switches"  # the field of a method that holds them
HOLDERS: dict[str, type[Any]] = {HELD: Switches, "views": Views, "stored": Stored}  # fields of a method whose own fields are settings of the method


def setting_fields(kind: type[Any]) -> tuple[Field[Any], ...]:
    """What may be set of a method: its own fields, and those that it holds, switches say."""
    own = fields(kind)
    held = [f for name, holder in HOLDERS.items() if name in {f.name for f in own} for f in fields(holder)]
    return (*(f for f in own if f.name not in HOLDERS), *held)


def make(kind: type[Any], settings: Mapping[str, Any]) -> Any:
    """A method from its settings; those that are switches or of views go into the field that holds them.

    Raises:
        UnknownName: no field, switch or other setting has that name; the nearest is offered.
        ConfigError: a value is outside its range.
    """
    legal = {f.name: f for f in setting_fields(kind)}
    names = {f.name for f in fields(kind)}
    holders = {name: holder for name, holder in HOLDERS.items() if name in names}
    own: dict[str, Any] = {}
    held: dict[str, dict[str, Any]] = {name: {} for name in holders}
    for key, value in settings.items():
        if key in holders:
            continue
        if key not in legal:
            raise UnknownName(f"setting of {getattr(kind, 'NAME', kind.__name__)}", key, list(legal))
        place = own if key in names else next(held[name] for name, holder in holders.items() if key in holder.__dataclass_fields__)
        place[key] = "none" if value is None and legal[key].default == "none" else value  # the command line reads none as None
    return kind(**own, **{name: replace(settings.get(name, holder()), **held[name]) for name, holder in holders.items()})


def flat_settings(method: Any) -> dict[str, Any]:
    """Every setting of a method, those that it holds among them, as `learn` takes them."""
    found: dict[str, Any] = asdict(method)
    for part in [found.pop(name, {}) for name in HOLDERS]:
        found |= part
    return found
