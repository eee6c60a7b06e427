"""One function, one command, one report: sst2's test rows in other forms, five sets of other domains, and CheckList's suite beside our own tests.

    python benchmarks/robustness.py [--method finetune] [--model minilm] [--train 0] [--epochs 0] [--rows 500] [--seed 0] [--function sst2.fn] [--report report.html]

A function learns sst2 (all rows, or --train of them) and is measured by the one command that is printed: `hanshuku evaluate` with --ood imdb, yelp5 (as two classes), airline_tweets,
checklist_sentiment (its minimum functionality rows are a set of its own besides) and counterfactual_imdb, --behaviours checklist_sentiment and sentiment.
"""

from __future__ import annotations

import argparse
import json
import os
import shlex
import subprocess
import sys
import tempfile
from pathlib import Path

from common import DATA, ROOT, child, record, rows_of

LEARN = """
import json, sys
sys.path.insert(0, 'benchmarks')
import numpy as np
from common import rows_of
import hanshuku as hk
given = json.loads(sys.argv[1])
rows = rows_of('sst2', 'train')
rows = [rows[i] for i in np.random.default_rng(given['seed']).permutation(len(rows))[:given['train'] or None]]
settings = {'epochs': given['epochs']} if given['epochs'] else {}
settings |= {'model': given['model']} if given['model'] else {}
hk.classify(['negative', 'positive']).learn(hk.read(rows), method=given['method'], seed=given['seed'], **settings).save(given['function'])
print(json.dumps({'rows': len(rows)}))
"""
CLI = "from hanshuku.cli.main import main; main()"


def command(options: argparse.Namespace, folder: Path) -> list[str]:
    """The one command that makes the report."""
    single = [{"text": row["texts"][0], "label": row["label"]} for row in rows_of("checklist_sentiment", "test") if row["type"] == "MFT" and row["label"]]
    checklist = folder / "checklist_mft.jsonl"
    checklist.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in single), encoding="utf-8")
    file = lambda name, part: str(next(path for path in (DATA / name / f"{part}.jsonl", DATA / name / f"{part}.jsonl.gz") if path.is_file()))
    sets = [file("imdb", "test"), file("yelp5", "test"), file("airline_tweets", "test"), str(checklist), file("counterfactual_imdb", "validation")]
    return [
        "hanshuku", "evaluate", str(options.function), file("sst2", "test"), "--checks", "robustness,out_of_domain,behaviours",
        *(part for one in sets for part in ("--ood", one)), "--same", "yelp5:very positive=positive", "--same", "yelp5:very negative=negative",
        "--behaviours", file("checklist_sentiment", "test"), "--behaviours", "sentiment", "--rows", str(options.rows), "--seed", str(options.seed),
        *(["--report", options.report] if options.report else []), "--json",
    ]  # fmt: skip


def main() -> None:
    """Learn where there is no function yet, run the command, keep the numbers."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--method", default="finetune")
    parser.add_argument("--model", default="minilm", help='"" for a method that takes none')
    parser.add_argument("--train", type=int, default=0, help="rows to learn from; 0: all")
    parser.add_argument("--epochs", type=float, default=0.0)
    parser.add_argument("--rows", type=int, default=500, help="most rows that are asked in another form, and cases of a behavioural test")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--function", type=Path, default=None, help="a saved function instead, or where to save the one that is learned")
    parser.add_argument("--report", default="", help="write the page too: NAME.html")
    parser.add_argument("--name", default="robustness", help="of the file of results")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        options.function = options.function or Path(folder) / "sst2.fn"
        if not options.function.exists():
            given = {"seed": options.seed, "train": options.train, "epochs": options.epochs, "method": options.method, "model": options.model, "function": str(options.function)}
            child(LEARN, json.dumps(given), timeout=14400)
        words = command(options, Path(folder))
        done = subprocess.run([sys.executable, "-c", CLI, *words[1:]], capture_output=True, text=True, env=os.environ | {"PYTHONPATH": str(ROOT / "src")})
    if done.returncode:
        raise SystemExit(done.stderr[-2000:])
    report = json.loads(done.stdout)
    parts = report["parts"]
    results = {
        "method": options.method, "model": options.model, "train": options.train, "seed": options.seed, "rows": options.rows, "command": shlex.join(words), "sst2": report["metrics"]["accuracy"],
        "forms": {kind["name"]: {key: kind[key] for key in ("n", "before", "after", "drop", "p_holm", "clear", "changed")} for kind in parts["robustness"]["kinds"]},
        "out_of_domain": {one["name"]: {key: one[key] for key in ("n", "value", "drop", "p_holm", "clear", "distance", "missing")} for one in parts["out_of_domain"]["sets"]},
        "behaviours": {key: parts["behaviours"][key] for key in ("n", "failed", "value", "low", "high")},
        "tests": [{key: test[key] for key in ("test", "type", "source", "n", "failed", "value", "low", "high")} for test in parts["behaviours"]["tests"]],
    }  # fmt: skip
    record(options.name, results)


if __name__ == "__main__":
    main()
