"""Functions that tell toxic texts, learned from real data: F1 and AUROC with intervals, English, and Chinese without Chinese rows to learn from.

    python benchmarks/toxicity.py [--method probe] [--model minilm] [--rows 4000] [--test 2000] [--parts jigsaw_toxic,hate_offensive,zh] [--save FOLDER]

English: jigsaw_toxic and hate_offensive (hate and offensive count as toxic), learned from `--rows` rows and measured on `--test` rows of their test
parts. Chinese (tests/safety/toxicity_zh.txt, written by us, of which none is learned): labels that are described, by similarity, with e5-multilingual;
and a head learned from English rows of jigsaw_toxic on e5-multilingual, which reads Chinese too. A texts' score is the probability of the toxic labels
together, as `hk.guard(toxicity=...)` takes it.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path
from typing import Any

import numpy as np
from common import ROOT, record, rows_of

import hanshuku as hk
from hanshuku.metrics.base import Metric
from hanshuku.metrics.classification import label_table
from hanshuku.metrics.detection import auroc
from hanshuku.safety.settings import Toxicity

CHINESE = ROOT / "tests" / "safety" / "toxicity_zh.txt"
DESCRIBED = {"toxic": "辱骂、侮辱、威胁、歧视或仇恨别人的话", "not toxic": "正常的提问、陈述、批评、建议或感谢"}
THRESHOLD = 0.5


def chinese() -> list[dict[str, str]]:
    """Our rows."""
    lines = (line.split("\t") for line in CHINESE.read_text(encoding="utf-8").splitlines())
    return [{"text": text, "label": "toxic" if sign == "+" else "not toxic"} for sign, text in lines]


def learned(name: str, given: argparse.Namespace, model: str) -> Any:
    """A function that has learned from a set."""
    rows = rows_of(name, "train")
    order = np.random.default_rng(0).permutation(len(rows))[: given.rows]
    examples = [{"text": rows[i]["text"], "label": rows[i]["label"]} for i in order]
    function = hk.classify(sorted({row["label"] for row in examples}), name="tone")
    return function.learn(examples, method=given.method, model=model, seed=0)


def measure(function: Any, rows: list[dict[str, str]]) -> dict[str, Any]:
    """F1, precision and recall of "toxic" at 0.5, and AUROC."""
    judge = Toxicity(function)
    start = time.perf_counter()
    scores = np.array([score for score, _ in judge.scores([row["text"] for row in rows])])
    seconds = time.perf_counter() - start
    true = np.array([row["label"] in judge.labels for row in rows])
    flagged = scores >= THRESHOLD
    table = label_table(np.array([(true & flagged).sum()]), np.array([true.sum()]), np.array([flagged.sum()]))[0]
    return {
        "rows": len(rows),
        "toxic": int(true.sum()),
        "rows_per_second": round(len(rows) / seconds, 1),
        "auroc": _plain(auroc(scores[~true], scores[true])),
        **{name: {key: value if value is None else round(value, 4) for key, value in table[name].items()} if isinstance(table[name], dict) else table[name] for name in ("precision", "recall", "f1")},
    }


def _plain(metric: Metric) -> dict[str, Any]:
    return {key: round(value, 4) if isinstance(value, float) else value for key, value in metric.to_json().items()}


def main() -> None:
    """Measure and write results/toxicity.json."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--method", default="probe")
    parser.add_argument("--model", default="minilm")
    parser.add_argument("--rows", type=int, default=4000)
    parser.add_argument("--test", type=int, default=2000)
    parser.add_argument("--parts", default="jigsaw_toxic,hate_offensive,zh")
    parser.add_argument("--save", default="", help="save the functions below this folder")
    given = parser.parse_args()
    results: dict[str, Any] = {"method": given.method, "model": given.model, "rows_learned": given.rows, "threshold": THRESHOLD}
    for part in given.parts.split(","):
        if part == "zh":
            results["zh_described"] = measure(hk.classify(DESCRIBED, name="tone").learn(None, method="similarity", model="e5-multilingual"), chinese())
            function = learned("jigsaw_toxic", given, "e5-multilingual")
            results["zh_from_english"] = measure(function, chinese())
        else:
            function = learned(part, given, given.model)
            results[part] = measure(function, rows_of(part, "test", given.test))
        if given.save:
            function.save(Path(given.save) / f"toxic_{part}.fn")
        print(part, {key: value for key, value in results.items() if part.split("_")[0] in key}, flush=True)
    record("toxicity", results)


if __name__ == "__main__":
    main()
