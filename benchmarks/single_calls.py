"""Calls that come one at a time: what is kept of the last one against reading each prompt whole. The tokens must be the same.

    python benchmarks/single_calls.py [--runs 3] [--rows 16] [--shown 12] [--turns 6] [--new 32] [--model smollm2]

Two streams of calls: rows of conala behind one instruction and --shown demonstrations, and a conversation of alpaca's instructions that grows by
a turn and its answer each call. "whole" begins every call with nothing kept. One process, the ways in turn, float32, greedy.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from collections.abc import Callable

from common import ROOT, median, ratios, record, rows_of

sys.path.insert(0, str(ROOT / "src"))

import torch

from hanshuku.inference.decoder import Decoder, Limits
from hanshuku.inference.generation import GenerationPredictor, load_generator
from hanshuku.inference.settings import GenerationSettings
from hanshuku.tasks import Task

CODE = "Write one line of Python that does the following. Answer with the code alone."


def prompts_of(model: str, options: argparse.Namespace) -> tuple[GenerationPredictor, dict[str, list[list[int]]]]:
    """The prompts of both streams. The answers of the conversation are the model's own."""
    loaded = load_generator(model, "fp32")
    shown = tuple(((row["prompt"],), row["completion"]) for row in rows_of("conala", "train", options.shown))
    settings = GenerationSettings(demonstrations=shown, max_new_tokens=options.new, max_length=4096)
    writer = GenerationPredictor(Task("complete_code", ("prompt",), instruction=CODE), loaded, settings)
    rows, _ = writer.asker.prompts([(row["prompt"],) for row in rows_of("conala", "test", options.rows)])
    talker = GenerationPredictor(Task("chat", ("messages",)), loaded, GenerationSettings(max_new_tokens=options.new, max_length=4096))
    turns, conversation = [], []
    for row in rows_of("alpaca_en", "train", options.turns):
        turns.append({"role": "user", "content": f"{row['instruction']} {row.get('input') or ''}".strip()})
        (ids,), _ = talker.asker.prompts([(json.dumps(turns),)])
        conversation.append(ids)
        turns.append({"role": "assistant", "content": talker.replies([(json.dumps(turns),)])[0].text})
    return writer, {"rows": rows, "conversation": conversation}


def main() -> None:
    """Measure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--rows", type=int, default=16)
    parser.add_argument("--shown", type=int, default=12, help="demonstrations before every row")
    parser.add_argument("--turns", type=int, default=6, help="calls of the conversation")
    parser.add_argument("--new", type=int, default=32, help="most new tokens a call")
    parser.add_argument("--model", default="smollm2")
    options = parser.parse_args()
    writer, streams = prompts_of(options.model, options)
    network, limits = writer.loaded.network, Limits(options.new, writer.asker.stops)

    def kept(prompts: list[list[int]]) -> list[list[int]]:
        decoder = Decoder(network)
        return [decoder.complete([prompt], limits)[0].ids for prompt in prompts]

    def whole(prompts: list[list[int]]) -> list[list[int]]:
        return [Decoder(network).complete([prompt], limits)[0].ids for prompt in prompts]

    ways: dict[str, Callable[[list[list[int]]], list[list[int]]]] = {"kept": kept, "whole": whole}
    lines = {}
    for stream, prompts in streams.items():
        times: dict[str, list[dict]] = {name: [] for name in ways}
        tokens = {}
        for round_ in range(options.runs):
            for name, way in ways.items():
                start = time.perf_counter()
                tokens[name] = way(prompts)
                times[name].append({"calls_per_s": len(prompts) / (time.perf_counter() - start)})
                print(f"round {round_ + 1}: {stream}, {name}: {times[name][-1]['calls_per_s']:.3f} calls/s, load {os.getloadavg()[0]:.1f}", file=sys.stderr, flush=True)
        same = sum(a == b for a, b in zip(*tokens.values(), strict=True))
        lines[stream] = {
            "calls": len(prompts), "prompt_tokens": round(sum(map(len, prompts)) / len(prompts), 1), "written_tokens": sum(map(len, tokens["kept"])),
            **{name: round(median(runs, "calls_per_s"), 4) for name, runs in times.items()},
            "times_as_fast": ratios(times["kept"], times["whole"], "calls_per_s"), "calls_with_the_same_tokens": f"{same} of {len(prompts)}",
        }  # fmt: skip
    record("single_calls", {"model": options.model, "precision": "fp32", "threads": torch.get_num_threads(), "runs": options.runs, "new_tokens": options.new, "streams": lines})


if __name__ == "__main__":
    main()
