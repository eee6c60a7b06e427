"""Small corpora that say the same few things in many ways, in English and Chinese."""

from __future__ import annotations

import random
from pathlib import Path

ENGLISH = (("the parcel", "the invoice", "the room", "the film"), ("is late", "is wrong", "was clean", "was lovely"), ("today", "again", "this week", "as ever"))
CHINESE = (("包裹", "发票", "房间", "电影"), ("来得晚", "不对", "很干净", "很好看"), ("今天", "又一次", "这个星期", "一直如此"))


def documents(count: int, *, seed: int = 0) -> list[str]:
    """So many documents of one to four sentences, half of them Chinese."""
    rng = random.Random(seed)
    found = []
    for i in range(count):
        words, blank, stop = (ENGLISH, " ", ".") if i % 2 else (CHINESE, "", "。")
        sentences = [blank.join(rng.choice(part) for part in words) + stop for _ in range(rng.randint(1, 4))]
        found.append((f"{i}: " if i % 3 == 0 else "") + " ".join(sentences))
    return found


def written(folder: Path, count: int, *, seed: int = 0) -> Path:
    """The same as a txt file, a document a line."""
    file = folder / "corpus.txt"
    file.write_text("\n".join(documents(count, seed=seed)) + "\n", encoding="utf-8")
    return file
