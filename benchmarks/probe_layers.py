"""A probe on the last layer, on two layers, and on what rows held out in turn choose: accuracy and time.

    python benchmarks/probe_layers.py [--sets a,b] [--sizes 8,32,100] [--seeds 5] [--test-rows 1000] [--max-length 128]

Rows of every set are drawn by the seed, so many a label where there are as many, and the test rows by seed 0; each is read once by the frozen encoder, and the
heads are learned from its vectors. A difference to the last layer alone is paired over seeds and test rows (bootstrap); over the sets of a size it is the
mean with Student's t over the sets. Times are of learning the heads; reading the rows takes the same for all.
"""

from __future__ import annotations

import argparse
import random
import statistics
import sys
import time

import numpy as np
from common import ROOT, Cells, record, rows_of
from continual import interval
from switches import compared

SETS = {  # name -> what is asked
    "sst2": "What is the sentiment of this sentence?", "tweet_emotion": "Which emotion does this tweet show?", "ag_news": "What is this news about?",
    "banking77": "What does the customer of the bank want?", "hate_offensive": "Is this tweet hateful, offensive or neither?",
    "fewclue_eprstmt": "这条评论的情感是什么？", "fewclue_tnews": "这条新闻是关于什么的？", "yelp5": "How many stars does this review give?",
}  # fmt: skip
ARMS = {"last": 1, "two": 2, "chosen": 0}


def measured(name: str, size: int, seed: int, options: argparse.Namespace) -> dict:
    """What each arm gets right on the test rows, and how long it learns."""
    from hanshuku.data.encoded import Encoded
    from hanshuku.methods.frozen_rows import FrozenRows
    from hanshuku.methods.probe import Probe
    from hanshuku.tasks import Task

    rows = rows_of(name, "train")
    labels = sorted({str(row["label"]) for row in rows})
    random.Random(seed).shuffle(rows)
    train = [row for label in labels for row in [r for r in rows if str(r["label"]) == label][:size]]
    test = rows_of(name, "test")
    random.Random(0).shuffle(test)
    test = test[: options.test_rows]
    task = Task("classify", labels=tuple(labels), instruction=SETS[name])
    targets = np.array([labels.index(str(row["label"])) for row in train + test])
    encoded = Encoded(task, [(row["text"],) for row in train + test], targets, np.zeros(len(targets), dtype=np.int64))
    model = Probe().default_model(task, "en" if SETS[name].isascii() else "zh")
    both = FrozenRows.read(task, encoded.inputs, Probe(layers=2, max_length=options.max_length), model)
    width = both.features.shape[1] // 2
    found: dict = {"rows": len(train), "labels": len(labels)}
    for arm, layers in ARMS.items():
        features, read = (both.features[:, :width], ()) if layers == 1 else (both.features, both.layers)
        frozen = FrozenRows(task, both.untaught, features, both.prior, Probe(layers=layers), read)
        begin = time.process_time()
        learned = frozen.learn(encoded, np.arange(len(train)), seed=seed)
        found[f"{arm}_s"] = round(time.process_time() - begin, 2)
        right = frozen.outputs(learned, np.arange(len(train), len(targets))).argmax(axis=1) == targets[len(train) :]
        found[arm] = "".join(str(int(each)) for each in right)
        found[f"{arm}_layers"] = learned.head.weight.shape[1] // width
    return found


def main() -> None:
    """Measure."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sets", default=",".join(SETS))
    parser.add_argument("--sizes", default="8,32,100")
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--test-rows", type=int, default=1000)
    parser.add_argument("--max-length", type=int, default=128)
    parser.add_argument("--fresh", action="store_true")
    options = parser.parse_args()
    sys.path.insert(0, str(ROOT / "src"))
    import torch

    torch.set_num_threads(1)
    cells = Cells("probe_layers", fresh=options.fresh)
    names, sizes = options.sets.split(","), [int(size) for size in options.sizes.split(",")]
    results: dict = {"seeds": options.seeds, "test_rows": options.test_rows, "max_length": options.max_length, "sizes": {}}
    for size in sizes:
        by_set = {}
        for name in names:
            runs = [
                cells.fill((name, str(size), str(seed), str(options.test_rows), str(options.max_length)), lambda: measured(name, size, seed, options), hidden=tuple(ARMS))  # noqa: B023
                for seed in range(options.seeds)
            ]
            by_set[name] = {arm: compared([run[arm] for run in runs], [run["last"] for run in runs]) for arm in ("two", "chosen")} | {
                "chose_two": sum(run["chosen_layers"] == 2 for run in runs),
                "seconds": {arm: round(statistics.mean(run[f"{arm}_s"] for run in runs), 2) for arm in ARMS},
            }
        gains = {arm: interval([found[arm]["gain"] for found in by_set.values()]) for arm in ("two", "chosen")}
        results["sizes"][str(size)] = {"gain": gains, "sets": by_set}
    record("probe_layers", results)


if __name__ == "__main__":
    main()
