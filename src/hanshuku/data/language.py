"""Languages and scripts, told by the characters of a text. Small and deterministic; no model."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from functools import lru_cache

HAN = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003134f]")
KANA = re.compile(r"[\u3040-\u30ff\u31f0-\u31ff]")
HANGUL = re.compile(r"[\u1100-\u11ff\u3130-\u318f\uac00-\ud7af]")
LATIN = re.compile(r"[A-Za-z\u00c0-\u024f\u1e00-\u1eff]")
LETTER = re.compile(r"[^\W\d_]")
WORD = re.compile(r"[^\W\d_]+")
SAMPLE = 500  # characters of a text that are looked at
HAN_WEIGHT = 3  # a Han character says about as much as three letters
# The commonest short words of each; a Latin text with more of the others than of English is not English.
ENGLISH = frozenset(
    ["the", "of", "and", "to", "a", "in", "is", "i", "it", "that", "for", "you", "was", "on", "with", "as", "are", "be", "this", "have", "at", "not", "but", "my", "or", "from", "by", "an", "they", "we", "he", "his", "can", "what", "me", "your", "if", "do", "so", "will", "how", "there", "all", "would", "no", "just", "like", "get", "about", "has", "more", "when", "which", "one", "their", "been", "out", "up", "were", "who"]
)
OTHERS = frozenset(
    ["der", "die", "und", "das", "ist", "nicht", "ich", "ein", "eine", "mit", "zu", "den", "von", "auf", "für", "sich", "dem", "es", "im", "le", "la", "les", "et", "des", "est", "pas", "que", "un", "une", "du", "je", "en", "pour", "dans", "qui", "ce", "el", "los", "las", "y", "por", "con", "para", "una", "se", "al", "lo", "como", "più", "di", "che", "il", "non", "per", "sono", "della", "gli", "o", "os", "não", "uma", "com", "em", "do", "da", "het", "een", "van", "ik", "niet", "dat", "och", "att", "det", "som", "på", "av", "med", "inte", "jag", "og", "er", "til", "ikke", "på", "den", "nie", "się", "jest", "że", "na", "bir", "ve", "bu", "için"]
) - {"do", "o", "me", "no", "in", "on", "a", "i", "as", "is"}


@lru_cache(maxsize=50_000)
def _script_of_han(char: str) -> int:
    """1: only in simplified text (in GB2312, not in Big5), -1: only in traditional (the other way round), 0: in both or neither."""
    simplified, traditional = _fits(char, "gb2312"), _fits(char, "big5")
    return int(simplified and not traditional) - int(traditional and not simplified)


def _fits(char: str, encoding: str) -> bool:
    try:
        char.encode(encoding)
    except UnicodeEncodeError:
        return False
    return True


def script_of(text: str) -> str:
    """The language of one text by its script: "en", "zh-Hans", "zh-Hant", "zh" (Chinese, either), "other", "none" (no letters).

    Latin text is "en" unless it has more of the common words of other languages than of English.
    """
    text = text[:SAMPLE]
    if text.isascii():
        return _latin(text)
    han = HAN.findall(text)
    letters = len(LETTER.findall(text))
    if not letters:
        return "none"
    latin = len(LATIN.findall(text))
    if len(KANA.findall(text)) * 10 > len(han):
        return "other"
    if HAN_WEIGHT * len(han) >= latin and len(han) > letters - latin - len(han):
        balance = sum(map(_script_of_han, han))
        return "zh-Hant" if balance < 0 else "zh-Hans" if balance else "zh"
    return _latin(text) if 2 * latin > letters else "other"


def _latin(text: str) -> str:
    words = WORD.findall(text.casefold())
    if not words:
        return "none"
    english = sum(map(ENGLISH.__contains__, words))
    other = sum(map(OTHERS.__contains__, words))
    accented = 0 if text.isascii() else sum(not word.isascii() for word in words)
    return "other" if other > english + 1 or (other > english and accented) or 2 * accented > len(words) else "en"


def language_of(texts: Iterable[str]) -> str:
    """The language of most of the texts: "en", "zh" or "other"; "en" where there is no text.

    Each text counts once, however long; Chinese is both scripts together. Ties go to "zh", which needs the larger model.
    """
    counts = Counter(script_of(text) for text in texts)
    chinese = counts["zh"] + counts["zh-Hans"] + counts["zh-Hant"]
    order = (("zh", chinese), ("other", counts["other"]), ("en", counts["en"]))
    best, count = max(order, key=lambda pair: pair[1])
    return best if count else "en"
