"""`hanshuku learn`, method finetune with its defaults, on questions and entities: exact match and F1, entity F1; one command each.

    python benchmarks/span_quality.py [--sets conll2003 cluener ...] [--seed 0] [--rows 500]

With --rows only so many training rows, drawn at random, are learned and nothing is written: a look, not a result.
"""

from __future__ import annotations

import argparse
import json
import random
import tempfile
from pathlib import Path

from common import RESULTS, environment, rows_of
from learn_quality import file_of, learned

SETS = {  # name -> model, metrics, figure to reach with the first
    "squad_subset": ("minilm", ("f1", "exact_match"), None),
    "cmrc2018": ("e5-multilingual", ("f1", "exact_match"), None),
    "conll2003": ("minilm", ("entity_f1", "precision", "recall"), 0.84),
    "cluener": ("e5-multilingual", ("entity_f1", "precision", "recall"), 0.66),
}


def main() -> None:
    """Run the command for each set; results are added to the file as they come."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sets", nargs="*", default=list(SETS))
    parser.add_argument("--seed", default="0")
    parser.add_argument("--rows", type=int, default=0)
    options = parser.parse_args()
    out = RESULTS / "span_quality.json"
    results = json.loads(out.read_text())["results"] if out.is_file() else {}
    for name in options.sets:
        model, metrics, target = SETS[name]
        with tempfile.TemporaryDirectory() as folder:
            train = file_of(name, "train")
            if options.rows:
                rows = random.Random(int(options.seed)).sample(rows_of(name, "train"), options.rows)
                train = str(Path(folder) / "train.jsonl")
                Path(train).write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
            shown, found, seconds = learned(train, file_of(name, "test"), model, options.seed)
        about = environment()
        result = {
            "command": shown, "metrics": {metric: found["metrics"][metric] for metric in metrics}, "to_reach": target, "rows": found["origin"]["rows"],
            "seconds": round(seconds, 1), "fit_seconds": found["origin"]["seconds"], "commit": about["commit"], "date": about["date"],
            "load": about["load_at_start"],
        }  # fmt: skip
        print(name, json.dumps(result), flush=True)
        if not options.rows:
            results[f"{name}, seed {options.seed}"] = result
            out.write_text(json.dumps({**about, "results": results}, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
