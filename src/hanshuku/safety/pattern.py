"""Pattern: a kind of personal data that a regular expression finds and a check confirms."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from hanshuku.safety.folded import Near, near

# Words before a number that make it the name of a thing and not of a person.
ITEM = near(
    r"(?:\border|invoice|receipt|\bref|reference|\bcase|ticket|tracking|parcel|shipment|\bawb|isbn(?:-1[03])?|issn|\bsku|\bupc|\bean|serial|batch|\blot|\bpart|model|transaction|\btxn|article|\bitem|product|build|commit"
    r"|订单|单号|运单|快递|物流|发票|工单|流水|编号|货号|序列|批次|型号|条码|条形码|商品|交易|保单|合同|书号)"
    r"(?:[ #:.\-(\"'/]|numbers?|nos?\b|num\b|id\b|code|nr\b|is\b|was\b|[号码是为编])*$"
)
_UNIT = re.compile(r" ?(?:元|块|万|亿|美元|人民币|usd|eur|rmb|cny|dollars|euros|%|kg|公里|米|个|次|条|bytes|ms\b)", re.IGNORECASE)
_CURRENCY = re.compile(r"[$€£¥]\s?$")


def amount(text: str, start: int, end: int) -> bool:
    """Whether a number is an amount: a unit behind it, or a currency before it."""
    return bool(_UNIT.match(text, end)) or bool(_CURRENCY.search(text[max(0, start - 2) : start]))


REACH = 80  # characters


@dataclass(frozen=True)
class Pattern:
    """How one form of one kind of personal data is found.

    Attributes:
        kind: a name in KINDS of `safety.pii`.
        form: on folded text, see `safety.folded`; each quantifier has a limit, so that the time is linear in the text's length.
        check: what else the matched text must be; given without blanks, dashes and dots, unless `whole`.
        beside: what must stand close to it.
        never: what must not.
        rank: where two overlap, the higher one stays; then the longer one.
        group: the part of the match that is personal.
        whole: the check is given the text as it stands.
        anchor: what must stand within REACH characters, so that only the text round it is searched; None: all of it is.
    """

    kind: str
    form: re.Pattern[str]
    check: Callable[[str], bool] = bool
    beside: Near | None = None
    never: tuple[Near, ...] = ()
    rank: int = 5
    group: int = 0
    whole: bool = False
    anchor: re.Pattern[str] | None = None

    def find(self, text: str) -> Iterator[tuple[int, int]]:
        """The stretches of a folded text that it finds."""
        for match in self._matches(text):
            start, end = match.span(self.group)
            if self.beside and not self.beside(text, start, end):
                continue
            if any(never(text, start, end) for never in self.never):
                continue
            if self.check(match[self.group] if self.whole else bare(match[self.group])):
                yield start, end


    def _matches(self, text: str) -> Iterator[re.Match[str]]:
        if self.anchor is None:
            yield from self.form.finditer(text)
            return
        begin = end = 0
        for found in self.anchor.finditer(text):
            if end and found.start() - REACH > end:
                yield from self.form.finditer(text, begin, end)
                begin, end = found.start() - REACH, found.end() + REACH
            else:
                begin, end = begin if end else max(0, found.start() - REACH), found.end() + REACH
        if end:
            yield from self.form.finditer(text, begin, min(end, len(text)))


_SEPARATORS = re.compile(r"[\s().\-/·]")


def bare(text: str) -> str:
    """A number without what stands between its digits."""
    return _SEPARATORS.sub("", text)
