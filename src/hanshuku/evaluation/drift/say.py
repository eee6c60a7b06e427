"""What a look at drift says, sentence by sentence: the verdict, what to do, what is foretold."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hanshuku.evaluation.drift.found import Check, Drift
from hanshuku.evaluation.drift.words import words

SHOWN = 6  # labels whose shares are told


def findings(found: Drift, language: str = "en") -> list[str]:
    """The sentences, most important first.

    Raises:
        UnknownName: the language is neither "en" nor "zh".
    """
    say = words(language)
    lines = [verdict(found, say), advice(found, say)]
    if found.check("texts") is None:
        lines.append(say["too_few"])
    lines += [line for line in (foretold_text(found, say), shift_text(found, say), windows_text(found, say)) if line]
    if found.answers_from == "train":
        lines.append(say["not_held"])
    return lines


def verdict(found: Drift, say: Mapping[str, str]) -> str:
    """Whether there is drift, and of what."""
    counted = [check for check in found.checks if check.counts]
    real = sorted((check for check in counted if check.real), key=lambda check: check.p)
    if not real:
        return say["none"].format(count=len(counted), level=f"{found.level:g}")
    return say["some"].format(level=f"{found.level:g}", what=say["comma"].join(check_text(check, say) for check in real))


def check_text(check: Check, say: Mapping[str, str]) -> str:
    """What a check found, in a few words."""
    if check.name == "texts" and check.before == 0.0:
        return say["said_texts_summary"]
    key = f"said_{check.name}" + ("_rate" if check.name == "answers" and check.difference is not None else "")
    moved = say["moved"].format(share=_percent(check.size)) if check.size is not None else "–"
    return say[key].format(auc=_two(check.now) if isinstance(check.now, float) else "", before=shown(check, check.before), now=shown(check, check.now), moved=moved)


def shown(check: Check, value: Any) -> str:
    """A value of a check as one reads it; of shares the largest three."""
    if isinstance(value, Mapping):
        largest = sorted(value.items(), key=lambda pair: -pair[1])[:3]
        return ", ".join(f"{name} {_percent(share)}" for name, share in largest) + (" …" if len(value) > 3 else "")
    if check.name == "unknown_words":
        return _percent(value)
    return f"{value:,.0f}" if check.name == "length" else _two(value) if isinstance(value, float) else str(value)


def advice(found: Drift, say: Mapping[str, str]) -> str:
    """What to do now."""
    way = (found.foretold or {}).get("as_sure_less", {})
    facts = {"rows": f"{found.to_label:,}", "foretold": _percent(way.get("value")), "known": _percent((found.known or {}).get("value"))}
    return say[f"advice_{found.advice}"].format(**facts)


def foretold_text(found: Drift, say: Mapping[str, str]) -> str:
    """The foretold accuracy by the best way at hand, and what it takes for granted."""
    if not found.foretold:
        return ""
    name = next(iter(found.foretold))
    way, known = found.foretold[name], found.known
    against = say["against"].format(**{key: _percent(known[key]) for key in ("value", "low", "high")}) if known else ""
    values = [each["value"] for each in found.foretold.values()]
    spread = say["ways"].format(low=_percent(min(values)), high=_percent(max(values))) if len(values) > 1 else ""
    return say["foretold"].format(**{key: _percent(way[key]) for key in ("value", "low", "high")}, known=against, assumes=say[f"way_{name}"]) + spread


def shift_text(found: Drift, say: Mapping[str, str]) -> str:
    """The labels whose share moved."""
    if not found.shares:
        return ""
    real = sorted((share for share in found.shares if share.p_holm <= found.level), key=lambda share: -abs(share.value - share.before))
    if not real:
        return say["shift_none"]
    told = [say["share_move"].format(label=s.label, before=_percent(s.before), value=_percent(s.value), low=_percent(s.low), high=_percent(s.high)) for s in real[:SHOWN]]
    texts = found.check("texts")
    doubt = say["shift_doubt"] if texts is not None and texts.real else ""
    return say["shift"].format(moved=say["comma"].join(told) + (" …" if len(real) > SHOWN else "")) + doubt


def windows_text(found: Drift, say: Mapping[str, str]) -> str:
    """How many windows differ, and since when."""
    if not any(window.p is not None for window in found.windows):
        return ""
    real = [window for window in found.windows if window.real]
    if not real:
        return say["windows_none"].format(all=len(found.windows))
    return say["windows_real"].format(count=len(real), all=len(found.windows), first=real[0].start)


def verdict_word(check: Check, say: Mapping[str, str]) -> str:
    """Changed, not told apart, or not counted."""
    return say["aside"] if not check.counts else say["changed" if check.real else "same"]


def _percent(value: float | None) -> str:
    return "–" if value is None else f"{100 * value:.1f}%"


def _two(value: float) -> str:
    return f"{value:.2f}"
