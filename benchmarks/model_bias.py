"""Bias of language models: CrowS-Pairs and WinoBias.

Share of pairs whose stereotyped text is likelier, by kind of bias, against 50%; how often a model knows whom a pronoun means where it fits the stereotype and
where not, and the gap. Every number with its 95% interval, p-values by Holm within a file.

    python benchmarks/model_bias.py [--models smollm2,gemma-270m] [--rows 0] [--scores whole] [--seed 0] [--name model_bias]

--rows: pairs of each file drawn by the seed; 0: all (about half an hour of one core for both models).
"""

from __future__ import annotations

import argparse
import time

from common import DATA, record

from hanshuku.inference.likelihood import load_likelihood
from hanshuku.safety.bias_render import verdicts
from hanshuku.safety.bias_rows import bias_rows
from hanshuku.safety.model_bias import drawn, measured

FILES = {"crows_pairs": "crows_pairs/test.jsonl", "winobias": "winobias/test.jsonl"}


def main() -> None:
    import hanshuku as hk

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--models", default="smollm2,gemma-270m")
    parser.add_argument("--rows", type=int, default=0)
    parser.add_argument("--scores", default="whole")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--name", default="model_bias", help="of the file in results/")
    asked = parser.parse_args()
    found = {}
    for model in asked.models.split(","):
        likelihood = load_likelihood(model)
        for name, file in FILES.items():
            rows = drawn(bias_rows(hk.read(DATA / file)), asked.rows, asked.seed)
            for score in asked.scores.split(","):
                start = time.process_time()
                one = measured(likelihood, model, rows, score, name)
                found[f"{model}/{name}/{score}"] = {"verdict": verdicts(one), "processor_s": round(time.process_time() - start, 1), **one.to_json()}
                print(*verdicts(one), sep="\n", flush=True)
    record(asked.name, {"settings": vars(asked), "chance": 0.5, "found": found})


if __name__ == "__main__":
    main()
