"""77 labels by prompt: all labels in one forward, against one forward per label and against all labels as one padded batch.

    python benchmarks/label_scoring.py [--runs 5] [--rows 24] [--accuracy 300] [--model smollm2]

banking77, one process, the ways in turn. The peers are transformers as a careful user would write them: float tensors of the
whole prompt with each label, logits at the label's positions alone, no gradient; and the same with the prompt's shared
beginning kept as a cache, which is half of our own idea. Two prompts: ours (no list of labels) and one that lists all 77.
"""

from __future__ import annotations

import argparse
import copy
import statistics
import sys
import time
from typing import Any

import numpy as np
from common import ROOT, median, ratios, record, rows_of

sys.path.insert(0, str(ROOT / "src"))

import torch
from torch import Tensor
from transformers import DynamicCache

from hanshuku.inference.label_scoring import LabelScoringPredictor, load_model
from hanshuku.inference.settings import PromptSettings
from hanshuku.metrics.intervals import wilson
from hanshuku.tasks import Task

LISTED = "{instruction}\nLabels: {labels}\n\nText: {text}"
QUESTIONS = {
    "banking77": "What does this bank customer want?",
    "ag_news": "What is the topic of this news article?",
    "sst2": "What is the sentiment of this movie review?",
}


def task_of(name: str) -> Task:
    """The task of a data set, with its labels in the order of the alphabet."""
    return Task("classify", labels=tuple(sorted({row["label"] for row in rows_of(name, "train")})), instruction=QUESTIONS[name])


class Peers:
    """The usual ways, on the same tokens: each gives (rows, labels) sums of log-probabilities."""

    def __init__(self, asked: LabelScoringPredictor) -> None:
        self.network, self.tokens = asked.loaded.network, asked._tokens
        self.paths = self.tokens.paths
        prefix = self.tokens.prefix
        self.kept = DynamicCache()
        with torch.inference_mode():
            self.network(input_ids=torch.tensor([prefix]), past_key_values=self.kept, logits_to_keep=1)

    def one_by_one(self, prompts: list[list[int]]) -> np.ndarray:
        """One forward per label, of the whole prompt."""
        return self._each(prompts, lambda prompt, path: self._sum([[*prompt, *path]], [path])[0])

    def one_by_one_cached(self, prompts: list[list[int]]) -> np.ndarray:
        """One forward per label, behind a kept prefix."""
        return self._each(prompts, lambda prompt, path: self._sum([[*prompt[len(self.tokens.prefix) :], *path]], [path], self._cache(1))[0])

    def padded(self, prompts: list[list[int]]) -> np.ndarray:
        """All labels of a row as one batch, padded on the right."""
        return np.stack([self._sum([[*prompt, *path] for path in self.paths], self.paths) for prompt in prompts])

    def padded_cached(self, prompts: list[list[int]]) -> np.ndarray:
        """All labels of a row as one batch behind a kept prefix."""
        start = len(self.tokens.prefix)
        rows = [[[*prompt[start:], *path] for path in self.paths] for prompt in prompts]
        return np.stack([self._sum(row, self.paths, self._cache(len(self.paths))) for row in rows])

    def _each(self, prompts: list[list[int]], score: Any) -> np.ndarray:
        return np.array([[score(prompt, path) for path in self.paths] for prompt in prompts])

    def _cache(self, rows: int) -> DynamicCache:
        cache = copy.deepcopy(self.kept)
        if rows > 1:
            cache.batch_repeat_interleave(rows)
        return cache

    def _sum(self, rows: list[list[int]], paths: list[list[int]], cache: DynamicCache | None = None) -> np.ndarray:
        """(B,) log-probability of the path that each row ends with. All rows have the same prompt."""
        prompt, longest = len(rows[0]) - len(paths[0]), max(map(len, paths))
        size = prompt + longest
        ids = torch.tensor([row + [0] * (size - len(row)) for row in rows])
        more = {} if cache is None else {"past_key_values": cache}
        with torch.inference_mode():
            logits: Tensor = self.network(input_ids=ids, logits_to_keep=longest + 1, **more).logits[:, :-1].float()
            normaliser = logits.logsumexp(-1)
        return np.array([
            sum(float(logits[i, t, token] - normaliser[i, t]) for t, token in enumerate(path)) for i, path in enumerate(paths)
        ])  # fmt: skip


def measure(asked: LabelScoringPredictor, texts: list[str], runs: int) -> dict:
    """Rows a second of each way, medians of interleaved runs, and how far each one's scores are from ours."""
    peers = Peers(asked)
    prompts, _ = asked._tokens.rows([(text,) for text in texts])
    ours = asked.scores([(text,) for text in texts])
    ways = {
        "ours": (lambda p: asked.scorer.edge_logprobs(p, asked._tries[0][1], asked._tokens.prefix), len(texts)),
        "one forward per label": (peers.one_by_one, 1),
        "one forward per label, prefix cached": (peers.one_by_one_cached, 1),
        "one padded batch": (peers.padded, 1),
        "one padded batch, prefix cached": (peers.padded_cached, 2),
    }
    found: dict[str, list[dict]] = {name: [] for name in ways}
    differences: dict[str, float] = {}
    for round_ in range(runs):
        for name, (way, n) in ways.items():
            first = 0 if n == len(texts) else (round_ * n) % (len(texts) - n + 1)
            part = prompts[first : first + n]
            start = time.perf_counter()
            scores = way(part)
            found[name].append({"rows_per_s": n / (time.perf_counter() - start)})
            if name != "ours":
                differences[name] = max(differences.get(name, 0.0), float(np.abs(scores - ours[first : first + n]).max()))
            print(f"round {round_ + 1}: {name}: {found[name][-1]['rows_per_s']:.3f} rows/s", file=sys.stderr, flush=True)
    lines = {}
    for name, times in found.items():
        lines[name] = {"rows_per_s": round(median(times, "rows_per_s"), 4)}
        if name != "ours":
            lines[name] |= {"ours_times_as_fast": ratios(found["ours"], times, "rows_per_s"), "largest_difference": differences[name]}
    tokens = {"prompt_tokens": statistics.mean(map(len, prompts)), "shared_tokens": len(asked._tokens.prefix), "nodes": len(asked._tries[0][1].tokens)}
    return tokens | {"rows": len(texts), "runs": runs, "ways": lines}


def accuracy(model: Any, name: str, n: int) -> dict:
    """Accuracy on test rows, with Wilson's interval and chance."""
    task = task_of(name)
    rows = rows_of(name, "test")
    rows = [rows[i] for i in np.random.default_rng(0).permutation(len(rows))[:n]]
    asked = LabelScoringPredictor(task, model, PromptSettings(precision="fp32"))
    right = sum(task.labels[i] == row["label"] for i, row in zip(asked.outputs([(r["text"],) for r in rows]).argmax(1), rows, strict=True))
    low, high = wilson(right, len(rows))
    return {"accuracy": round(right / len(rows), 4), "low": round(low, 4), "high": round(high, 4), "n": len(rows), "chance": round(1 / len(task.labels), 4)}


def main() -> None:
    """Measure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--rows", type=int, default=24, help="rows of a run of ours; the peers, being slow, take one or two of them")
    parser.add_argument("--accuracy", type=int, default=300, help="test rows of each set; 0: none")
    parser.add_argument("--model", default="smollm2")
    options = parser.parse_args()
    texts = [row["text"] for row in rows_of("banking77", "test")[:: 3080 // options.rows]][: options.rows]
    results: dict = {"model": options.model, "threads": torch.get_num_threads(), "labels": 77, "speed": {}, "accuracy": {}}
    for precision in ("fp32", "bf16"):
        loaded = load_model(options.model, precision)
        for layout, template in (("labels not listed", ""), ("labels listed", LISTED)):
            asked = LabelScoringPredictor(task_of("banking77"), loaded, PromptSettings(template=template, precision=precision))
            results["speed"][f"{precision}, {layout}"] = measure(asked, texts, options.runs)
    if options.accuracy:
        loaded = load_model(options.model, "fp32")
        results["accuracy"] = {name: accuracy(loaded, name, options.accuracy) for name in QUESTIONS}
    record("label_scoring", results)


if __name__ == "__main__":
    main()
