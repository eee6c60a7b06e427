"""Answering many rows on a CPU: a fine-tuned MiniLM by ours, against the transformers pipeline at its best batch size.

    python benchmarks/batch_classification.py [--rows 1000] [--runs 3]

The function is fine-tuned on SST-2 first. The peer's model is the same trunk with its own classification head: the same
arithmetic. What our faster arithmetic costs is measured on our own function: accuracy in bfloat16 against float32.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

from common import ROOT, child, interleave, median, ratios, record, rows_of

OURS = """
import json, sys, time
sys.path.insert(0, 'benchmarks')
from common import rows_of
import hanshuku as hk
rows = rows_of('sst2', 'test', int(sys.argv[2]))
function = hk.load(sys.argv[1])
if sys.argv[3] != 'onnx':  # an exported function has one precision
    function.predictor().precision = sys.argv[3]
texts = [r['text'] for r in rows]
function.map(texts[:64])
start = time.perf_counter()
answers = function.map(texts)
seconds = time.perf_counter() - start
print(json.dumps({'rows_per_s': len(rows) / seconds, 'accuracy': sum(a == r['label'] for a, r in zip(answers, rows)) / len(rows)}))
"""
PEER = """
import json, sys, time
sys.path.insert(0, 'benchmarks')
from common import rows_of
from transformers import pipeline, AutoModelForSequenceClassification, AutoTokenizer
rows = rows_of('sst2', 'test', int(sys.argv[2]))
texts = [r['text'] for r in rows]
model = AutoModelForSequenceClassification.from_pretrained(sys.argv[1], num_labels=2)
peer = pipeline('text-classification', model=model, tokenizer=AutoTokenizer.from_pretrained(sys.argv[1]), device='cpu')
size = int(sys.argv[3])
peer(texts[:64], batch_size=size)
start = time.perf_counter()
peer(texts, batch_size=size)
print(json.dumps({'rows_per_s': len(rows) / (time.perf_counter() - start)}))
"""


def main() -> None:
    """Measure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1000)
    parser.add_argument("--runs", type=int, default=3)
    options = parser.parse_args()
    sys.path.insert(0, str(ROOT / "src"))
    from hanshuku.data.infer import infer_task
    from hanshuku.data.read import read
    from hanshuku.functions.core import Function
    from hanshuku.functions.export import export
    from hanshuku.models.pull import pull

    with tempfile.TemporaryDirectory() as name:
        train = read(rows_of("sst2", "train", 2000))
        learned = Function(infer_task(train)).learn(train, method="finetune", model="minilm", epochs=1)
        function = str(learned.save(Path(name) / "a.fn"))
        exported = export(learned, Path(name) / "onnx.fn").path
        int8 = export(learned, Path(name) / "int8.fn", precision="int8", rows=rows_of("sst2", "validation", 500)).path
        static = learned.task and Function(learned.task).learn(train, method="static", model="wordllama").save(Path(name) / "static.fn")
        folder, rows = str(pull("minilm")), str(options.rows)
        programs = {f"hanshuku {precision}": (lambda p=precision: child(OURS, function, rows, p)) for precision in ("auto", "fp32")}
        programs |= {"hanshuku onnx": lambda: child(OURS, exported, rows, "onnx"), "hanshuku int8": lambda: child(OURS, int8, rows, "onnx"), "hanshuku static": lambda: child(OURS, str(static), rows, "onnx")}
        programs |= {f"pipeline, batch {size}": (lambda s=size: child(PEER, folder, rows, str(s))) for size in (1, 8, 32)}
        found = interleave(programs, options.runs)
    best = max((name for name in found if name.startswith("pipeline")), key=lambda name: median(found[name], "rows_per_s"))
    record("batch_classification", {
        "rows": options.rows, "n_runs": options.runs, "best_of_the_peer": best,
        "rows_per_s": {name: round(median(runs, "rows_per_s"), 1) for name, runs in found.items()},
        "against_the_peer_s_best": {name: ratios(runs, found[best], "rows_per_s") for name, runs in found.items() if name.startswith("hanshuku")},
        "accuracy": {name: runs[0]["accuracy"] for name, runs in found.items() if "accuracy" in runs[0]},
    })  # fmt: skip


if __name__ == "__main__":
    main()
