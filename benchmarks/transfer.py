"""Does it help to learn a rich task first and the poor one from its encoder, and does `advise --source` know which?

    python benchmarks/transfer.py [--targets sst2,airline_tweets,rte,stock_comments_zh,fewclue_eprstmt] [--few 8,32] [--seeds 5] [--source-rows 4000]
                                  [--test 0] [--method finetune] [--epochs 0] [--source-epochs 0] [--max-length 128] [--no-record]

For each target few rows a class are drawn anew for each seed, and learned by the same method from the plain encoder (minilm, for Chinese e5-multilingual) and from the
encoder of each source: a function that has learned a part of a richer set (drawn by the seed, so source and target vary together), as
`hanshuku learn TARGET --model SOURCE.fn` does it. All are measured on the whole test split. `advise` sees the same few rows and no test row; its scores are held against
the accuracies: Spearman's correlation over the encoders of a cell, the accuracy lost by taking the one it puts first to the best one, and what that one gains over the plain
encoder; means over cells with 95% intervals by resampling cells. Finished cells are kept in results/transfer.cells.jsonl, sources in --work until the end.
"""

from __future__ import annotations

import argparse
import json
import math
import statistics
import sys
from functools import partial
from pathlib import Path

from common import Cells, child, record

TARGETS = {  # name -> (encoder, sources that may help, the last one seldom)
    "sst2": ("minilm", ("imdb", "yelp5", "mnli")), "airline_tweets": ("minilm", ("imdb", "yelp5", "tweet_emotion", "mnli")), "rte": ("minilm", ("mnli", "qqp", "imdb")),
    "stock_comments_zh": ("e5-multilingual", ("chnsenticorp_hotel", "online_shopping_10_cats", "fewclue_ocnli")),
    "fewclue_eprstmt": ("e5-multilingual", ("chnsenticorp_hotel", "online_shopping_10_cats", "fewclue_ocnli")),
}  # fmt: skip
COMMON = """
import json, sys, time
sys.path.insert(0, 'benchmarks')
from collections import defaultdict
import numpy as np
from common import rows_of
from hanshuku.data.infer import infer_task
from hanshuku.functions.compare import examples_of
from hanshuku.functions.core import Function
def plain(rows):
    return [{key: str(value) for key, value in row.items() if key in ('text', 'text_a', 'text_b', 'premise', 'hypothesis', 'label')} for row in rows]
def few_of(rows, count, seed):
    rng, classes = np.random.default_rng(seed), defaultdict(list)
    for row in rows:
        classes[row['label']].append(row)
    return [group[i] for _, group in sorted(classes.items()) for i in rng.permutation(len(group))[:count]]
def learned(rows, model, seed, method, epochs, length):
    more = {'epochs': epochs} if epochs else {}
    more |= {'max_length': length} if length else {}
    return Function(infer_task(examples_of(rows))).learn(rows, method=method, model=model, seed=seed, **more)
"""
SOURCE = f"""{COMMON}
name, model, out, seed, count, epochs, length = sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4]), int(sys.argv[5]), float(sys.argv[6]), int(sys.argv[7])
rows = plain(rows_of(name, 'train'))
rows = [rows[i] for i in np.random.default_rng(seed).permutation(len(rows))[:count]]
begin = time.process_time()
learned(rows, model, seed, 'finetune', epochs, length).save(out)
print(json.dumps({{'rows': len(rows), 'cpu_s': round(time.process_time() - begin, 1)}}))
"""
TARGET = f"""{COMMON}
name, model, seed, few, limit, method, epochs, length = sys.argv[1], sys.argv[2], *map(int, sys.argv[3:6]), sys.argv[6], float(sys.argv[7]), int(sys.argv[8])
begin = time.process_time()
function = learned(few_of(plain(rows_of(name, 'train')), few, seed), model, seed, method, epochs, length)
seconds = time.process_time() - begin
test = plain(rows_of(name, 'test'))
found = function.evaluate(test[:limit] if limit else test, checks=()).metrics
print(json.dumps({{'accuracy': found['accuracy'].value, 'chance': found['accuracy'].chance, 'n': found['accuracy'].n, 'cpu_s': round(seconds, 1)}}))
"""
ADVICE = f"""{COMMON}
from hanshuku.functions.advise import advise
name, model, seed, few, sources = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4]), sys.argv[5].split(',')
begin = time.process_time()
found = advise(few_of(plain(rows_of(name, 'train')), few, seed), model=model, sources=sources, seed=seed)
print(json.dumps({{'scores': {{each.source: each.score for each in found.sources}}, 'cpu_s': round(time.process_time() - begin, 1)}}))
"""


def cell(cells: Cells, options: argparse.Namespace, target: str, few: int, seed: int) -> dict:
    """Accuracy and advised score of each encoder for one target, number of rows and seed."""
    model, sources = TARGETS[target]
    folders = {}
    for source in sources:
        out = Path(options.work) / f"{source}-{model}-{seed}-{options.source_rows}.fn"
        settings = (source, model, str(out), str(seed), str(options.source_rows), str(options.source_epochs), str(options.max_length))
        if not out.is_dir():
            cost = child(SOURCE, *settings, timeout=14400)
            print(f"source {source}, seed {seed}: {cost}", file=sys.stderr, flush=True)
        folders[source] = str(out)
    same = (str(few), str(options.test), options.method, str(options.epochs), str(options.max_length), str(options.source_rows), str(options.source_epochs))
    accuracy = {}
    for arm, start in {"plain": model, **folders}.items():
        settings = (target, start, str(seed), str(few), str(options.test), options.method, str(options.epochs), str(options.max_length))
        accuracy[arm] = cells.fill(("learn", target, arm, str(seed), *same), partial(child, TARGET, *settings, timeout=7200))
    names = {model: "plain", **{folder: source for source, folder in folders.items()}}
    advice = cells.fill(("advise", target, str(seed), *same), partial(child, ADVICE, target, model, str(seed), str(few), ",".join(folders.values())))
    scores = {names.get(source, Path(source).name.split("-")[0]): score for source, score in advice["scores"].items()}
    return {"accuracy": {arm: found["accuracy"] for arm, found in accuracy.items()}, "advised": scores, "chance": accuracy["plain"]["chance"], "n": accuracy["plain"]["n"]}


def judged(found: dict) -> dict:
    """What advise was worth in one cell."""
    import numpy as np

    from hanshuku.metrics.regression import spearman_sample

    arms = list(found["accuracy"])
    right, told = (np.array([found[key][arm] for arm in arms]) for key in ("accuracy", "advised"))
    chosen = int(told.argmax())
    rank = float(np.atleast_1d(spearman_sample(right, [told]).value)[0]) if np.ptp(told) and np.ptp(right) else 0.0
    return {"spearman": rank, "lost_to_best": float(right.max() - right[chosen]), "gain_over_plain": float(right[chosen] - right[0]), "best_gain": float(right.max() - right[0])}


def mean_of(values: list) -> dict:
    """The mean with its 95% bootstrap interval."""
    import numpy as np

    draws = np.random.default_rng(0).choice(np.array(values), (10_000, len(values))).mean(1)
    low, high = np.percentile(draws, [2.5, 97.5])
    return {"value": round(statistics.mean(values), 4), "low": round(float(low), 4), "high": round(float(high), 4), "n": len(values)}


def main() -> None:
    """Fill the missing cells, then compare."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--targets", default=",".join(TARGETS))
    parser.add_argument("--few", default="8,32", help="labelled rows a class of the target")
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--source-rows", type=int, default=4000)
    parser.add_argument("--source-epochs", type=float, default=0, help="0: as finetune plans")
    parser.add_argument("--method", default="finetune", help="what learns the target")
    parser.add_argument("--epochs", type=float, default=0, help="of the target, where the method has any; 0: as it plans")
    parser.add_argument("--max-length", type=int, default=128)
    parser.add_argument("--test", type=int, default=0, help="test rows; 0: all")
    parser.add_argument("--work", default="/tmp/hanshuku-transfer", help="where the source functions go")
    parser.add_argument("--no-record", action="store_true", help="print, and leave results/ as it is")
    options = parser.parse_args()
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "src"))
    Path(options.work).mkdir(parents=True, exist_ok=True)
    cells = Cells("transfer", file=Path(options.work) / "transfer.cells.jsonl" if options.no_record else None)
    tables, verdicts = {}, []
    for target in options.targets.split(","):
        for few in map(int, options.few.split(",")):
            found = [cell(cells, options, target, few, seed) for seed in range(options.seeds)]
            verdicts += [judged(each) for each in found]
            tables[f"{target}, {few} a class"] = {
                "encoder": TARGETS[target][0], "chance": found[0]["chance"], "test_rows": found[0]["n"],
                "accuracy": {arm: round(statistics.mean(each["accuracy"][arm] for each in found), 4) for arm in found[0]["accuracy"]},
                "advised": {arm: round(statistics.mean(each["advised"][arm] for each in found), 4) for arm in found[0]["accuracy"]},
                "gain": {arm: mean_of([each["accuracy"][arm] - each["accuracy"]["plain"] for each in found]) for arm in found[0]["accuracy"] if arm != "plain"},
            }  # fmt: skip
    advised = {key: mean_of([each[key] for each in verdicts if math.isfinite(each[key])]) for key in verdicts[0]}
    settings = {key: getattr(options, key) for key in ("source_rows", "source_epochs", "method", "epochs", "max_length", "test")} | {"seeds": list(range(options.seeds))}
    if options.no_record:
        print(json.dumps(settings | {"advise": advised, "tables": tables}, indent=1))
    else:
        record("transfer", settings | {"advise": advised, "tables": tables})


if __name__ == "__main__":
    main()
