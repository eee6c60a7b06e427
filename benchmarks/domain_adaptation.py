"""Does unlabelled text of the field help? Pre-training on it by crops, mlm, simcse or tsdae, then learning from few labelled rows, against learning alone.

    python benchmarks/domain_adaptation.py [--arms crops,mlm,simcse,tsdae] [--sets airline_tweets,stock_comments_zh] [--few 32] [--seeds 5] [--rows 0] [--epochs 2]
                                           [--method finetune] [--test 0] [--max-length 0] [--name domain_adaptation] [--no-record]

The encoder (minilm for English, e5-multilingual for Chinese) reads the texts of the training split, or the unlabelled part where the set has one, never those
of the test split; it is read once a seed and arm. Every arm then learns from the same few rows a class, drawn anew for each seed, with the same settings and no
tuning, and is measured on the whole test split. The interval is Student's t over seeds of the difference to the encoder as it is. A finished cell (set, arm,
seed) is kept in results/domain_adaptation.cells.jsonl, so that a run that was stopped goes on.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import statistics
import sys
from functools import partial
from pathlib import Path

from common import Cells, child, record

SETS = {  # name -> (encoder, part that is read without labels)
    "airline_tweets": ("minilm", "train"), "financial_phrasebank": ("minilm", "train"), "banking77": ("minilm", "train"),
    "yelp5": ("minilm", "train"), "amazon5": ("minilm", "train"), "imdb": ("minilm", "train"), "chnsenticorp_hotel": ("e5-multilingual", "train"),
    "stock_comments_zh": ("e5-multilingual", "train"), "fewclue_eprstmt": ("e5-multilingual", "unlabeled"), "fewclue_tnews": ("e5-multilingual", "unlabeled"),
}  # fmt: skip
ARMS = ("crops", "mlm", "simcse", "tsdae")
PROGRAM = """
import json, sys, tempfile, time
sys.path.insert(0, 'benchmarks')
from collections import defaultdict
from pathlib import Path
import numpy as np
from common import rows_of
import hanshuku as hk
from hanshuku.functions.pretrain import pretrain
name, arm, seed, method, model, part = sys.argv[1], sys.argv[2], int(sys.argv[3]), *sys.argv[4:7]
few, rows, epochs, limit, length = int(sys.argv[7]), int(sys.argv[8]), float(sys.argv[9]), int(sys.argv[10]), int(sys.argv[11])
test = [{'text': row['text'], 'label': str(row['label'])} for row in rows_of(name, 'test')]
seen = {row['text'] for row in test}
test = test[:limit] if limit else test
texts = [text for text in dict.fromkeys(row['text'] for row in rows_of(name, part)) if text not in seen]
rng = np.random.default_rng(seed)
classes = defaultdict(list)
for row in rows_of(name, 'train'):
    classes[str(row['label'])].append({'text': row['text'], 'label': str(row['label'])})
train = [group[i] for _, group in sorted(classes.items()) for i in rng.permutation(len(group))[:few]]
if rows:
    texts = [texts[i] for i in rng.permutation(len(texts))[:rows]]
found = {'texts': len(texts), 'train_rows': len(train), 'test_rows': len(test), 'labels': len(classes)}
with tempfile.TemporaryDirectory() as folder:
    if arm != 'alone':
        start, place = time.process_time(), Path(folder) / 'adapted'
        read = pretrain(texts, place, objective=arm, model=model, seed=seed, epochs=epochs, max_length=length)
        found |= {'pretrain_cpu_s': time.process_time() - start, 'steps': read['steps']}
        found |= {when: {key: value['value'] for key, value in read[when].items()} for when in ('before', 'metrics')}
        model = str(place)
    start = time.process_time()
    learned = hk.classify(sorted(classes)).learn(train, method=method, model=model, seed=seed, max_length=length)
    measured = learned.evaluate(test, checks=()).metrics
print(json.dumps(found | {'accuracy': measured['accuracy'].value, 'macro_f1': measured['macro_f1'].value, 'learn_cpu_s': time.process_time() - start}))
"""


def difference(arm: list, alone: list, key: str) -> dict:
    """Arm minus alone: mean over seeds with its 95% interval."""
    from hanshuku.metrics.intervals import t_quantile

    found = [a[key] - b[key] for a, b in zip(arm, alone, strict=True)]
    mean = statistics.mean(found)
    if len(found) < 2:
        return {"mean": round(mean, 4), "low": None, "high": None, "n": len(found)}
    half = t_quantile(len(found) - 1) * statistics.stdev(found) / math.sqrt(len(found))
    return {"mean": round(mean, 4), "low": round(mean - half, 4), "high": round(mean + half, 4), "n": len(found)}


def main() -> None:
    """Fill the missing cells, then compare."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--arms", default=",".join(ARMS), help="objectives")
    parser.add_argument("--sets", default="airline_tweets,financial_phrasebank,stock_comments_zh,fewclue_eprstmt")
    parser.add_argument("--few", type=int, default=32, help="labelled rows a class")
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--rows", type=int, default=0, help="unlabelled texts that are read; 0: all")
    parser.add_argument("--epochs", type=float, default=2, help="passes over the unlabelled texts")
    parser.add_argument("--method", default="finetune", help="what learns from the labelled rows")
    parser.add_argument("--test", type=int, default=0, help="test rows; 0: all")
    parser.add_argument("--max-length", type=int, default=0, help="tokens of a text, for every arm; 0: the models' own")
    parser.add_argument("--threads", type=int, default=len(os.sched_getaffinity(0)))
    parser.add_argument("--name", default="domain_adaptation", help="of the files in results/")
    parser.add_argument("--no-record", action="store_true", help="print, and leave results/ as it is")
    options = parser.parse_args()
    os.environ["OMP_NUM_THREADS"] = str(options.threads)
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "src"))
    cells = Cells(options.name, file=Path(f"/tmp/{options.name}.cells.jsonl") if options.no_record else None)
    size = tuple(map(str, (options.few, options.rows, options.epochs, options.test)))
    results = {}
    for name in options.sets.split(","):
        runs: dict = {arm: [] for arm in ("alone", *options.arms.split(","))}
        for seed in range(options.seeds):
            for arm, found in runs.items():
                key = (name, arm, str(seed), options.method, *SETS[name], *size)
                kept = (*key, str(options.max_length)) if options.max_length else key
                found.append(cells.fill(kept, partial(child, PROGRAM, *key, str(options.max_length), timeout=7200), hidden=()))
        results[name] = {
            "model": SETS[name][0], "unlabelled": SETS[name][1], "chance_accuracy": round(1 / runs["alone"][0]["labels"], 4),
            "mean_accuracy": {arm: round(statistics.mean(run["accuracy"] for run in found), 4) for arm, found in runs.items()},
            **{f"{key}_gain": {arm: difference(found, runs["alone"], key) for arm, found in runs.items() if arm != "alone"} for key in ("accuracy", "macro_f1")},
            "pretrain_cpu_s": {arm: round(statistics.mean(run["pretrain_cpu_s"] for run in found)) for arm, found in runs.items() if arm != "alone"},
        }  # fmt: skip
    settings = {key: getattr(options, key) for key in ("few", "rows", "epochs", "method", "test", "max_length", "threads")} | {"seeds": list(range(options.seeds))}
    if options.no_record:
        print(json.dumps(settings | results, indent=1))
    else:
        record(options.name, settings | {"sets": results})


if __name__ == "__main__":
    main()
