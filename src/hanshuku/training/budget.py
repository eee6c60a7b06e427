"""Budget: the time and memory one may spend."""

from __future__ import annotations

import re
from dataclasses import dataclass

from hanshuku.errors import ConfigError

_UNITS = {"s": 1.0, "sec": 1.0, "second": 1.0, "m": 60.0, "min": 60.0, "minute": 60.0, "h": 3600.0, "hour": 3600.0,
          "秒": 1.0, "分": 60.0, "分钟": 60.0, "小时": 3600.0, "": 1.0}  # fmt: skip


@dataclass(frozen=True)
class Budget:
    """What a fit may spend."""

    seconds: float | None = None  # wall time; None: as long as it needs


def parse_budget(text: str | float | Budget | None) -> Budget:
    """A budget from "5 min", "90s", "1h 30min", "5分钟", or a number of seconds.

    Raises:
        ConfigError: it cannot be read, or is not positive.
    """
    if text is None or isinstance(text, Budget):
        return text or Budget()
    if isinstance(text, (int, float)):
        seconds = float(text)
    else:
        parts = re.findall(r"(\d+(?:\.\d+)?)\s*([a-zA-Z\u4e00-\u9fff]*)", text)
        rest = re.sub(r"(\d+(?:\.\d+)?)\s*([a-zA-Z\u4e00-\u9fff]*)", "", text).strip()
        units = [unit.lower() if unit.lower() in _UNITS else unit.lower().rstrip("s") for _, unit in parts]
        if not parts or rest or any(unit not in _UNITS for unit in units):
            raise ConfigError(f"A budget is a time such as '5 min', '90s' or '1h 30min'. Received: {text!r}.")
        seconds = sum(float(number) * _UNITS[unit] for (number, _), unit in zip(parts, units, strict=True))
    if not 0 < seconds < float("inf"):
        raise ConfigError(f"A budget must be a positive time. Received: {text!r}.")
    return Budget(seconds)
