"""Personal data found in rows of ours, English and Chinese: precision and recall of each kind, exact to the character.

    python benchmarks/pii.py [--names FN_EN --names-zh FN_ZH] [--half all|odd|even] [--show]

The rows (tests/safety/pii_en.txt, pii_zh.txt) are made-up people with valid checksums and hard negatives. Rules were tuned on the odd lines; the even ones
were looked at as numbers only. Names are told apart, with our lists alone and, where a tagger is given, with it:

    hanshuku learn ../shared/data/conll2003/train.jsonl.gz --model minilm --method finetune --out people_en.fn
    hanshuku learn ../shared/data/msra_ner/train.jsonl.gz --model e5-multilingual --method finetune --out people_zh.fn
"""

from __future__ import annotations

import argparse
import re
import time
from collections import Counter
from typing import Any

from common import ROOT, record

from hanshuku.metrics.intervals import wilson
from hanshuku.safety.pii import KINDS, find_all

MARK = re.compile(r"\{([a-z_]+):(.+?)\}(?![}])")
FILES = {"en": ROOT / "tests" / "safety" / "pii_en.txt", "zh": ROOT / "tests" / "safety" / "pii_zh.txt"}


def read(line: str) -> tuple[str, list[tuple[int, int, str]]]:
    """A row as its text and the spans that are marked in it."""
    text, spans, done = "", [], 0
    for mark in MARK.finditer(line):
        text += line[done : mark.start()]
        spans.append((len(text), len(text) + len(mark[2]), mark[1]))
        text, done = text + mark[2], mark.end()
    return text + line[done:], spans


def rows(language: str, half: str) -> list[tuple[str, list[tuple[int, int, str]]]]:
    """The rows of a language; odd: the 1st, 3rd ... line."""
    lines = FILES[language].read_text(encoding="utf-8").splitlines()
    return [read(line) for place, line in enumerate(lines, 1) if half == "all" or (half == "odd") == bool(place % 2)]


def measure(language: str, half: str, names: Any, *, show: bool) -> dict[str, Any]:
    """Counts and rates of each kind, of all but names (patterned), and of names."""
    known = rows(language, half)
    start = time.perf_counter()
    found = find_all([text for text, _ in known], names=names)
    seconds = time.perf_counter() - start
    right, given, due = Counter[str](), Counter[str](), Counter[str]()
    for (text, spans), got in zip(known, found, strict=True):
        wanted, had = set(spans), {(span.start, span.end, span.label) for span in got}
        right.update(kind for _, _, kind in wanted & had)
        given.update(kind for _, _, kind in had)
        due.update(kind for _, _, kind in wanted)
        if show and wanted != had:
            print(f"{language}: {text}\n    missed {[(text[a:b], k) for a, b, k in sorted(wanted - had)]} wrong {[(text[a:b], k) for a, b, k in sorted(had - wanted)]}")
    clean = [bool(got) for (_, spans), got in zip(known, found, strict=True) if not spans]
    groups = {kind: (kind,) for kind in KINDS} | {"patterned": tuple(kind for kind in KINDS if kind != "name"), "all": KINDS}
    rates = {name: _rates(*(sum(counts[kind] for kind in kinds) for counts in (right, given, due))) for name, kinds in groups.items()}
    return {"rows": len(known), "clean_rows": len(clean), "clean_rows_flagged": sum(clean), "seconds": round(seconds, 4), "kinds": rates}


def _rates(right: int, given: int, due: int) -> dict[str, Any]:
    precision, recall = (_rate(right, of) for of in (given, due))
    return {"precision": precision, "recall": recall, "right": right, "found": given, "due": due}


def _rate(right: int, of: int) -> dict[str, Any] | None:
    if not of:
        return None
    low, high = wilson(right, of)
    return {"value": round(right / of, 4), "low": round(low, 4), "high": round(high, 4), "n": of}


def main() -> None:
    """Measure and write results/pii.json."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--names", default="", help="a saved tag function for English names")
    parser.add_argument("--names-zh", default="", help="one for Chinese names")
    parser.add_argument("--half", default="all", choices=["all", "odd", "even"])
    parser.add_argument("--show", action="store_true", help="print rows that are not as they should be, and write no results")
    given = parser.parse_args()
    results: dict[str, Any] = {"half": given.half}
    for language, path in (("en", given.names), ("zh", given.names_zh)):
        results[language] = {"lists": measure(language, given.half, None, show=given.show)}
        if given.half == "all" and not given.show:
            results[language]["lists_even_lines"] = measure(language, "even", None, show=False)
        if path:
            from hanshuku.functions.store import load

            results[language]["tagger"] = measure(language, given.half, load(path), show=given.show)
    if given.show:
        for language in ("en", "zh"):
            part = results[language]["lists"]
            print(language, {name: (r["precision"] and r["precision"]["value"], r["recall"] and r["recall"]["value"], r["due"]) for name, r in part["kinds"].items()}, part["clean_rows_flagged"], part["clean_rows"])
        return
    record("pii", results)


if __name__ == "__main__":
    main()
