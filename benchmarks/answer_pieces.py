"""Answers in Chinese contexts: words of several characters left whole, as the encoder was pretrained with them, against taken apart into characters.

    python benchmarks/answer_pieces.py [--rows 700] [--test-rows 500] [--epochs 3] [--seeds 2] [--model e5-multilingual]

Rows of cmrc2018, their contexts cut to a random stretch round the answer, so that an encoder learns them on a processor in minutes: figures are those of
an easier task than cmrc2018's. Both arms learn the same rows with the same settings; the difference is paired over rows and seeds (bootstrap).
"""

from __future__ import annotations

import argparse
import time
from functools import partial

import numpy as np
from common import Cells, record, rows_of

ARMS = {"whole": False, "apart": True}
ROOM = (20, 140)  # characters that are kept on either side of an answer
LONGEST = 60  # characters of an answer


def cut(row: dict, rng: np.random.Generator) -> dict | None:
    """A row with a stretch of its context; None: its answer is too long, or not where the row says."""
    context, answer, start = row["context"], row["answers"]["text"][0], row["answers"]["answer_start"][0]
    if len(answer) > LONGEST or context[start : start + len(answer)] != answer:
        return None
    begin, end = max(0, start - int(rng.integers(*ROOM))), start + len(answer) + int(rng.integers(*ROOM))
    return {"question": row["question"], "context": context[begin:end], "answers": {"text": [answer], "answer_start": [start - begin]}}


def one(options: argparse.Namespace, arm: str, seed: int) -> dict:
    """Learn and judge: for each test row F1 and exact match."""
    import hanshuku as hk
    from hanshuku.inference.answer_reading import AnswerReader
    from hanshuku.methods import answer_finetuning
    from hanshuku.metrics.answers import answer_rows

    answer_finetuning.AnswerReader = partial(AnswerReader, apart=ARMS[arm])
    rng = np.random.default_rng(seed)
    train, test = ([found for row in rows_of("cmrc2018", part) if (found := cut(row, rng))] for part in ("train", "test"))
    train = [train[i] for i in rng.permutation(len(train))[: options.rows]]
    test = [test[i] for i in np.random.default_rng(0).permutation(len(test))[: options.test_rows]]
    start = time.process_time()
    function = hk.answer().learn(train, method="finetune", model=options.model, seed=seed, max_length=256, epochs=options.epochs)
    cost = time.process_time() - start
    given = [answer.text for answer in function.map([(row["question"], row["context"]) for row in test])]
    exact, f1 = answer_rows(given, [row["answers"]["text"] for row in test], chinese=True)
    return {"f1": [round(float(each), 4) for each in f1], "exact_match": [int(each) for each in exact], "fit_cpu_s": round(cost)}


def inside(model: str) -> dict:
    """Share of cmrc2018's training answers that begin or end inside a word that stays whole."""
    from hanshuku.inference.pieces import pieces_of
    from hanshuku.metrics.intervals import wilson
    from hanshuku.models.load import load_encoder

    tokenizer, count, rows = load_encoder(model).tokenizer, 0, rows_of("cmrc2018", "train")
    for row in rows:
        context, answer, start = row["context"], row["answers"]["text"][0].strip(), row["answers"]["answer_start"][0]
        pieces = pieces_of(tokenizer, [context], apart=False)[0]
        count += start not in pieces.starts or start + len(answer) not in pieces.ends
    low, high = wilson(count, len(rows))
    return {"value": round(count / len(rows), 4), "low": round(low, 4), "high": round(high, 4), "n": len(rows)}


def interval(rows: np.ndarray) -> dict:
    """The mean of (seeds, N), and its interval by rows drawn anew."""
    draws = np.random.default_rng(0).integers(0, rows.shape[1], (5000, rows.shape[1]))
    low, high = np.percentile(rows.mean(axis=0)[draws].mean(axis=1), [2.5, 97.5])
    return {"value": round(float(rows.mean()), 4), "low": round(float(low), 4), "high": round(float(high), 4)}


def main() -> None:
    """Fill the missing cells, then compare."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=700)
    parser.add_argument("--test-rows", type=int, default=500)
    parser.add_argument("--epochs", type=float, default=3)
    parser.add_argument("--seeds", type=int, default=2)
    parser.add_argument("--model", default="e5-multilingual")
    options = parser.parse_args()
    cells = Cells("answer_pieces")
    settings = (options.rows, options.test_rows, options.epochs, options.model)
    found = {arm: [] for arm in ARMS}
    for seed in range(options.seeds):
        for arm in ARMS:
            found[arm].append(cells.fill((arm, seed, *settings), partial(one, options, arm, seed), hidden=("f1", "exact_match")))
    rows = {measure: {arm: np.array([cell[measure] for cell in each], dtype=np.float64) for arm, each in found.items()} for measure in ("f1", "exact_match")}
    record("answer_pieces", {
        **vars(options), "n": options.test_rows,
        "arms": {arm: {measure: interval(rows[measure][arm]) for measure in rows} | {"fit_cpu_s": [cell["fit_cpu_s"] for cell in found[arm]]} for arm in ARMS},
        "answers_inside_a_word": inside(options.model),
        "whole_minus_apart": {measure: interval(each["whole"] - each["apart"]) for measure, each in rows.items()},
    })  # fmt: skip


if __name__ == "__main__":
    main()
