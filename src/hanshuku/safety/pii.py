"""Personal data in a text, with the places of its characters, English and Chinese.

Patterns, checksums and the words beside them; names also by a function that tags. Full-width digits, zero-width characters and look-alikes
do not hide anything, and the time is linear in the text's length.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence
from typing import Any, Protocol

from hanshuku.errors import ConfigError, UnknownName
from hanshuku.safety.addresses import ADDRESSES
from hanshuku.safety.folded import Folded, fold
from hanshuku.safety.names import find_names
from hanshuku.safety.numbers import ACCOUNTS, IDENTITIES, OTHERS, PHONES
from hanshuku.safety.pattern import Pattern
from hanshuku.safety.texts import EMAILS, HANDLES, SECRETS
from hanshuku.tasks import Span, Task

ANYWHERE: tuple[Pattern, ...] = (*EMAILS, *SECRETS, *HANDLES)
WITH_DIGITS: tuple[Pattern, ...] = (*IDENTITIES, *ACCOUNTS, *PHONES, *OTHERS, *ADDRESSES)  # not looked for in a text without a digit
KINDS = (
    "email", "phone", "id_number", "passport", "bank_card", "bank_account", "ip_address", "secret", "account", "licence_plate", "birth_date", "address", "name",
)  # fmt: skip
_IBAN = re.compile(r"(?<![0-9A-Za-z])[A-Za-z]{2}\d{2}[ -]?[0-9A-Za-z]{2,4}")
_NUMERAL = re.compile(r"[0-9一二三四五六七八九十百]")
_NAME_RANK, _TAGGED_RANK = 3, 4
_PERSON = ("PER", "NAME", "NR", "人名", "姓名", "人物")
_TRAILING = ".,;:!?)]}'\""


class Tagger(Protocol):
    """A function that finds entities: a learned `tag` Function is one."""

    task: Task

    def predict_rows(self, rows: Sequence[tuple[str, ...]]) -> Sequence[Any]:
        """One prediction a row, whose output is spans."""
        ...


def find(text: str, *, kinds: Collection[str] = KINDS, names: Tagger | None = None, allow: Collection[str] = ()) -> list[Span[str]]:
    """The personal data in a text, in its order; no two overlap.

    Args:
        text: any.
        kinds: those of KINDS that are looked for.
        names: a function that tags people; None: names are found by our lists and the words round them, which finds fewer.
        allow: what is never found: a text ("help@example.com"), or the end of one behind a star ("*@example.com").

    Raises:
        UnknownName: a kind is none.
    """
    return find_all([text], kinds=kinds, names=names, allow=allow)[0]


def find_all(texts: Sequence[str], *, kinds: Collection[str] = KINDS, names: Tagger | None = None, allow: Collection[str] = ()) -> list[list[Span[str]]]:
    """See `find`; a tagger is asked once for all texts."""
    for kind in kinds:
        if kind not in KINDS:
            raise UnknownName("kind of personal data", kind, KINDS)
    tagged = people(names, texts) if names is not None and "name" in kinds else [()] * len(texts)
    return [_find(text, frozenset(kinds), more, allow) for text, more in zip(texts, tagged, strict=True)]


def checked_tagger(names: Any) -> Tagger:
    """What tells people, if it does.

    Raises:
        ConfigError: it is no function that tags entities, or people are none of its labels.
    """
    task = getattr(names, "task", None)
    if getattr(task, "kind", "") != "tag":
        other = f"a function that does {task.kind}" if isinstance(task, Task) else type(names).__name__
        raise ConfigError(f"names is a function that tags people: hk.tag(['PER', ...]).learn(...). Received: {other}.")
    if not any(_is_person(label) for label in names.task.labels):
        raise ConfigError(f"names is a function that tags people, with a label that begins with {', '.join(_PERSON)}. Received the labels: {', '.join(names.task.labels)}.")
    tagger: Tagger = names
    return tagger


def _is_person(label: str) -> bool:
    return label.upper().startswith(_PERSON)


def people(names: Tagger, texts: Sequence[str]) -> list[list[tuple[int, int]]]:
    """Where a tagger finds people."""
    found = names.predict_rows([(text,) for text in texts])
    return [[(span.start, span.end) for span in prediction.output or () if _is_person(span.label)] for prediction in found]


def _find(text: str, kinds: frozenset[str], tagged: Iterable[tuple[int, int]], allow: Collection[str]) -> list[Span[str]]:
    folded = fold(text)
    found: list[tuple[int, int, int, str]] = []  # rank, start, end, kind; in the original
    patterns = (*ANYWHERE, *WITH_DIGITS) if _NUMERAL.search(folded.text) else ANYWHERE
    for pattern in patterns:
        if pattern.kind in kinds:
            found += [(pattern.rank, *_trimmed(folded, *span), pattern.kind) for span in pattern.find(folded.text)]
    if "bank_account" in kinds:
        found += [(9, *folded.span(*span), "bank_account") for span in _ibans(folded.text)]
    if "name" in kinds:
        listed = [(_NAME_RANK, *folded.span(*span)) for span in find_names(folded.text)]
        found += [(*one, "name") for one in _together([*listed, *((_TAGGED_RANK, *span) for span in tagged)])]
    chosen: list[tuple[int, int, str]] = []
    taken = bytearray(len(text))
    for _, start, end, kind in sorted(found, key=lambda one: (-one[0], one[1] - one[2], one[1])):
        if not any(taken[start:end]):
            taken[start:end] = b"\x01" * (end - start)
            chosen.append((start, end, kind))
    spans = [Span(start, end, kind, text[start:end]) for start, end, kind in sorted(chosen)]
    return [span for span in spans if not _allowed(span.text, allow)] if allow else spans


def _together(names: Iterable[tuple[int, int, int]]) -> list[tuple[int, int, int]]:
    """Names that overlap as one, so that none loses a part where another finder saw less: rank, start, end."""
    found: list[tuple[int, int, int]] = []
    for one in sorted(names, key=lambda name: name[1]):
        last = found.pop() if found and one[1] < found[-1][2] else one
        found.append((max(one[0], last[0]), last[1], max(one[2], last[2])))
    return found


def _trimmed(folded: Folded, start: int, end: int) -> tuple[int, int]:
    """The stretch in the original, without marks of a sentence at its end."""
    while end > start + 1 and folded.text[end - 1] in _TRAILING and not (folded.text[end - 1] == ")" and "(" in folded.text[start:end]):
        end -= 1
    return folded.span(start, end)


def _allowed(text: str, allow: Collection[str]) -> bool:
    low = fold(text).text.casefold()
    return any(low.endswith(one[1:].casefold()) if one.startswith("*") else low == one.casefold() for one in allow)


def _is_code(char: str) -> bool:
    """Whether a character is an ASCII letter or digit."""
    return char.isascii() and char.isalnum()


def _ibans(text: str) -> Iterable[tuple[int, int]]:
    """International bank account numbers: as many letters and digits as the country has, whatever blanks stand between them."""
    from hanshuku.safety.checksums import IBAN_LENGTHS, iban

    for match in _IBAN.finditer(text):
        size = IBAN_LENGTHS.get(match[0][:2].upper(), 0)
        code, place = "", match.start()
        while len(code) < size and place < len(text) and (text[place] in " -" or _is_code(text[place])):
            code += text[place] if _is_code(text[place]) else ""
            place += 1
        if size and len(code) == size and not _is_code(text[place : place + 1]) and iban(code.upper()):
            yield match.start(), place
