"""A head of more features than rows, sought in the span of the rows and over all features: time and answers of the same `learn`.

    python benchmarks/heads_of_few_rows.py [--sets a,b] [--size 8] [--runs 3] [--test-rows 500] [--threads 1]

Both are one process and take turns; what differs is `linear.WORTH`, which says when the span is taken. Processor time is that
of `learn` by static vectors and by a probe of minilm (e5-multilingual for Chinese), whose reading of the texts is in it.
"""

from __future__ import annotations

import argparse
import random
import statistics
import sys
import time

from common import ROOT, ratios, record, rows_of

sys.path.insert(0, str(ROOT / "src"))
SETS = ("tweet_emotion", "banking77", "fewclue_tnews")
METHODS = ("static", "probe")


def draw(name: str, size: int, test_rows: int) -> tuple[list, list, list]:
    """Rows to learn, texts to answer, labels."""
    rows = [{"text": row["text"], "label": str(row["label"])} for row in rows_of(name, "train") if row["text"].strip()]
    labels = sorted({row["label"] for row in rows})
    random.Random(0).shuffle(rows)
    of: dict = {label: [] for label in labels}
    for row in rows:
        of[row["label"]].append(row)
    texts = [row["text"] for row in rows_of(name, "test")]
    random.Random(0).shuffle(texts)
    return [row for label in labels for row in of[label][:size]], texts[:test_rows], labels


def main() -> None:
    """Both ways in turn, set after set."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sets", default=",".join(SETS))
    parser.add_argument("--size", type=int, default=8)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--test-rows", type=int, default=500)
    parser.add_argument("--threads", type=int, default=1)
    options = parser.parse_args()
    import numpy as np
    import torch

    from hanshuku.functions.core import Function
    from hanshuku.methods import linear
    from hanshuku.tasks import Task

    torch.set_num_threads(options.threads)
    worth, sets = linear.WORTH, {}
    for name in options.sets.split(","):
        train, texts, labels = draw(name, options.size, options.test_rows)
        encoder = "e5-multilingual" if name.startswith("fewclue") else "minilm"
        for method in METHODS:
            runs, chances = {"span": [], "all": []}, {}
            for turn in range(options.runs + 1):
                for way, timed in runs.items():
                    linear.WORTH = worth if way == "span" else 0
                    begin = time.process_time()
                    function = Function(Task("classify", labels=tuple(labels))).learn(train, method=method, model="wordllama" if method == "static" else encoder)
                    if turn:  # the first loads the model
                        timed.append({"cpu_s": time.process_time() - begin})
                    elif texts:
                        chances[way] = [[found.scores[label] for label in labels] for found in function.predict_rows([(text,) for text in texts])]
            both = [np.array(chances[way]) for way in runs]
            sets[f"{name}, {method}"] = {
                "rows": len(train), "labels": len(labels), "cpu_s": {way: round(statistics.median(run["cpu_s"] for run in found), 3) for way, found in runs.items()},
                "all over span": ratios(runs["all"], runs["span"], "cpu_s"), "largest difference of a chance": float(np.abs(both[0] - both[1]).max()),
                "same answer": float((both[0].argmax(1) == both[1].argmax(1)).mean()), "n": len(texts),
            }  # fmt: skip
            print(name, method, sets[f"{name}, {method}"], file=sys.stderr, flush=True)
    linear.WORTH = worth
    record("heads_of_few_rows", {"size": options.size, "threads": options.threads, "sets": sets})


if __name__ == "__main__":
    main()
