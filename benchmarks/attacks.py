"""How often an attack turns a right answer, and how many texts it asks: a plain function, and one trained adversarially.

    python benchmarks/attacks.py [--sets sst2,ag_news] [--arms plain,pgd] [--ways characters,words] [--train 2000] [--rows 200] [--queries 500] [--seeds 3] [--epochs 0]
    python benchmarks/attacks.py --sets chnsenticorp_hotel --arms plain --ways words,characters --method probe --model e5-multilingual --train 200 --rows 60 --name attacks_zh
    python benchmarks/attacks.py --peer /root/peer2/bin/python ...      # beside it TextAttack's DeepWordBug on the same rows of the same functions

A model (minilm, unless --model names another) is fine-tuned, or given a head by --method, on rows drawn by the seed, with and without the switch `adversarial`; every arm is attacked on the same rows by the same seed. Rates have Wilson's
interval over all rows and seeds; the difference to the plain arm is that of two samples (Newcombe), as each arm is attacked on the rows that it has right. The peer
runs in its own environment and asks our function as its black box. It may change every word (up to 30 characters in all) and any letter, where ours changes a fifth of the words,
one slip each, and keeps negations, so that ours without its limit (`unlimited`) is run beside it. Its list of stop words, which nltk would have to fetch, is empty. Finished cells are kept.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import tempfile
from functools import partial
from pathlib import Path

from common import ROOT, Cells, child, record

SHARED = """
import json, sys, time
sys.path.insert(0, 'benchmarks')
import numpy as np, torch
torch.set_num_threads(1)
from common import rows_of
import hanshuku as hk
given = json.loads(sys.argv[1])
"""
LEARN = SHARED + """
rows = rows_of(given['set'], 'train')
rng = np.random.default_rng(given['seed'])
rows = [{'text': rows[i]['text'], 'label': str(rows[i]['label'])} for i in rng.permutation(len(rows))[:given['train']]]
settings = {'adversarial': given['arm']} if given['arm'] != 'plain' else {}
settings.update({'epochs': given['epochs'], 'max_length': 128} if given['method'] == 'finetune' else {})
settings.update({'model': given['model']} if given['model'] else {})
labels = sorted({row['label'] for row in rows})
function = hk.classify(labels).learn(hk.read(rows), method=given['method'], seed=given['seed'], **settings)
function.save(given['function'])
print(json.dumps({'learned': len(rows)}))
"""
ATTACK = SHARED + """
function = hk.load(given['function'])
rows = rows_of(given['set'], 'test')
places = np.sort(np.random.default_rng(0).permutation(len(rows))[:given['rows']])
rows = [{'text': rows[i]['text'], 'label': str(rows[i]['label'])} for i in places]
begin = time.process_time()
if given['way'] == 'unlimited':
    from dataclasses import replace
    from hanshuku.functions.learn import encoded
    from hanshuku.safety.attacks import ATTACKS, attack
    how = replace(ATTACKS['characters'], share=1.0)
    found = attack(function.predictor(), encoded(function.task, hk.read(rows))[0], how, name='unlimited', rows=given['rows'], queries=given['queries'], seed=given['seed'])
else:
    found = function.attack(hk.read(rows), given['way'], rows=given['rows'], queries=given['queries'], seed=given['seed'])
data = found.to_json()
print(json.dumps({'broken': data['broken'], 'attacked': data['attacked'], 'n': data['n'], 'queries': [row.queries for row in found.rows if row.status != 'wrong'],
                  'changed': data['changed'], 'similarity': data['similarity'], 'attack_cpu_s': round(time.process_time() - begin, 2), 'samples': data['samples'][:3]}))
"""
PEER = SHARED + """
import textattack
from textattack.attack_recipes import DeepWordBugGao2018
from textattack.attack_results import SkippedAttackResult, SuccessfulAttackResult
function = hk.load(given['function'])
predictor = function.predictor()
class Ours(textattack.models.wrappers.ModelWrapper):
    model = None
    def __call__(self, texts):
        return predictor.outputs([(str(text),) for text in texts])
recipe = DeepWordBugGao2018.build(Ours())
pre = [one for one in recipe.pre_transformation_constraints if 'Stopword' not in type(one).__name__]
goal = recipe.goal_function
goal.query_budget = given['queries']
attack = textattack.Attack(goal, [*recipe.constraints, *pre], recipe.transformation, recipe.search_method)
rows = rows_of(given['set'], 'test')
places = np.sort(np.random.default_rng(0).permutation(len(rows))[:given['rows']])
begin, queries, broken, samples = time.process_time(), [], 0, []
for i in places:
    result = attack.attack(rows[i]['text'], function.task.labels.index(str(rows[i]['label'])))
    if isinstance(result, SkippedAttackResult):
        continue
    queries.append(result.num_queries)
    if isinstance(result, SuccessfulAttackResult):
        broken += 1
        samples.append({'before': rows[i]['text'], 'after': result.perturbed_text()})
print(json.dumps({'broken': broken, 'attacked': len(queries), 'n': len(places), 'queries': queries, 'changed': None, 'similarity': None,
                  'attack_cpu_s': round(time.process_time() - begin, 2), 'samples': samples[:3]}))
"""


def main() -> None:
    """Fill the missing cells, then sum up."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sets", default="sst2,ag_news")
    parser.add_argument("--arms", default="plain,pgd", help="plain, and kinds of the switch adversarial")
    parser.add_argument("--ways", default="characters,words")
    parser.add_argument("--train", type=int, default=2000)
    parser.add_argument("--rows", type=int, default=200)
    parser.add_argument("--queries", type=int, default=500)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--epochs", type=float, default=0.0)
    parser.add_argument("--method", default="finetune", help="arms other than plain need finetune")
    parser.add_argument("--model", default="minilm", help="'': the default one of the method")
    parser.add_argument("--peer", default="", help="the Python of an environment that has textattack and can import hanshuku")
    parser.add_argument("--functions", type=Path, default=Path(tempfile.gettempdir()) / "hanshuku-attacks", help="where learned functions are kept")
    parser.add_argument("--name", default="attacks", help="of the file of results")
    parser.add_argument("--fresh", action="store_true")
    options = parser.parse_args()
    sys.path.insert(0, str(ROOT / "src"))
    options.functions.mkdir(parents=True, exist_ok=True)
    cells = Cells(options.name, fresh=options.fresh)
    ways = [*options.ways.split(","), *(["unlimited", "peer"] if options.peer else [])]
    for seed in range(options.seeds):
        for name in options.sets.split(","):
            for arm in options.arms.split(","):
                for way in ways:
                    cells.fill(key_of(options, name, arm, way, seed), partial(run, options, name, arm, way, seed), hidden=("queries", "samples"))
    sets = {name: {way: {arm: summary(cells, options, name, arm, way) for arm in options.arms.split(",")} for way in ways} for name in options.sets.split(",")}
    record(options.name, {"model": options.model, "method": options.method, "train": options.train, "rows": options.rows, "queries": options.queries, "seeds": options.seeds, "epochs": options.epochs, "sets": sets})


def key_of(options: argparse.Namespace, name: str, arm: str, way: str, seed: int) -> tuple:
    """What tells a cell from others."""
    named = (options.method, options.model)
    return (name, arm, way, seed, options.train, options.rows, options.queries, options.epochs, *(named if named != ("finetune", "minilm") else ()))


def learned_by(options: argparse.Namespace, name: str, arm: str, seed: int) -> tuple:
    """What tells a function from others."""
    return name, arm, seed, options.train, f"{options.epochs:g}", options.method, options.model or "default"


def run(options: argparse.Namespace, name: str, arm: str, way: str, seed: int) -> dict:
    """One attack; the function is learned first where it is not there yet."""
    function = options.functions / ("-".join(map(str, learned_by(options, name, arm, seed))) + ".fn")
    given = {"set": name, "arm": arm, "way": way, "seed": seed, "train": options.train, "rows": options.rows, "queries": options.queries, "epochs": options.epochs, "method": options.method, "model": options.model, "function": str(function)}
    if not function.exists():
        child(LEARN, json.dumps(given), timeout=14400)
    return child(PEER, json.dumps(given), python=options.peer, timeout=14400) if way == "peer" else child(ATTACK, json.dumps(given), timeout=14400)


def summary(cells: dict, options: argparse.Namespace, name: str, arm: str, way: str) -> dict:
    """Success over all seeds with its interval, queries, and how far below the plain arm's success it is."""
    import numpy as np

    from hanshuku.metrics.apart import apart
    from hanshuku.metrics.intervals import wilson

    runs = {one: [cells[key_of(options, name, one, way, seed)] for seed in range(options.seeds)] for one in {arm, options.arms.split(",")[0]}}
    broken, attacked = (sum(run[key] for run in runs[arm]) for key in ("broken", "attacked"))
    queries = [count for run in runs[arm] for count in run["queries"]]
    low, high = wilson(broken, attacked)
    rows = sum(run["n"] for run in runs[arm])
    found = {
        "success": round(broken / attacked, 4), "low": round(low, 4), "high": round(high, 4), "attacked": attacked, "right_before": round(attacked / rows, 4), "right_after": round((attacked - broken) / rows, 4),
        "n": rows, "queries_mean": round(statistics.mean(queries), 1), "queries_median": statistics.median(queries), "attack_cpu_s": round(statistics.median(run["attack_cpu_s"] for run in runs[arm]), 1),
        "samples": runs[arm][0]["samples"],
    }  # fmt: skip
    plain = options.arms.split(",")[0]
    if arm != plain:
        theirs = sum(run["broken"] for run in runs[plain]), sum(run["attacked"] for run in runs[plain])
        gap = apart(np.arange(theirs[1]) < theirs[0], np.arange(attacked) < broken)
        found[f"below_{plain}"] = {"difference": round(gap.difference, 4), "low": round(gap.low, 4), "high": round(gap.high, 4), "p": round(gap.p, 5)}
    return found


if __name__ == "__main__":
    main()
