"""New rows window by window, in the order in which they came."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta, timezone
from typing import Any

import numpy as np

from hanshuku.errors import ConfigError, DataError
from hanshuku.evaluation.drift.found import Window
from hanshuku.metrics.paired import holm
from hanshuku.metrics.two_samples import tell_apart

CALENDAR = {"hour": "%Y-%m-%d %H:00", "day": "%Y-%m-%d", "week": "%G-W%V", "month": "%Y-%m"}
MOST_WINDOWS, ROWS, PERMUTATIONS = 60, 500, 199  # windows; rows of each, and of those learned from, that are told apart; permutations


@dataclass(frozen=True, eq=False)
class Counted:
    """What is known of each of N new rows, in their order."""

    features: np.ndarray  # (N, D)
    lengths: np.ndarray
    unknown: np.ndarray | None
    confidences: np.ndarray | None
    answers: np.ndarray | None  # place of the label given
    threshold: float | None  # of confidence, above which as many known answers lie as were right; None: not known
    labels: tuple[str, ...] = ()


def parse_times(cells: Sequence[Any], origins: Sequence[tuple[str, int]]) -> list[datetime]:
    """Moments from ISO 8601 texts or seconds since 1970; without a zone they count as UTC.

    Raises:
        DataError: a cell is no time; names file and line.
    """
    found = []
    for cell, origin in zip(cells, origins, strict=True):
        try:
            if isinstance(cell, datetime):
                moment = cell
            elif isinstance(cell, (int, float)) and not isinstance(cell, bool):
                moment = datetime.fromtimestamp(cell, timezone.utc)
            else:
                moment = datetime.fromisoformat(str(cell).strip().replace("Z", "+00:00"))
        except (ValueError, OverflowError, OSError):
            raise DataError(f"a time is due, such as 2026-03-01T12:00:00 or seconds since 1970. Received: {cell!r}.", *origin) from None
        found.append(moment if moment.tzinfo else moment.replace(tzinfo=timezone.utc))
    return found


def parse_window(window: int | str) -> int | str:
    """Rows of a window, or one of CALENDAR; 0 for none.

    Raises:
        ConfigError: it is neither.
    """
    if isinstance(window, str) and window in CALENDAR:
        return window
    try:
        count = int(window or 0)
    except ValueError:
        count = -1
    if count < 0 or 0 < count < 20:
        raise ConfigError(f"A window is a number of rows, 20 or more, or one of {', '.join(CALENDAR)}. Received: {window!r}.")
    return count


def places_of(n: int, window: int | str, times: Sequence[datetime] | None) -> list[tuple[str, str, np.ndarray]]:
    """Start, end and rows of each window, in order; rows come sorted by time where there are times.

    Raises:
        ConfigError: a calendar window without times, or more windows than are shown.
    """
    if not window:
        return []
    order = np.arange(n) if times is None else np.array(sorted(range(n), key=lambda i: times[i]), dtype=np.int64)
    if isinstance(window, str):
        if times is None:
            raise ConfigError(f"A window of a {window} needs to know when each row came: time= (--time COLUMN).")
        names = [times[i].strftime(CALENDAR[window]) for i in order]
        groups = [(name, name, order[[k for k, other in enumerate(names) if other == name]]) for name in dict.fromkeys(names)]
    else:
        count = max(1, round(n / window))
        groups = []
        for part in np.array_split(np.arange(n), count):
            rows = order[part]
            ends = (f"{part[0] + 1:,}", f"{part[-1] + 1:,}") if times is None else (_moment(times[rows[0]]), _moment(times[rows[-1]]))
            groups.append((*ends, rows))
    if len(groups) > MOST_WINDOWS:
        raise ConfigError(f"That makes {len(groups)} windows; {MOST_WINDOWS} are shown at most. Take longer ones.")
    return groups


def _moment(time: datetime) -> str:
    return (time + timedelta(seconds=0.5)).strftime("%Y-%m-%d %H:%M")


def measure_windows(counted: Counted, before: np.ndarray | None, groups: Sequence[tuple[str, str, np.ndarray]], *, level: float, seed: int = 0) -> tuple[Window, ...]:
    """Each window against the rows learned from; p corrected by Holm for all windows.

    Args:
        counted: the new rows.
        before: (M, D) features of rows learned from; None: only what needs none.
        groups: see `places_of`.
        level: of the alarms.
        seed: of the rows drawn, folds and permutations.
    """
    rng = np.random.default_rng(seed)
    reference = None if before is None else before[np.sort(rng.permutation(len(before))[:ROWS])]
    found = [_window(counted, reference, group, seed + place) for place, group in enumerate(groups)]
    ps = [window.p for window in found if window.p is not None]
    adjusted = iter(holm(ps))
    return tuple(window if window.p is None else replace(window, p_holm=(p := next(adjusted)), real=p <= level + 1e-12) for window in found)


def _window(counted: Counted, reference: np.ndarray | None, group: tuple[str, str, np.ndarray], seed: int) -> Window:
    start, end, rows = group
    drawn = rows if len(rows) <= ROWS else np.sort(np.random.default_rng(seed).permutation(rows)[:ROWS])
    told = None if reference is None else tell_apart(reference, counted.features[drawn], permutations=PERMUTATIONS, seed=seed)
    sure = None if counted.confidences is None else counted.confidences[rows]
    shares: dict[str, float] = {}
    if counted.answers is not None:
        counts = np.bincount(counted.answers[rows], minlength=len(counted.labels))
        shares = {label: float(count / len(rows)) for label, count in zip(counted.labels, counts, strict=True) if count}
    known = counted.threshold is not None and sure is not None and not math.isnan(counted.threshold)
    return Window(
        start, end, len(rows), None if told is None else told.auc.value, None if told is None else told.auc.low, None if told is None else told.auc.high,
        None if told is None else told.p, None, False, float(np.median(counted.lengths[rows])),
        None if counted.unknown is None else float(counted.unknown[rows].mean()), None if sure is None else float(sure.mean()),
        float((sure > counted.threshold).mean()) if known and sure is not None else None, shares,
    )  # fmt: skip
