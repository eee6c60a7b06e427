"""`auto` against every single method, chosen by hindsight, and against a frozen encoder with logistic regression; one budget for all.

    python benchmarks/auto_regret.py [--sets a,b] [--sizes 8,32,0] [--seeds 5] [--budget 300] [--arms auto,probe] [--test-rows 1000] [--threads 0]

Sizes are rows a class (0: all). Each fit is a process of its own, with the same rows drawn by the seed and the same budget in
wall seconds; what a method needs beyond it, it cuts. The regret is the best single method's mean accuracy over seeds, per set and size,
minus auto's. DEVELOPMENT are the sets from which `methods/auto_prior.py` was made (--sets development); the result is on TEST, which had no
part in it. Finished cells are kept in results/auto_regret.cells.jsonl, so that a run that was stopped goes on. SetFit's are those of
fewshot_vs_setfit.py, where it learned the same rows and answered the same test rows with the same encoder.
"""

from __future__ import annotations

import argparse
import statistics
from functools import partial

from common import Cells, child, record

SINGLE = ("similarity", "static", "probe", "contrastive", "finetune")
ARMS = (*SINGLE, "logistic regression", "auto")
TEST = {  # name -> encoder, what is asked
    "sst2": ("minilm", "What is the sentiment of this sentence?"),
    "tweet_emotion": ("minilm", "Which emotion does this tweet show?"),
    "ag_news": ("minilm", "What is this news about?"),
    "hate_offensive": ("minilm", "What kind of speech is this tweet?"),
    "banking77": ("minilm", "What does the customer of the bank want?"),
    "fewclue_eprstmt": ("e5-multilingual", "这条评论的情感是什么？"),
    "fewclue_tnews": ("e5-multilingual", "这条新闻是关于什么的？"),
    "chnsenticorp_hotel": ("e5-multilingual", "这条酒店评论的情感是什么？"),
}
DEVELOPMENT = {
    "airline_tweets": ("minilm", "What is the sentiment of this tweet?"),
    "dbpedia14": ("minilm", "What is this text about?"),
    "clinc150": ("minilm", "What does the user want?"),
    "yelp5": ("minilm", "How does the customer rate the place?"),
    "financial_phrasebank": ("minilm", "What is the sentiment of this financial news?"),
    "stock_comments_zh": ("e5-multilingual", "这条股评的情感是什么？"),
    "online_shopping_10_cats": ("e5-multilingual", "这条评论的情感是什么？"),
    "fewclue_iflytek": ("e5-multilingual", "这个应用属于哪一类？"),
}
PROGRAM = """
import json, sys, time, random
sys.path.insert(0, 'benchmarks')
arm, name, seed, per_class, test_rows, budget, threads, model, instruction = sys.argv[1], sys.argv[2], *map(int, sys.argv[3:8]), *sys.argv[8:10]
import torch
if threads:
    torch.set_num_threads(threads)
from common import rows_of
rows = [row for row in rows_of(name, 'train') if row['text'].strip()]
test = [(row['text'], str(row['label'])) for row in rows_of(name, 'test')]
labels = sorted({str(row['label']) for row in rows})
test = [row for row in test if row[1] in labels]
random.Random(0).shuffle(test)
test = test[:test_rows]
random.Random(seed).shuffle(rows)
if per_class:
    of = {label: [] for label in labels}
    for row in rows:
        of[str(row['label'])].append(row)
    rows = [row for label in labels for row in of[label][:per_class]]
train = [{'text': row['text'], 'label': str(row['label'])} for row in rows]
from hanshuku.functions.core import Function
from hanshuku.models.load import load_encoder
from hanshuku.tasks import Task
import hanshuku.methods.contrastive_learning
loaded = load_encoder(model)
wall, cpu = time.monotonic(), time.process_time()
if arm == 'logistic regression':
    from sklearn.linear_model import LogisticRegression
    from hanshuku.inference.embed import embed
    head = LogisticRegression(max_iter=1000).fit(embed(loaded, [row['text'] for row in train]), [row['label'] for row in train])
    answer = lambda texts: head.predict(embed(loaded, texts)).tolist()
    trials = []
else:
    function = Function(Task('classify', labels=tuple(labels), instruction=instruction)).learn(
        train, method=arm, model='wordllama' if arm == 'static' else model, seed=seed, budget=None if arm == 'similarity' else budget)
    answer = lambda texts: list(function.map(texts))
    trials = [{key: trial.get(key) for key in ('method', 'settings', 'score', 'seconds', 'note', 'chosen')} for trial in function.history[-1].trials]
wall, cpu = time.monotonic() - wall, time.process_time() - cpu
right = [int(found == label) for found, (_, label) in zip(answer([text for text, _ in test]), test)]
print(json.dumps({'accuracy': sum(right) / len(right), 'n': len(right), 'rows': len(train), 'labels': len(labels), 'fit_s': round(wall, 1), 'fit_cpu_s': round(cpu, 1), 'trials': trials}))
"""


def main() -> None:
    """Fill the missing cells, then compare."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sets", default="test", help="test, development, or names with commas")
    parser.add_argument("--sizes", default="8,32,0")
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--budget", type=int, default=300)
    parser.add_argument("--arms", default=",".join(ARMS))
    parser.add_argument("--test-rows", type=int, default=1000)
    parser.add_argument("--threads", type=int, default=0)
    options = parser.parse_args()
    known = TEST | DEVELOPMENT
    names = list({"test": TEST, "development": DEVELOPMENT}.get(options.sets, options.sets.split(",")))
    found = Cells("auto_regret")
    for seed in range(options.seeds):
        for size in options.sizes.split(","):
            for name in names:
                for arm in options.arms.split(","):
                    key = (arm, name, str(seed), size, str(options.test_rows), str(options.budget), str(options.threads))
                    found.fill(key, partial(child, PROGRAM, *key, *known[name]))
    if options.sets == "test" and options.arms == ",".join(ARMS):
        record("auto_regret", summary(found, options))


def summary(found: dict, options: argparse.Namespace) -> dict:
    """Of each size that has all cells of a seed: per set mean accuracies, the best single method, auto's regret; over sets means with intervals."""
    import numpy as np

    rng, sizes, peer = np.random.default_rng(0), {}, Cells("fewshot_vs_setfit")  # the same encoder, rows and test rows
    for size in ("8", "32", "0"):
        rest = (size, str(options.test_rows), str(options.budget), str(options.threads))
        seeds = [seed for seed in map(str, range(options.seeds)) if all((arm, name, seed, *rest) in found for arm in ARMS for name in TEST)]
        if not seeds:
            continue
        sets, table, gains, over_peer = {}, [], [], {}
        for name in TEST:
            at = {arm: [found[(arm, name, seed, *rest)]["accuracy"] for seed in seeds] for arm in ARMS}
            best = max(SINGLE, key=lambda arm: statistics.mean(at[arm]))
            sets[name] = {arm: round(statistics.mean(values), 4) for arm, values in at.items()} | {
                "best single": best, "regret": round(statistics.mean(at[best]) - statistics.mean(at["auto"]), 4),
            }  # fmt: skip
            table.append(np.array(at[best]) - np.array(at["auto"]))
            gains.append(np.array(at["auto"]) - np.array(at["logistic regression"]))
            theirs = [peer[("SetFit", name, seed, *rest[:2])]["accuracy"] for seed in seeds if ("SetFit", name, seed, *rest[:2]) in peer]
            if len(theirs) == len(seeds):
                over_peer[name] = np.array(at["auto"]) - np.array(theirs)
                sets[name]["SetFit"] = round(statistics.mean(theirs), 4)
        sizes[size] = {"seeds": seeds, "sets": sets, "mean_regret": _interval(table, rng), "mean_gain_over_logistic_regression": _interval(gains, rng)}
        if over_peer:
            sizes[size]["mean_gain_over_setfit"] = {**_interval(list(over_peer.values()), rng), "sets": list(over_peer)}
    return {"budget_s": options.budget, "threads": options.threads, "test_rows": options.test_rows, "rows_a_class": sizes}


def _interval(rows: list, rng: object) -> dict:
    """Mean over sets and seeds; seeds drawn anew within each set, the sets as they are: of one seed there is no interval."""
    import numpy as np

    mean = {"value": round(float(np.mean(rows)), 4), "n": int(np.size(rows))}
    if any(len(row) < 2 for row in rows):
        return mean
    draws = np.mean([rng.choice(row, (10_000, len(row))).mean(1) for row in rows], axis=0)
    low, high = np.percentile(draws, [2.5, 97.5])
    return {**mean, "low": round(float(low), 4), "high": round(float(high), 4)}


if __name__ == "__main__":
    main()
