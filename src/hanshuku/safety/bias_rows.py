"""Rows that test a language model for bias, read from any file of one of two forms.

Pairs, as in CrowS-Pairs (Nangia et al. 2020, arXiv 2010.00133): `more_stereotyping`, `less_stereotyping`, and if there `bias_type`, `direction`.
Pronouns, as in WinoBias (Zhao et al. 2018, arXiv 1804.06876): `text`, `stereotype` ("pro" or "anti"), `mentions` (whom the pronoun means, the pronoun),
and `type`, `number`, by which a pro and an anti row belong together.
"""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from hanshuku.data.examples import Examples
from hanshuku.data.language import HAN
from hanshuku.errors import DataError

MORE = ("more_stereotyping", "sent_more", "stereotype_text")
LESS = ("less_stereotyping", "sent_less", "antistereotype_text")
GROUPS = ("bias_type", "category", "group")
DIRECTIONS = ("direction", "stereo_antistereo")
_ARTICLE = re.compile(r"^(?:the|a|an|this|that|his|her|their|some)\s+", re.IGNORECASE)
_FORMS = "Legal: pairs (more_stereotyping, less_stereotyping), or pronouns (text, stereotype, mentions, number); see docs/en/fairness.md."


@dataclass(frozen=True)
class Asked:
    """Whom a pronoun means, as two texts that say it: the right one and the other.

    Attributes:
        texts: (right, other).
        starts: where the answer begins in each.
    """

    texts: tuple[str, str]
    starts: tuple[int, int]


@dataclass(frozen=True)
class Pair:
    """Two texts that differ in whom they are about, or in the pronoun.

    Attributes:
        more: the text that says what is stereotyped.
        less: the other one.
        group: kind of bias, or type of sentence; "" where the file does not say.
        direction: "stereo" or "antistereo", as the file has it.
        asked: whom the pronoun means in each; None where it is not asked or not known.
    """

    more: str
    less: str
    group: str = ""
    direction: str = ""
    asked: tuple[Asked, Asked] | None = None


@dataclass(frozen=True)
class BiasRows:
    """What a file holds.

    Attributes:
        form: "pairs" or "pronouns".
        pairs: in the order of the file.
        left_out: why -> rows that could not be used.
    """

    form: str
    pairs: Sequence[Pair]
    left_out: dict[str, int] = field(default_factory=dict)


def bias_rows(examples: Examples) -> BiasRows:
    """The pairs in a file.

    Raises:
        DataError: its columns are of neither form, or no pair is left.
    """
    more, less = _column(examples, MORE), _column(examples, LESS)
    if more is not None and less is not None:
        found = _pairs(examples, more, less)
    elif {"text", "stereotype"} <= set(examples.names):
        found = _pronouns(examples)
    else:
        raise DataError(f"{examples.sources[0]} has the columns {', '.join(examples.names)}, which test no bias. {_FORMS}")
    if not found.pairs:
        raise DataError(f"{examples.sources[0]} has no pair that can be compared ({', '.join(f'{count} {why}' for why, count in found.left_out.items()) or 'no rows'}). {_FORMS}")
    return found


def _column(examples: Examples, names: Sequence[str]) -> Sequence[Any] | None:
    return next((examples.columns[name] for name in names if name in examples.names), None)


def _pairs(examples: Examples, more: Sequence[Any], less: Sequence[Any]) -> BiasRows:
    groups, directions = (_column(examples, names) or [""] * len(examples) for names in (GROUPS, DIRECTIONS))
    found, empty, same = [], 0, 0
    for a, b, group, direction in zip(more, less, groups, directions, strict=True):
        first, second = _text(a), _text(b)
        if not first or not second:
            empty += 1
        elif first == second:
            same += 1
        else:
            found.append(Pair(first, second, _text(group), _text(direction)))
    return BiasRows("pairs", found, {why: count for why, count in (("empty", empty), ("with twice the same text", same)) if count})


def _text(cell: Any) -> str:
    return "" if cell is None or cell != cell else str(cell).strip()


def _pronouns(examples: Examples) -> BiasRows:
    """A pro and an anti row of the same type and number are a pair; without these columns those that follow one another."""
    keys = [name for name in ("type", "number", "pair", "id") if name in examples.names]
    mentions = [_mentions(cell) for cell in examples.columns.get("mentions", [None] * len(examples))]
    known = sorted({_bare(own[0]) for own in mentions if own}, key=len, reverse=True)
    rows: dict[Any, dict[str, list[int]]] = defaultdict(lambda: defaultdict(list))
    strange, seen = 0, {"pro": 0, "anti": 0}
    for i in range(len(examples)):
        side = _text(examples.columns["stereotype"][i]).lower()
        if side not in seen or not _text(examples.columns["text"][i]):
            strange += 1
            continue
        numbered = any(name in examples.names for name in ("number", "pair", "id"))
        key = tuple(_text(examples.columns[name][i]) for name in keys) if numbered else (seen[side],)
        seen[side] += 1
        rows[key][side].append(i)
    found, alone = [], 0
    for sides in rows.values():
        together = list(zip(sides["pro"], sides["anti"], strict=False))
        alone += len(sides["pro"]) + len(sides["anti"]) - 2 * len(together)
        for pro, anti in together:
            texts = [_text(examples.columns["text"][i]) for i in (pro, anti)]
            asked = [_asked(text, mentions[i], known) for text, i in zip(texts, (pro, anti), strict=True)]
            group = f"type {_text(examples.columns['type'][pro])}" if "type" in examples.names else ""
            found.append(Pair(texts[0], texts[1], group, "", (asked[0], asked[1]) if asked[0] and asked[1] else None))
    unasked = sum(pair.asked is None for pair in found)
    counted = (("neither pro nor anti, or empty", strange), ("without the row they belong to", alone), ("pairs whose pronoun could mean none or several others", unasked))
    return BiasRows("pronouns", found, {why: count for why, count in counted if count})


def _mentions(cell: Any) -> list[str]:
    if isinstance(cell, str) and cell.startswith("["):
        try:
            cell = json.loads(cell)
        except ValueError:
            return []
    return [_text(part) for part in cell if _text(part)] if isinstance(cell, (list, tuple)) and len(cell) > 1 else []


def _bare(mention: str) -> str:
    return _ARTICLE.sub("", mention).strip().lower()


def _asked(text: str, mentions: Sequence[str], known: Sequence[str]) -> Asked | None:
    """Whom the last mention, the pronoun, means; the other one is whoever of the file stands in the text besides."""
    if not mentions or not _bare(mentions[0]):
        return None
    right, pronoun = _bare(mentions[0]), mentions[-1]
    rest = re.sub(re.escape(right), " ", text.lower())
    others = [name for name in known if name and name != right and _stands(name, rest)]
    others = [name for name in others if not any(name != longer and name in longer for longer in others)]
    if len(others) != 1:
        return None
    begin = f"{text}这里的“{pronoun}”指的是" if HAN.search(text) else f'{text} "{pronoun[:1].upper()}{pronoun[1:]}" refers to the '
    end = "。" if HAN.search(text) else "."
    return Asked((begin + right + end, begin + others[0] + end), (len(begin), len(begin)))


def _stands(name: str, text: str) -> bool:
    return name in text if HAN.search(name) else re.search(rf"\b{re.escape(name)}\b", text) is not None
