"""Writing behind a long shared prefix: ours against transformers' generate, row by row and as padded batches. The tokens must be the same.

    python benchmarks/generation.py [--runs 3] [--rows 32] [--shown 12] [--new 32] [--model smollm2]

conala: one instruction and --shown demonstrations before every row, as `in_context` with one set for all rows writes them. One
process, the ways in turn, float32, greedy. Ours begins each run with nothing kept, so the prefix is paid for in every run. Of the peer's
batch sizes the best one counts.
"""

from __future__ import annotations

import argparse
import os
import sys
import time

from common import ROOT, median, ratios, record, rows_of

sys.path.insert(0, str(ROOT / "src"))

import torch

from hanshuku.inference.decoder import Decoder, Limits
from hanshuku.inference.generation import GenerationPredictor, load_generator
from hanshuku.inference.settings import GenerationSettings
from hanshuku.inference.trie import common_length
from hanshuku.tasks import Task

BATCHES = (8, 16, 32)  # sizes that the peer is tried with


class Peer:
    """transformers' generate on the same prompts; each way gives the tokens of every row, without the one that ended it."""

    def __init__(self, predictor: GenerationPredictor, new: int) -> None:
        self.network, self.stops, self.new = predictor.loaded.network, sorted(predictor.asker.stops), new

    def batched(self, prompts: list[list[int]], size: int) -> list[list[int]]:
        """Rows of near-equal length in batches of `size`, padded on the left."""
        found: list[list[int]] = [[] for _ in prompts]
        order = sorted(range(len(prompts)), key=lambda i: -len(prompts[i]))
        for start in range(0, len(order), size):
            rows = order[start : start + size]
            longest = max(len(prompts[i]) for i in rows)
            ids = torch.zeros((len(rows), longest), dtype=torch.long)
            mask = torch.zeros_like(ids)
            for line, i in enumerate(rows):
                ids[line, longest - len(prompts[i]) :] = torch.tensor(prompts[i])
                mask[line, longest - len(prompts[i]) :] = 1
            with torch.inference_mode():
                out = self.network.generate(
                    ids, attention_mask=mask, do_sample=False, max_new_tokens=self.new, eos_token_id=self.stops, pad_token_id=self.stops[0]
                )
            for line, i in enumerate(rows):
                written = out[line, longest:].tolist()
                found[i] = written[: next((at for at, token in enumerate(written) if token in self.stops), len(written))]
        return found


def main() -> None:
    """Measure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--rows", type=int, default=32)
    parser.add_argument("--shown", type=int, default=12, help="demonstrations before every row")
    parser.add_argument("--new", type=int, default=32, help="most new tokens a row")
    parser.add_argument("--model", default="smollm2")
    options = parser.parse_args()
    task = Task("complete_code", ("prompt",), instruction="Write one line of Python that does the following. Answer with the code alone.")
    shown = tuple(((row["prompt"],), row["completion"]) for row in rows_of("conala", "train", options.shown))
    predictor = GenerationPredictor(
        task, load_generator(options.model, "fp32"), GenerationSettings(demonstrations=shown, max_new_tokens=options.new, max_length=4096)
    )
    prompts, _ = predictor.asker.prompts([(row["prompt"],) for row in rows_of("conala", "test", options.rows)])
    peer, limits = Peer(predictor, options.new), Limits(options.new, predictor.asker.stops)
    ways = {
        "ours": lambda: [completion.ids for completion in Decoder(predictor.loaded.network).complete(prompts, limits)],
        "generate, row by row": lambda: peer.batched(prompts, 1),
        **{f"generate, batches of {size}": lambda size=size: peer.batched(prompts, size) for size in BATCHES if size <= max(options.rows, BATCHES[0])},
    }
    times: dict[str, list[dict]] = {name: [] for name in ways}
    tokens: dict[str, list[list[int]]] = {}
    for round_ in range(options.runs):
        for name, way in ways.items():
            start = time.perf_counter()
            tokens[name] = way()
            times[name].append({"rows_per_s": len(prompts) / (time.perf_counter() - start)})
            print(f"round {round_ + 1}: {name}: {times[name][-1]['rows_per_s']:.3f} rows/s, load {os.getloadavg()[0]:.1f}", file=sys.stderr, flush=True)
    lines = {}
    for name, runs in times.items():
        lines[name] = {"rows_per_s": round(median(runs, "rows_per_s"), 4)}
        if name != "ours":
            same = sum(a == b for a, b in zip(tokens["ours"], tokens[name], strict=True))
            lines[name] |= {"ours_times_as_fast": ratios(times["ours"], runs, "rows_per_s"), "rows_with_the_same_tokens": f"{same} of {len(prompts)}"}
    best = max((name for name in times if "batches" in name), key=lambda name: lines[name]["rows_per_s"])
    prefix = min(common_length(prompts[0], prompt) for prompt in prompts)
    record("generation", {
        "model": options.model, "precision": "fp32", "threads": torch.get_num_threads(), "rows": len(prompts), "runs": options.runs, "new_tokens": options.new,
        "prompt_tokens": round(sum(map(len, prompts)) / len(prompts), 1), "shared_tokens": prefix, "written_tokens": sum(map(len, tokens["ours"])),
        "ways": lines, "best_batched": best, "aim": {"row by row": 3.0, "batched": 1.3},
    })  # fmt: skip


if __name__ == "__main__":
    main()
