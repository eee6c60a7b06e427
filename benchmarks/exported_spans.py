"""Functions that tag, answer and rank, exported: the same answers as the original's on real rows, and how fast they come without torch, en and zh.

    python benchmarks/exported_spans.py [--sets conll2003 cluener squad_subset cmrc2018 rank_en rank_zh] [--rows 400] [--learn 2000] [--runs 3]

Each function is fine-tuned on --learn rows with its defaults (rankings: `similarity`, a question of squad_subset or cmrc2018 and five contexts), exported in
float32 and int8 and compared on --rows test rows. "rows with other answers" counts places, not texts; of rankings the first candidate. Speed: one process
each, in turn: the original, and the exports in a process that cannot import torch; first answer from the start of the process, rows a second one by one,
together, and the peak of memory.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import tempfile
from pathlib import Path

from common import DATA, ROOT, child, interleave, median, ratios, record, rows_of

sys.path.insert(0, str(ROOT / "src"))

from hanshuku.errors import ExportError
from hanshuku.functions.core import Function
from hanshuku.functions.export import export
from hanshuku.functions.learn import encoded
from hanshuku.functions.parity import distance
from hanshuku.functions.store import load
from hanshuku.functions.verbs import answer, rank, tag

SETS = {  # name -> data, model
    "conll2003": ("conll2003", "minilm"), "cluener": ("cluener", "e5-multilingual"), "squad_subset": ("squad_subset", "minilm"),
    "cmrc2018": ("cmrc2018", "e5-multilingual"), "rank_en": ("squad_subset", "minilm"), "rank_zh": ("cmrc2018", "e5-multilingual"),
}  # fmt: skip
ASKED = """
import time
start = time.perf_counter()
import json, sys
if sys.argv[3] == 'bare':
    class Refuse:
        def find_spec(self, name, path=None, target=None):
            if name.split('.')[0] in {'torch', 'transformers', 'peft', 'safetensors'}:
                raise ModuleNotFoundError(f'No module named {name!r}', name=name)
    sys.meta_path.insert(0, Refuse())
import hanshuku as hk
rows = [tuple(row) for row in json.load(open(sys.argv[2], encoding='utf-8'))]
function = hk.load(sys.argv[1])
function(*rows[0])
first = time.perf_counter() - start
few = rows[1:41]
start = time.perf_counter()
for row in few:
    function(*row)
alone = len(few) / (time.perf_counter() - start)
start = time.perf_counter()
function.map([dict(zip(function.task.inputs, row)) for row in rows])
print(json.dumps({'first_answer_s': first, 'one_by_one_per_s': alone, 'together_per_s': len(rows) / (time.perf_counter() - start), 'torch': 'torch' in sys.modules}))
"""


def ranked(name: str, part: str, count: int) -> list[dict]:
    """Questions with their context and four of other questions, in an order of chance."""
    drawn = random.Random(0)
    rows = drawn.sample(rows_of(name, part), count)
    contexts = list(dict.fromkeys(row["context"] for row in rows_of(name, part)))
    found = []
    for row in rows:
        texts = [*drawn.sample([text for text in contexts if text != row["context"]], 4), row["context"]]
        drawn.shuffle(texts)
        found.append({"query": row["question"], "candidates": texts, "relevant": [texts.index(row["context"])]})
    return found


def learned(name: str, options: argparse.Namespace) -> tuple[Function, list]:
    """A function, and the test rows."""
    data, model = SETS[name]
    if name.startswith("rank"):
        return rank().learn(ranked(data, "train", 50), method="similarity", model=model), ranked(data, "test", min(options.rows, 200))
    train = random.Random(0).sample(rows_of(data, "train"), options.learn)
    if data in {"conll2003", "cluener"}:
        labels = sorted({mark[2:] for row in rows_of(data, "train", 3000) for mark in row["tags"] if mark != "O"})
        train = [{"tokens": row["tokens"], "tags": row["tags"]} for row in train]
        test = [{"tokens": row["tokens"], "tags": row["tags"]} for row in rows_of(data, "test", options.rows)]
        return tag(labels).learn(train, method="finetune", model=model, **options.settings), test
    optional = any(not row["answers"]["text"] for row in train)
    keep = ("question", "context", "answers")
    train, test = ([{key: row[key] for key in keep} for row in rows] for rows in (train, rows_of(data, "test", options.rows)))
    return answer(optional=optional).learn(train, method="finetune", model=model, **options.settings), test


def measured(name: str, options: argparse.Namespace, folder: Path) -> dict:
    """One set."""
    function, test = learned(name, options)
    original = folder / f"{name}.fn"
    function.save(original)
    rows = list(encoded(function.task, test)[0].inputs)
    asked = folder / "rows.json"
    asked.write_text(json.dumps([[json.loads(cell) if cell.startswith("[") and i and function.task.kind == "rank" else cell for i, cell in enumerate(row)] for row in rows]))
    programs, found = {"original": lambda: child(ASKED, str(original), str(asked), "whole")}, {}
    for precision in ("fp32", "int8"):
        out = folder / f"{name}.{precision}.fn"
        try:
            export(function, out, rows=test, precision=precision)
            gate = "let through"
        except ExportError as error:
            print(error, file=sys.stderr)
            export(function, out, rows=test, precision=precision, tolerance=1.0)
            gate = "refused"
        apart = distance(function.predictor(), load(out).predictor(), rows)
        found[precision] = {"gate": gate, "largest_difference": float(f"{apart.difference:.2e}"), "rows_with_other_answers": apart.differing}
        programs[precision] = lambda out=out: child(ASKED, str(out), str(asked), "bare")
    quality = {each: load(folder / f"{name}.{each}fn").evaluate(test, checks=()).metrics for each in ("", "fp32.", "int8.")}
    times = interleave(programs, options.runs)
    speeds = ("first_answer_s", "one_by_one_per_s", "together_per_s", "peak_mb")
    return {
        "model": SETS[name][1], "learned_rows": options.learn if not name.startswith("rank") else 0, "n": len(rows), "export": found,
        "quality": {{"": "original", "fp32.": "fp32", "int8.": "int8"}[each]: {key: round(value.value, 4) for key, value in own.items()} for each, own in quality.items()},
        "median": {each: {key: round(median(runs, key), 3) for key in speeds} for each, runs in times.items()},
        "against_the_original": {each: {key: ratios(runs, times["original"], key) for key in speeds} for each, runs in times.items() if each != "original"},
        "torch_was_imported": {each: runs[0]["torch"] for each, runs in times.items()},
    }  # fmt: skip


def main() -> None:
    """Measure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sets", nargs="*", default=list(SETS), choices=list(SETS))
    parser.add_argument("--rows", type=int, default=400, help="test rows of each set")
    parser.add_argument("--learn", type=int, default=2000, help="training rows")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--set", nargs="*", default=[], metavar="field=value", help="settings of finetune; its defaults where not given")
    parser.add_argument("--look", action="store_true", help="print and write nothing: a look, not a result")
    options = parser.parse_args()
    options.settings = {key: json.loads(value) if value[:1].isdigit() else value for key, value in (each.split("=") for each in options.set)}
    if not DATA.is_dir():
        sys.exit(f"{DATA} is not there; set HANSHUKU_SHARED_DATA.")
    with tempfile.TemporaryDirectory() as folder:
        found = {}
        for name in options.sets:
            found[name] = measured(name, options, Path(folder))
            print(name, json.dumps(found[name]), file=sys.stderr, flush=True)
    if not options.look:
        record("exported_spans", {"settings": options.settings, "runs": options.runs, "sets": found})


if __name__ == "__main__":
    main()
