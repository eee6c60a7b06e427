"""Does unlabelled text of the field help? Masked pre-training on it, then fine-tuning on few labelled rows, against fine-tuning alone.

    python benchmarks/domain_adaptation.py [--sets airline_tweets,stock_comments_zh] [--few 32] [--seeds 5] [--rows 0] [--epochs 2] [--no-record]

The encoder (minilm for English, e5-multilingual for Chinese) reads the texts of the training split, or the unlabelled part where the set has one, never those
of the test split; it is read once a seed. Both arms then fine-tune on the same few rows a class, drawn anew for each seed, with the same settings and no
tuning, and are measured on the whole test split. The interval is Student's t over seeds of the difference.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import statistics
import sys
from pathlib import Path

from common import child, record

SETS = {  # name -> (encoder, part that is read without labels)
    "airline_tweets": ("minilm", "train"), "financial_phrasebank": ("minilm", "train"), "banking77": ("minilm", "train"),
    "stock_comments_zh": ("e5-multilingual", "train"), "fewclue_eprstmt": ("e5-multilingual", "unlabeled"), "fewclue_tnews": ("e5-multilingual", "unlabeled"),
}  # fmt: skip
PROGRAM = """
import json, sys, tempfile, time
sys.path.insert(0, 'benchmarks')
from collections import defaultdict
from pathlib import Path
import numpy as np
from common import rows_of
import hanshuku as hk
from hanshuku.functions.pretrain import pretrain
name, model, part, few, seed, rows, epochs = sys.argv[1], sys.argv[2], sys.argv[3], *map(int, sys.argv[4:7]), float(sys.argv[7])
test = [{'text': row['text'], 'label': str(row['label'])} for row in rows_of(name, 'test')]
seen = {row['text'] for row in test}
texts = [text for text in dict.fromkeys(row['text'] for row in rows_of(name, part)) if text not in seen]
rng = np.random.default_rng(seed)
classes = defaultdict(list)
for row in rows_of(name, 'train'):
    classes[str(row['label'])].append({'text': row['text'], 'label': str(row['label'])})
train = [group[i] for _, group in sorted(classes.items()) for i in rng.permutation(len(group))[:few]]
if rows:
    texts = [texts[i] for i in rng.permutation(len(texts))[:rows]]
def accuracy(model):
    start = time.process_time()
    learned = hk.classify(sorted(classes)).learn(train, method='finetune', model=model, seed=seed)
    found = learned.evaluate(test).metrics
    return {'accuracy': found['accuracy'].value, 'macro_f1': found['macro_f1'].value, 'cpu_s': time.process_time() - start}
alone = accuracy(model)
with tempfile.TemporaryDirectory() as folder:
    start = time.process_time()
    read = pretrain(texts, Path(folder) / 'adapted', objective='mlm', model=model, seed=seed, epochs=epochs)
    cost = time.process_time() - start
    adapted = accuracy(str(Path(folder) / 'adapted'))
bits = {when: read[when]['bits_per_byte']['value'] for when in ('before', 'metrics')}
print(json.dumps({'alone': alone, 'adapted': adapted, 'texts': len(texts), 'train_rows': len(train), 'test_rows': len(test), 'labels': len(classes),
    'masked_bits_per_byte': bits, 'pretrain_cpu_s': cost}))
"""


def difference(runs: list, key: str) -> dict:
    """Adapted minus alone: mean over seeds with its 95% interval."""
    from hanshuku.metrics.intervals import t_quantile

    found = [run["adapted"][key] - run["alone"][key] for run in runs]
    mean = statistics.mean(found)
    if len(found) < 2:
        return {"mean": round(mean, 4), "low": None, "high": None, "n": len(found)}
    half = t_quantile(len(found) - 1) * statistics.stdev(found) / math.sqrt(len(found))
    return {"mean": round(mean, 4), "low": round(mean - half, 4), "high": round(mean + half, 4), "n": len(found)}


def main() -> None:
    """Measure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sets", default="airline_tweets,financial_phrasebank,stock_comments_zh,fewclue_eprstmt")
    parser.add_argument("--few", type=int, default=32, help="labelled rows a class")
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--rows", type=int, default=0, help="unlabelled texts that are read; 0: all")
    parser.add_argument("--epochs", type=float, default=2, help="passes over the unlabelled texts")
    parser.add_argument("--threads", type=int, default=len(os.sched_getaffinity(0)))
    parser.add_argument("--no-record", action="store_true", help="print, and leave results/ as it is")
    options = parser.parse_args()
    os.environ["OMP_NUM_THREADS"] = str(options.threads)
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "src"))
    results = {}
    for name in options.sets.split(","):
        model, part = SETS[name]
        runs = []
        for seed in range(options.seeds):
            runs.append(child(PROGRAM, name, model, part, str(options.few), str(seed), str(options.rows), str(options.epochs), timeout=7200))
            print(f"{name} seed {seed}: {runs[-1]}", file=sys.stderr, flush=True)
        results[name] = {
            "model": model, "unlabelled": part, "chance_accuracy": round(1 / runs[0]["labels"], 4),
            "mean_accuracy": {arm: round(statistics.mean(run[arm]["accuracy"] for run in runs), 4) for arm in ("alone", "adapted")},
            "accuracy_gain": difference(runs, "accuracy"), "macro_f1_gain": difference(runs, "macro_f1"), "runs": runs,
        }  # fmt: skip
    settings = {"few": options.few, "seeds": list(range(options.seeds)), "rows": options.rows, "epochs": options.epochs, "threads": options.threads, "method": "finetune, defaults"}
    if options.no_record:
        print(json.dumps(settings | results, indent=1))
    else:
        record("domain_adaptation", settings | {"sets": results})


if __name__ == "__main__":
    main()
