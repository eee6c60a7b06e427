"""A step of an encoder on long rows: attention in blocks, as fine-tuning runs it, the way with kept probabilities, and transformers' own forward under autocast.

    python benchmarks/long_rows.py [--model minilm] [--rows 16] [--tokens 128,192,256,512] [--rounds 3] [--threads 1]

Forward and backward of random rows in bfloat16, dropout on, one process, the three in turn; processor time of each round, and the ratio to ours within the round
(median, least and most). `kept` is the same code with the limit for blocks out of reach, which keeps the dropout of attention probabilities too.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import time

from common import ROOT, record

sys.path.insert(0, str(ROOT / "src"))

import torch

from hanshuku.models.load import load_encoder
from hanshuku.training import fast_layer
from hanshuku.training.fast_encoder import fast_hidden_states

FROM = fast_layer.LONG  # tokens from which fine-tuning takes blocks
WAYS = ("blocks", "kept", "transformers")


def step(network: torch.nn.Module, way: str, ids: torch.Tensor, mask: torch.Tensor) -> float:
    """Processor seconds of a forward and a backward."""
    fast_layer.LONG = 1 if way == "blocks" else sys.maxsize
    network.zero_grad()
    begin = time.process_time()
    if way == "transformers":
        with torch.autocast("cpu", torch.bfloat16):
            hidden = network(input_ids=ids, attention_mask=mask).last_hidden_state
    else:
        hidden = fast_hidden_states(network, ids, mask)
    hidden.float().square().mean().backward()
    return time.process_time() - begin


def main() -> None:
    """Measure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", default="minilm")
    parser.add_argument("--rows", type=int, default=16)
    parser.add_argument("--tokens", default="128,192,256,512")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--threads", type=int, default=1)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    torch.manual_seed(0)
    network = load_encoder(options.model).network.float().train()
    results = {}
    for tokens in map(int, options.tokens.split(",")):
        ids = torch.randint(5, network.config.vocab_size, (options.rows, tokens))
        mask = torch.ones_like(ids)
        mask[: options.rows // 4, tokens - tokens // 16 :] = 0
        for way in WAYS:
            step(network, way, ids, mask)  # sets up
        rounds = [{way: step(network, way, ids, mask) for way in WAYS} for _ in range(options.rounds)]
        results[tokens] = {"seconds": {way: round(statistics.median(each[way] for each in rounds), 3) for way in WAYS}}
        for way in WAYS[1:]:
            ratios = [each[way] / each["blocks"] for each in rounds]
            results[tokens][f"{way} over blocks"] = {
                "median": round(statistics.median(ratios), 3),
                "min": round(min(ratios), 3),
                "max": round(max(ratios), 3),
                "n": len(ratios),
            }
        print(tokens, results[tokens], flush=True)
    record("long_rows", {"options": vars(options), "from_tokens": FROM, "tokens": results})


if __name__ == "__main__":
    main()
