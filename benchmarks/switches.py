"""Each switch, on and off: what it gains, what it costs, and what it does for typos and counterfactual edits.

    python benchmarks/switches.py [--methods finetune,contrastive] [--arms fgm,ema] [--sets a,b] [--sizes 8,32,all] [--seeds 5]
                                  [--test-rows 1000] [--most 4000] [--name switches]

The same rows, drawn by the seed, for every arm; a fit is a process of its own (a fork) with one thread, the arms in turn. `all` is all rows, at
most --most of them. Columns: accuracy on the test rows; on the same rows with slips of the finger (English) or homophones (Chinese) in a
tenth of the words (the arm `slips` learns from slips of that kind); for sentiments in English on counterfactual_imdb, reviews and what people turned them into by few words. A
difference to the plain method is paired over rows and seeds (bootstrap), p by Holm over all cells of a method and column. Finished cells
are kept in results/switches.cells.jsonl, so that a run that was stopped goes on; --fresh starts anew. Processor time is that of the fit.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
from functools import partial

import numpy as np
from common import ROOT, Cells, fork, record

SETS = {  # name -> encoder, what is asked, slips
    "sst2": ("minilm", "What is the sentiment of this sentence?", "typos:0.1"),
    "imdb": ("minilm", "What is the sentiment of this review?", "typos:0.1"),
    "tweet_emotion": ("minilm", "Which emotion does this tweet show?", "typos:0.1"),
    "banking77": ("minilm", "What does the customer of the bank want?", "typos:0.1"),
    "fewclue_eprstmt": ("e5-multilingual", "这条评论的情感是什么？", "homophones:0.1"),
    "stock_comments_zh": ("e5-multilingual", "这条股评的情感是什么？", "homophones:0.1"),
    "chnsenticorp_hotel": ("e5-multilingual", "这条酒店评论的情感是什么？", "homophones:0.1"),
    "fewclue_tnews": ("e5-multilingual", "这条新闻是关于什么的？", "homophones:0.1"),
}
COUNTERFACTUAL = ("sst2", "imdb")
ARMS = {  # name -> settings; what a method has no use for is left out
    "plain": {},
    "fgm": {"adversarial": "fgm"},
    "pgd": {"adversarial": "pgd"},
    "freelb": {"adversarial": "freelb"},
    "smart": {"adversarial": "smart"},
    "consistency": {"consistency": 1.0},
    "mixup": {"mixup": 0.5},
    "focal": {"focal": 2.0},
    "label_smoothing": {"label_smoothing": 0.1},
    "ema": {"average": "ema"},
    "soup": {"average": "soup"},
    "layer_decay": {"layer_decay": 0.9},
    "reinit_layers": {"reinit_layers": 1},
    "slips": {"augment": "typos,homophones"},  # one new row a row: English has no homophones, Chinese no typos
    "synonyms": {"augment": "synonyms"},
    "eda": {"augment": "synonyms,insert,swap,delete", "augment_times": 4},
    "fgm+consistency+ema": {"adversarial": "fgm", "consistency": 1.0, "average": "ema"},
}
LABELS_ALONE = {"mixup", "focal", "label_smoothing"}  # contrastive has no use for them
COLUMNS = ("right", "slips", "counterfactual")
LOADED = """
import torch
torch.set_num_threads(1)
import hanshuku.methods.contrastive_learning, hanshuku.methods.finetuning
from hanshuku.models.load import load_encoder
load_encoder('minilm')  # which draws in transformers
"""
PROGRAM = """
import json, random, sys, time
sys.path.insert(0, 'benchmarks')
from common import rows_of
from hanshuku.data.augment.rows import Marked, Plan
from hanshuku.data.augment.spec import parse_spec
from hanshuku.functions.core import Function
from hanshuku.models.load import load_encoder
from hanshuku.tasks import Task
given = json.loads(sys.argv[1])
rows = rows_of(given['set'], 'train')
labels = sorted({str(row['label']) for row in rows})
random.Random(given['seed']).shuffle(rows)
size = given['size']
if size == 'all':
    train = rows[:given['most']]
else:
    train = [row for label in labels for row in [r for r in rows if str(r['label']) == label][:int(size)]]
test = rows_of(given['set'], 'test')
random.Random(0).shuffle(test)
test = test[:given['test_rows']]
function = Function(Task('classify', labels=tuple(labels), instruction=given['instruction']))
load_encoder(given['model'])
begin = time.process_time()
function = function.learn([{'text': r['text'], 'label': str(r['label'])} for r in train], method=given['method'], model=given['model'], seed=given['seed'], **given['settings'])
seconds = time.process_time() - begin
def right(texts, true):
    return ''.join(str(int(a == b)) for a, b in zip(function.map(texts), true))
true = [str(row['label']) for row in test]
plan = Plan(parse_spec(given['slips']), seed=0)
slipped = [next((copy.texts[0].text for copy in plan.copies((Marked(row['text']),))), row['text']) for row in test]
found = {'fit_cpu_s': round(seconds, 2), 'rows': len(train), 'labels': len(labels), 'n': len(test), 'right': right([r['text'] for r in test], true), 'slips': right(slipped, true)}
if given['counterfactual']:
    edits = rows_of('counterfactual_imdb', 'validation')[:given['test_rows']]
    found['counterfactual'] = right([r['text'] for r in edits], [str(r['label']) for r in edits])
print(json.dumps(found))
"""
RESAMPLES = 2000


def arms_of(method: str, chosen: str) -> list[str]:
    """The arms of a method, the plain one first."""
    names = [name for name in ARMS if method == "finetune" or name not in LABELS_ALONE]
    wanted = set(chosen.split(",")) if chosen else set(names)
    return [name for name in names if name == "plain" or name in wanted]


def main() -> None:
    """Fill the missing cells, then compare."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--methods", default="finetune,contrastive")
    parser.add_argument("--arms", default="", help=", ".join(ARMS))
    parser.add_argument("--sets", default=",".join(SETS))
    parser.add_argument("--sizes", default="8,32,all")
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--test-rows", type=int, default=1000)
    parser.add_argument("--most", type=int, default=4000)
    parser.add_argument("--name", default="switches", help="of the file in results/ that is written; the cells stand in switches.cells.jsonl in any case")
    parser.add_argument("--fresh", action="store_true")
    options = parser.parse_args()
    sys.path.insert(0, str(ROOT / "src"))
    found = Cells("switches", fresh=options.fresh)
    for method, size, seed, name, arm in cells_of(options):
        key = key_of(options, method, size, seed, name, arm)
        model, instruction, slips = SETS[name]
        given = {
            "set": name, "model": model, "instruction": instruction, "slips": slips, "method": method, "settings": ARMS[arm], "size": size, "seed": seed,
            "test_rows": options.test_rows, "most": options.most, "counterfactual": name in COUNTERFACTUAL,
        }  # fmt: skip
        found.fill(key, partial(fork, PROGRAM, json.dumps(given), loaded=LOADED), hidden=COLUMNS)
    record(options.name, {method: summary(found, options, method) for method in options.methods.split(",")})


def cells_of(options: argparse.Namespace) -> list[tuple[str, str, int, str, str]]:
    """Method, size, seed, set and arm of each cell; cheap ones first, the arms of one setting next to each other."""
    return [
        (method, size, seed, name, arm)
        for size in options.sizes.split(",")
        for seed in range(options.seeds)
        for method in options.methods.split(",")
        for name in options.sets.split(",")
        for arm in arms_of(method, options.arms)
    ]


def key_of(options: argparse.Namespace, method: str, size: str, seed: int, name: str, arm: str) -> tuple[str, ...]:
    """What tells a cell from others."""
    return (method, arm, name, size, str(seed), str(options.test_rows), str(options.most) if size == "all" else "")


def share(right: str) -> float:
    """Accuracy, from a string of 0 and 1."""
    return right.count("1") / len(right)


def summary(found: dict, options: argparse.Namespace, method: str) -> dict:
    """For each arm: per set and size what it gains over the plain one, and over all of them the mean, its interval and its cost."""
    sys.path.insert(0, str(ROOT / "src"))
    from hanshuku.metrics.paired import holm

    names, sizes = options.sets.split(","), options.sizes.split(",")
    arms = [arm for arm in arms_of(method, options.arms) if arm != "plain"]
    columns = {}
    for column in COLUMNS:
        cells = {}
        for arm in arms:
            for name in names:
                for size in sizes:
                    ours, theirs = ([found[key_of(options, method, size, seed, name, one)] for seed in range(options.seeds)] for one in (arm, "plain"))
                    if column in theirs[0]:
                        cells[arm, name, size] = compared([cell[column] for cell in ours], [cell[column] for cell in theirs])
        for cell, p in zip(cells.values(), holm([cell["p"] for cell in cells.values()]), strict=True):
            cell["p_holm"] = round(p, 4)
        columns["accuracy" if column == "right" else column] = {arm: over_all({key[1:]: cell for key, cell in cells.items() if key[0] == arm}) for arm in arms}
    cost = {
        arm: round(statistics.median(found[key_of(options, method, size, seed, name, arm)]["fit_cpu_s"] / found[key_of(options, method, size, seed, name, "plain")]["fit_cpu_s"]
                                     for name in names for size in sizes for seed in range(options.seeds)), 2)
        for arm in arms
    }  # fmt: skip
    return {"seeds": options.seeds, "test_rows": options.test_rows, "most": options.most, "cpu_ratio": cost, **columns}


def compared(ours: list[str], theirs: list[str]) -> dict:
    """Ours minus theirs in points, paired over seeds and rows."""
    from hanshuku.metrics.paired import paired_difference

    first, second = (np.array([[int(mark) for mark in right] for right in rows]) for rows in (ours, theirs))  # seeds x rows
    n = first.shape[1]
    draws = np.random.default_rng(0).multinomial(n, np.full(n, 1 / n), size=RESAMPLES) / n
    paired = paired_difference((first.mean(1), second.mean(1)), (draws @ first.T, draws @ second.T), n, extra_row=True)
    return {
        "plain": round(float(second.mean()), 4), "gain": round(100 * paired.difference, 2), "low": round(100 * paired.low, 2),
        "high": round(100 * paired.high, 2), "p": paired.p, "n": n,
    }  # fmt: skip


def over_all(cells: dict) -> dict:
    """The mean gain over sets and sizes with its interval (their errors are independent), and the cells."""
    if not cells:
        return {}
    gains = np.array([cell["gain"] for cell in cells.values()])
    half = np.sqrt(sum(((cell["high"] - cell["low"]) / 2) ** 2 for cell in cells.values())) / len(cells)
    better, worse = (sum(cell["p_holm"] < 0.05 and cell["gain"] * sign > 0 for cell in cells.values()) for sign in (1, -1))
    mean = {"gain": round(float(gains.mean()), 2), "low": round(float(gains.mean() - half), 2), "high": round(float(gains.mean() + half), 2)}
    return {**mean, "better": better, "worse": worse, "cells": {" ".join(key): cell for key, cell in cells.items()}}


if __name__ == "__main__":
    main()
