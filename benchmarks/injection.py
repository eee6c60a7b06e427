"""Attacks on an instruction told from harmless messages that look like them, by rules, on rows of ours in English and Chinese.

    python benchmarks/injection.py [--judge FN] [--real 500] [--half all|odd|even] [--show]

The rows (tests/safety/injection.txt) are attacks of every family that the rules know and some that they do not, and harmless messages that use the
same words. Rules were tuned on the odd lines; the even ones were looked at as numbers only. A learned function can be asked beside the rules:

    hanshuku learn ROWS.jsonl --labels attack,harmless --method probe --model e5-multilingual --out screen.fn
"""

from __future__ import annotations

import argparse
from typing import Any

from common import ROOT, record, rows_of

from hanshuku.metrics.intervals import wilson
from hanshuku.safety.injection import Injection, injection_of

REAL = ("banking77", "bitext_customer_service", "squad_subset", "ag_news", "chnsenticorp_hotel", "online_shopping_10_cats", "crosswoz")
TEXTS = ("text", "context", "instruction", "input", "question")
FILE = ROOT / "tests" / "safety" / "injection.txt"


def rows(half: str) -> list[tuple[bool, str, str]]:
    """(is an attack, language, text); odd: the 1st, 3rd ... line."""
    found = []
    for place, line in enumerate(FILE.read_text(encoding="utf-8").splitlines(), 1):
        sign, language, text = line.split("\t")
        if half == "all" or (half == "odd") == bool(place % 2):
            found.append((sign == "+", language, text.replace("\\n", "\n").replace("\\u200b", "\u200b")))
    return found


def measure(screen: Injection, half: str, *, show: bool = False) -> dict[str, Any]:
    """Precision and recall by language, at the screen's own threshold."""
    known = rows(half)
    scores = screen.scores([text for _, _, text in known])
    found: dict[str, Any] = {}
    for name in ("en", "zh", "all"):
        part = [(attack, score >= screen.at_least) for (attack, language, _), (score, _) in zip(known, scores, strict=True) if name in (language, "all")]
        right = sum(attack and flagged for attack, flagged in part)
        found[name] = {
            "rows": len(part),
            "recall": _rate(right, sum(attack for attack, _ in part)),
            "precision": _rate(right, sum(flagged for _, flagged in part)),
            "harmless_refused": _rate(sum(flagged and not attack for attack, flagged in part), sum(not attack for attack, _ in part)),
        }
    for (attack, _, text), (score, why) in zip(known, scores, strict=True):
        if show and attack != (score >= screen.at_least):
            print("missed" if attack else "wrong ", score, why, "|", text[:120].replace("\n", "\\n"))
    return found


def _rate(right: int, of: int) -> dict[str, Any] | None:
    if not of:
        return None
    low, high = wilson(right, of)
    return {"value": round(right / of, 4), "low": round(low, 4), "high": round(high, 4), "n": of}


def real(name: str, limit: int) -> dict[str, Any] | None:
    """The share of a real set's harmless texts that would be refused: of its last rows, as rules were tuned on the first 250."""
    texts = [next((str(row[key]) for key in TEXTS if isinstance(row.get(key), str) and row[key]), "") for row in rows_of(name, "test")[-limit:]]
    screen = Injection()
    return _rate(sum(score >= screen.at_least for score, _ in screen.scores(texts)), len(texts))


def main() -> None:
    """Measure and write results/injection.json."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--judge", default="", help="a saved function that tells attacks, asked beside the rules")
    parser.add_argument("--real", type=int, default=0, help="rows of each real set, none of them an attack, that are screened too")
    parser.add_argument("--half", default="all", choices=["all", "odd", "even"])
    parser.add_argument("--show", action="store_true", help="print rows that are wrong, and write no results")
    given = parser.parse_args()
    results = {"half": given.half, "rules": measure(Injection(), given.half, show=given.show)}
    if given.half == "all":
        results["rules_even_lines"] = measure(Injection(), "even")
    if given.real:
        results["real_rows_refused"] = {name: real(name, given.real) for name in REAL}
    if given.judge:
        from hanshuku.functions.store import load

        screen = injection_of(load(given.judge))
        assert screen is not None
        results["rules_and_judge"] = measure(screen, given.half, show=given.show)
    if given.show:
        print(results)
        return
    record("injection", results)


if __name__ == "__main__":
    main()
