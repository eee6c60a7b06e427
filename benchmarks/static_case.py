"""Capitals under the method `static`: accuracy on test rows as they are, SHOUTED and Titled, with word vectors of small letters for capitals too, and without.

    python benchmarks/static_case.py [--sets ag_news,airline_tweets,tweet_emotion,financial_phrasebank,hate_offensive] [--sizes 20,200] [--seeds 5] [--test-rows 1000]

Sizes are rows a class. The same rows, drawn by the seed, for both arms; the interval of the difference is Student's t over seeds. Sets written in small letters alone
(sst2) cannot tell the arms apart and are left out.
"""

from __future__ import annotations

import argparse
import random

from calibration import over_seeds
from common import record, rows_of

import hanshuku as hk

FORMS = {"as it is": str, "SHOUTED": str.upper, "Titled": str.title}


def right(name: str, size: int, seed: int, test_rows: int) -> dict:
    """Accuracy of each form, by arm."""
    rows, test = rows_of(name, "train"), rows_of(name, "test")
    labels = sorted({str(row["label"]) for row in rows})
    random.Random(seed).shuffle(rows)
    train = [{"text": row["text"], "label": label} for label in labels for row in [row for row in rows if str(row["label"]) == label][:size]]
    random.Random(0).shuffle(test)
    test = test[:test_rows]
    found = {}
    for arm in (True, False):
        learned = hk.classify(labels).learn(train, method="static", fold_case=arm, seed=seed)
        for form, write in FORMS.items():
            answers = learned.map([write(row["text"]) for row in test])
            found[form, arm] = sum(answer == str(row["label"]) for answer, row in zip(answers, test, strict=True)) / len(test)
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sets", default="ag_news,airline_tweets,tweet_emotion,financial_phrasebank,hate_offensive")
    parser.add_argument("--sizes", default="20,200")
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--test-rows", type=int, default=1000)
    asked = parser.parse_args()
    found: dict = {}
    for name in asked.sets.split(","):
        for size in map(int, asked.sizes.split(",")):
            each = [right(name, size, seed, asked.test_rows) for seed in range(asked.seeds)]
            found[f"{name}, {size} a class"] = {
                form: {
                    "folded": over_seeds([one[form, True] for one in each]), "told": over_seeds([one[form, False] for one in each]),
                    "gain": over_seeds([one[form, True] - one[form, False] for one in each]),
                } for form in FORMS
            }  # fmt: skip
    means = {form: over_seeds([at[form]["gain"]["mean"] for at in found.values()]) for form in FORMS}
    record("static_case", {"seeds": asked.seeds, "test_rows": asked.test_rows, "sets": found, "mean_gain_over_sets": means})


if __name__ == "__main__":
    main()
