"""Names for groups of texts: the words that set a group apart from the others, in English and Chinese."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np

from hanshuku.data.augment.words import words_of
from hanshuku.data.language import ENGLISH
from hanshuku.metrics.porter import porter_stem

WORDS = 3  # in a name
# Words that say little of what a text is about, beside the commonest ones of data.language. Contractions lose what follows the apostrophe.
STOP = ENGLISH | frozenset(
    ["am", "any", "also", "am", "because", "been", "before", "being", "both", "could", "did", "didn", "does", "doesn", "doing", "don", "down", "each", "even", "every", "few", "go", "going", "got", "had", "hasn", "haven", "having", "her", "here", "him", "how", "i'm", "into", "isn", "its", "let", "make", "many", "may", "me", "might", "more", "most", "much", "must", "need", "new", "now", "off", "once", "one", "only", "other", "our", "over", "own", "please", "put", "really", "said", "same", "say", "says", "see", "she", "should", "since", "some", "still", "such", "take", "than", "their", "them", "then", "these", "thing", "things", "those", "through", "too", "two", "under", "until", "very", "via", "want", "wasn", "way", "well", "went", "were", "where", "while", "whom", "why", "won", "wouldn", "year", "yes", "yet", "us", "would", "it's"]
)  # fmt: skip
STOP_CHINESE = frozenset(
    ["没有", "不是", "就是", "可以", "这个", "那个", "什么", "怎么", "还是", "还有", "已经", "现在", "知道", "觉得", "感觉", "时候", "东西", "问题", "因为", "所以", "但是", "如果", "自己", "我们", "你们", "他们", "起来", "出来", "进行", "使用", "能够", "应该", "可能", "需要", "希望", "请问", "为什么", "一下", "一个", "有点", "不能", "不会", "不要", "看到", "说是", "成为", "表示", "认为"]
)  # fmt: skip


def content_words(text: str) -> list[str]:
    """The words of a text that say what it is about: no stop words, no single letters or characters; of Chinese nouns, verbs and adjectives.

    Raises:
        MissingExtra: there is Chinese in the text and the segmenter is not installed.
    """
    found = []
    for word in words_of(text):
        if word.is_han:
            if len(word.text) > 1 and word.tag[:1] in "nvaijl" and word.text not in STOP_CHINESE:
                found.append(word.text)
        elif word.is_latin:
            plain = word.text.lower().replace("’", "'")
            if len(plain) > 2 and plain not in STOP and plain.split("'")[0] not in STOP:
                found.append(plain.removesuffix("'s"))
    return found


def distinctive_words(texts: Sequence[str], member: np.ndarray, count: int = WORDS) -> list[list[str]]:
    """For each group the words that set it apart, the most telling first, by class TF-IDF; Grootendorst 2022, arXiv 2203.05794, equation 2.

    A word counts once a text, and at least two texts of the group must have it where the group has four or more and shares a word at all.

    Args:
        texts: N texts.
        member: (N,) int64, group of each, 0..G-1.
        count: words a group; fewer where it has fewer.
    """
    groups = int(member.max()) + 1 if len(member) else 0
    counts: list[Counter[str]] = [Counter() for _ in range(groups)]
    written: Counter[str] = Counter()  # forms of a stem, to show the commonest
    for text, group in zip(texts, member.tolist(), strict=True):
        words = set(content_words(text))
        counts[group].update({_key(word) for word in words})
        written.update(words)
    shown: dict[str, str] = {}
    for word, _ in sorted(written.items(), key=lambda item: (-item[1], item[0])):
        shown.setdefault(_key(word), word)
    total: Counter[str] = sum(counts, Counter())
    mean = sum(total.values()) / max(groups, 1)
    sizes = np.bincount(member, minlength=groups)
    found = []
    for own, size in zip(counts, sizes.tolist(), strict=True):
        least = 2 if size >= 4 and max(own.values(), default=0) > 1 else 1
        scores = {word: n / max(size, 1) * np.log(1 + mean / total[word]) * n / total[word] for word, n in own.items() if n >= least}
        found.append([shown[word] for word, _ in sorted(scores.items(), key=lambda item: (-item[1], item[0]))[:count]])
    return found


def group_names(words: Sequence[Sequence[str]]) -> list[str]:
    """A name a group from its words, all different; without words "group 1", "group 2" ..."""
    names: list[str] = []
    for place, own in enumerate(words, 1):
        name = " / ".join(own) or f"group {place}"
        names.append(name if name not in names else f"{name} ({place})")
    return names


def _key(word: str) -> str:
    """Forms of one English word share a key."""
    return porter_stem(word) if word.isascii() else word
