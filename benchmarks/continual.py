"""Learning on without forgetting: five tasks one after the other in three orders, by every strategy, against all tasks at once.

    python benchmarks/continual.py [--rows 1000] [--test-rows 500] [--seeds 3] [--strategies plain,replay,...] [--memory 0.01]
        [--rates 3e-5,1e-4,3e-4] [--epochs 3] [--max-length 96] [--cells FILE] [--name continual] [--no-record]

ag_news, yelp5, amazon5, dbpedia14, tweet_emotion: 27 labels under one head, those of yelp5 and amazon5 in common; no text is told its task. Every strategy, the
plain baseline and learning all at once included (analytic has none), gets its learning rate from the same grid: one sequence of the first order for each rate, judged by the average
accuracy on validation rows that are neither learned nor tested (ties: the lower rate). Then every order and seed runs with that rate and is measured on test rows.
A seed draws the rows anew. Intervals are Student's t over seeds. --memory below 1 is a share of the rows seen: 0.01 is 1% of what is learned here, so with
--rows 1000 there are 50 stored rows at the end; --rows 0 learns the whole training splits. Each finished run is a line of --cells, and a second call goes on from there.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import statistics
import sys
from pathlib import Path

from common import Cells, child, record

TASKS = ("ag_news", "yelp5", "amazon5", "dbpedia14", "tweet_emotion")
ORDERS = {  # the issue's, its reverse, and one that parts the two tasks with the same labels
    "given": TASKS, "reversed": TASKS[::-1], "mixed": ("dbpedia14", "yelp5", "tweet_emotion", "ag_news", "amazon5"),
}  # fmt: skip
TOGETHER = "together"
STRATEGIES = ("plain", "replay", "distill", "ewc", "lwf", "olora", "analytic")
PROGRAM = """
import json, sys, time
sys.path.insert(0, 'benchmarks')
import numpy as np
from common import rows_of
from hanshuku.functions.sequence import Lesson, at_once, run_sequence
asked = json.loads(sys.argv[1])
lessons = []
for name in asked['order']:
    plain = [{'text': row['text'], 'label': str(row['label'])} for row in rows_of(name, 'train')]
    rng = np.random.default_rng(asked['seed'])
    mixed = [plain[i] for i in rng.permutation(len(plain))]
    held, learned = mixed[:asked['validation_rows']], mixed[asked['validation_rows']:][:asked['rows'] or None]
    test = [{'text': row['text'], 'label': str(row['label'])} for row in rows_of(name, 'test')]
    test = [test[i] for i in np.random.default_rng(0).permutation(len(test))[:asked['test_rows'] or None]]
    lessons.append(Lesson(name, learned, held if asked['part'] == 'validation' else test))
settings = {'max_length': asked['max_length']}
if asked['strategy'] != 'analytic':  # solves for its head at once: no rate, no passes, no stored rows
    settings |= {'learning_rate': asked['rate'], 'epochs': asked['epochs']}
start = time.process_time()
if asked['strategy'] == 'together':
    scores, _ = at_once(lessons, model=asked['model'], seed=asked['seed'], **settings)
    found = {'average': float(np.mean([cell.value for cell in scores])), 'matrix': [[cell.value for cell in scores]]}
else:
    memory = asked['memory'] if set(asked['strategy'].split('+')) & {'replay', 'distill'} else 0
    settings |= {'memory': memory} if asked['strategy'] != 'analytic' else {}
    report, function = run_sequence(lessons, model=asked['model'], seed=asked['seed'], strategy=asked['strategy'], **settings)
    found = report.metrics.to_json() | {'matrix': [[None if cell is None else cell.value for cell in row] for row in report.matrix]}
    found |= {'stored': function.predictor().past.stored}
print(json.dumps(found | {'learned_rows': sum(len(lesson.train) for lesson in lessons), 'cpu_s': time.process_time() - start}))
"""


def run(cells: Cells, asked: dict) -> dict:
    """What this run gave, now or before."""
    key = json.dumps(asked, sort_keys=True)
    return cells.fill((key,), lambda: child(PROGRAM, key, timeout=6 * 3600))


def interval(values: list) -> dict:
    """Mean with its 95% interval over seeds (Student's t)."""
    from hanshuku.metrics.intervals import t_quantile

    mean = statistics.mean(values)
    half = t_quantile(len(values) - 1) * statistics.stdev(values) / math.sqrt(len(values)) if len(values) > 1 else float("nan")
    low, high = (None, None) if math.isnan(half) else (round(mean - half, 4), round(mean + half, 4))
    return {"mean": round(mean, 4), "low": low, "high": high, "n": len(values)}


def mean_matrix(runs: list) -> list:
    """The matrix of scores, mean over seeds."""
    first = runs[0]["matrix"]
    return [[None if cell is None else round(statistics.mean(run["matrix"][i][j] for run in runs), 4) for j, cell in enumerate(row)] for i, row in enumerate(first)]


def chosen_rate(cells: Cells, asked: dict, rates: list) -> tuple[float, dict]:
    """The rate with the best average on validation rows, and what each had."""
    found = {rate: run(cells, asked | {"rate": rate, "part": "validation", "seed": 0})["average"] for rate in sorted(rates)}
    return max(found, key=lambda rate: found[rate]), {f"{rate:g}": round(value, 4) for rate, value in found.items()}


def measure(cells: Cells, common: dict, options: argparse.Namespace) -> dict:
    """Every strategy, and all at once first."""
    rates, seeds = [float(rate) for rate in options.rates.split(",")], range(options.seeds)
    orders = {name: ORDERS[name] for name in options.orders.split(",")}
    first = next(iter(orders.values()))
    rate, tried = chosen_rate(cells, common | {"order": first, "strategy": TOGETHER}, rates)
    bound = [run(cells, common | {"order": first, "strategy": TOGETHER, "rate": rate, "part": "test", "seed": seed}) for seed in seeds]
    results: dict = {TOGETHER: {"rate": rate, "tried": tried, "average": interval([run["average"] for run in bound]), "scores": mean_matrix(bound)[0], "runs": len(bound)}}
    for strategy in options.strategies.split(","):
        rate, tried = chosen_rate(cells, common | {"order": first, "strategy": strategy}, rates if strategy != "analytic" else rates[:1])
        by_order = {
            name: [run(cells, common | {"order": order, "strategy": strategy, "rate": rate, "part": "test", "seed": seed}) for seed in seeds]
            for name, order in orders.items()
        }
        averages = [statistics.mean(runs[seed]["average"] for runs in by_order.values()) for seed in seeds]
        results[strategy] = {
            "rate": rate, "tried": tried, "average": interval(averages),
            "under_together": interval([bound[seed]["average"] - averages[seed] for seed in seeds]),
            "forgetting": interval([statistics.mean(runs[seed]["forgetting"] for runs in by_order.values()) for seed in seeds]),
            "cpu_s": round(statistics.mean(run["cpu_s"] for runs in by_order.values() for run in runs), 1),
            "stored": by_order[next(iter(orders))][0]["stored"],
            "orders": {
                name: {
                    "tasks": orders[name], "matrix": mean_matrix(runs), "average": interval([run["average"] for run in runs]),
                    **{key: interval([run[key] for run in runs]) for key in ("forgetting", "backward_transfer", "learned")},
                }
                for name, runs in by_order.items()
            },
        }  # fmt: skip
    return results


def main() -> None:
    """Measure."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tasks", default=",".join(TASKS), help="with --orders given alone: fewer tasks, or another order")
    parser.add_argument("--orders", default=",".join(ORDERS))
    parser.add_argument("--strategies", default=",".join(STRATEGIES), help="some may be joined by +")
    parser.add_argument("--model", default="minilm")
    parser.add_argument("--rows", type=int, default=1000, help="learned rows a task; 0: all")
    parser.add_argument("--validation-rows", type=int, default=300, help="rows a task that choose the learning rate")
    parser.add_argument("--test-rows", type=int, default=500, help="test rows a task; 0: all")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--memory", type=float, default=0.01, help="stored rows: a number, or below 1 a share of the rows seen")
    parser.add_argument("--rates", default="3e-5,1e-4,3e-4", help="the grid of learning rates, the same for all")
    parser.add_argument("--epochs", type=float, default=3)
    parser.add_argument("--max-length", type=int, default=96)
    parser.add_argument("--threads", type=int, default=len(os.sched_getaffinity(0)))
    parser.add_argument("--cells", default="", help="finished runs; results/continual.cells.jsonl where not given")
    parser.add_argument("--name", default="continual", help="of the file in results/")
    parser.add_argument("--no-record", action="store_true", help="print, and leave results/ as it is")
    options = parser.parse_args()
    os.environ["OMP_NUM_THREADS"] = str(options.threads)
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "src"))
    if options.tasks != ",".join(TASKS):
        ORDERS["given"] = tuple(options.tasks.split(","))
        options.orders = "given"
    common = {name: getattr(options, name) for name in ("model", "rows", "validation_rows", "test_rows", "memory", "epochs", "max_length")}
    cells = Cells("continual", file=Path(options.cells) if options.cells else None)
    results = measure(cells, common, options)
    settings = common | {"seeds": list(range(options.seeds)), "rates": options.rates, "threads": options.threads}
    if options.no_record:
        print(json.dumps(settings | {"strategies": results}, indent=1))
    else:
        record(options.name, settings | {"strategies": results})


if __name__ == "__main__":
    main()
