"""How far `forecast` is off: ten fits of several methods and sets, forecast and then run, in processes of their own.

    python benchmarks/forecast_error.py [--rows 1500]

Seconds are of the fit, as forecast; memory is the peak of its process.
"""

from __future__ import annotations

import argparse
import statistics
import sys

from common import ROOT, child, record

RUNS = (  # set, method, model, settings
    ("sst2", "probe", "minilm", {}),
    ("ag_news", "probe", "minilm", {}),
    ("chnsenticorp_hotel", "probe", "e5-multilingual", {}),
    ("banking77", "contrastive", "minilm", {}),
    ("tweet_emotion", "contrastive", "minilm", {}),
    ("sst2", "finetune", "minilm", {"epochs": 2}),
    ("ag_news", "finetune", "minilm", {"epochs": 1, "tuning": "lora"}),
    ("tweet_emotion", "finetune", "minilm", {"epochs": 3, "tuning": "last_layers"}),
    ("stsb_en", "finetune", "minilm", {"epochs": 1}),
    ("fewclue_tnews", "finetune", "e5-multilingual", {"epochs": 2}),
)
FORECAST = """
import json, sys
sys.path.insert(0, 'benchmarks')
from common import rows_of
from hanshuku.functions.forecast import forecast
name, method, model, rows, settings = sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4]), json.loads(sys.argv[5])
print(json.dumps(forecast(rows_of(name, 'train', rows), method=method, model=model, **settings).to_json()))
"""
ACTUAL = """
import json, sys, tempfile
from pathlib import Path
sys.path.insert(0, 'benchmarks')
from common import rows_of
import hanshuku as hk
from hanshuku.data.infer import infer_task
from hanshuku.data.encode import encode
from hanshuku.evaluation.child import run_in_child
from hanshuku.evaluation.run_files import save_rows
from hanshuku.evaluation.runs import Candidate
from hanshuku.methods import get_method
name, method, model, rows, settings = sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4]), json.loads(sys.argv[5])
examples = hk.read(rows_of(name, 'train', rows))
task = infer_task(examples)
encoded = encode(task, examples)[0]
with tempfile.TemporaryDirectory() as folder:
    paths = Path(folder) / 'train', Path(folder) / 'test'
    save_rows(encoded, paths[0])
    save_rows(encoded.take([0]), paths[1])
    found = run_in_child(Candidate(method, get_method(method, **settings), model), paths, Path(folder), seed=0)
print(json.dumps({'status': found.status, 'rows': len(encoded), 'seconds': found.fit_seconds, 'memory_mb': found.fit_peak_memory_mb}))
"""


def main() -> None:
    """Forecast, run, compare."""
    import json

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1500)
    options = parser.parse_args()
    found = []
    for name, method, model, settings in RUNS:
        given = (name, method, model, str(options.rows), json.dumps(settings))
        said, was = child(FORECAST, *given), child(ACTUAL, *given)
        found.append({
            "set": name, "method": method, "model": model, "settings": settings, "rows": was["rows"],
            "forecast_s": round(said["seconds"], 1), "took_s": round(was["seconds"], 1), "seconds_ratio": round(said["seconds"] / was["seconds"], 3),
            "in_range": said["seconds_low"] <= was["seconds"] <= said["seconds_high"],
            "forecast_mb": round(said["memory_mb"]), "took_mb": round(was["memory_mb"]), "memory_ratio": round(said["memory_mb"] / was["memory_mb"], 3),
            "forecasting_took_s": round(said["probe_seconds"], 1),
        })  # fmt: skip
        print(found[-1], file=sys.stderr, flush=True)
    off = {key: [abs(run[f"{key}_ratio"] - 1) for run in found] for key in ("seconds", "memory")}
    record("forecast_error", {
        "n_runs": len(found), "seed": 0,
        "relative_error": {key: {"median": round(statistics.median(values), 3), "max": round(max(values), 3)} for key, values in off.items()},
        "in_range": sum(run["in_range"] for run in found), "runs": found,
    })  # fmt: skip


if __name__ == "__main__":
    sys.path.insert(0, str(ROOT / "src"))
    main()
