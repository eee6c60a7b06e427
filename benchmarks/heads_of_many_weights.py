"""A head of more than a million weights: time of `learn` by static vectors and accuracy, with fewer folds and steps remembered, and without.

    python benchmarks/heads_of_many_weights.py [--sets a,b] [--rows 3000] [--runs 2] [--test-rows 1000]

Both are one process and take turns; what differs is `linear.MANY`, the weights from which L-BFGS remembers 5 steps instead of 10 and the penalty is chosen
by three folds instead of five. Processor time is that of `learn`. Rows and test rows are drawn by a seed.
"""

from __future__ import annotations

import argparse
import random
import statistics
import sys
import time

from common import ROOT, ratios, record, rows_of

sys.path.insert(0, str(ROOT / "src"))
SETS = ("clinc150", "banking77", "fewclue_iflytek")


def drawn(name: str, part: str, count: int) -> list[dict]:
    """So many rows."""
    rows = [{"text": row["text"], "label": str(row["label"])} for row in rows_of(name, part) if row["text"].strip()]
    random.Random(0).shuffle(rows)
    return rows[:count]


def main() -> None:
    """Both ways in turn, set after set."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sets", default=",".join(SETS))
    parser.add_argument("--rows", type=int, default=3000)
    parser.add_argument("--runs", type=int, default=2)
    parser.add_argument("--test-rows", type=int, default=1000)
    options = parser.parse_args()
    from hanshuku.functions.core import Function
    from hanshuku.methods import head_learning, linear
    from hanshuku.tasks import Task

    usual, sets = linear.MANY, {}
    for name in options.sets.split(","):
        train, test = drawn(name, "train", options.rows), drawn(name, "test", options.test_rows)
        labels = tuple(sorted({row["label"] for row in train}))
        function = Function(Task("classify", labels=labels))
        function.learn(train[:200], method="static", model="wordllama")  # loads the model
        runs: dict = {"fewer": [], "as ever": []}
        right = {}
        for _ in range(options.runs):
            for way, timed in runs.items():
                linear.MANY = head_learning.MANY = usual if way == "fewer" else float("inf")
                begin = time.process_time()
                learned = function.learn(train, method="static", model="wordllama")
                timed.append({"cpu_s": time.process_time() - begin})
                right[way] = [answer == row["label"] for answer, row in zip(learned.map([row["text"] for row in test]), test, strict=True)]
        sets[name] = {
            "rows": len(train), "labels": len(labels), "cpu_s": {way: round(statistics.median(run["cpu_s"] for run in found), 2) for way, found in runs.items()},
            "as ever over fewer": ratios(runs["as ever"], runs["fewer"], "cpu_s"), "n": len(test),
            "accuracy": {way: round(statistics.mean(found), 4) for way, found in right.items()}, "right in both or neither": round(statistics.mean(a == b for a, b in zip(*right.values(), strict=True)), 4),
        }  # fmt: skip
        print(name, sets[name], file=sys.stderr, flush=True)
    linear.MANY = head_learning.MANY = usual
    record("heads_of_many_weights", {"rows": options.rows, "runs": options.runs, "sets": sets})


if __name__ == "__main__":
    main()
