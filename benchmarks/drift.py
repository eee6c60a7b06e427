"""Drift: false alarms where nothing changed, power where a share of the rows is foreign, error of the labels' shares and of the accuracy foretold without labels.

    python benchmarks/drift.py [--method static] [--draws 100] [--power-draws 20] [--rows 300] [--train 1500] [--sets en zh]

en: sst2, foreign imdb and airline_tweets (without neutral); zh: chnsenticorp_hotel, foreign online_shopping_10_cats. Every draw takes other rows of the same sets. False
alarms: new rows, rows compared with and test rows are all of the function's own test part. Power: the new rows hold a share of foreign ones. Shares: new rows are drawn with
known shares of labels. Foretold accuracy: against the true accuracy on all labelled rows of each foreign set.
"""

from __future__ import annotations

import argparse
import statistics
from typing import Any

import numpy as np
from common import DATA, record

import hanshuku as hk
from hanshuku.data.examples import Examples
from hanshuku.metrics.intervals import wilson

LABELS = ("negative", "positive")
SETS = {"en": ("sst2", ("imdb", "airline_tweets")), "zh": ("chnsenticorp_hotel", ("online_shopping_10_cats",))}
SHARES = (0.05, 0.1, 0.25, 0.5)
PRIORS = (0.1, 0.3, 0.7, 0.9)


def rows_of(name: str, part: str) -> Examples:
    """The rows of a set with the two labels, as (text, label) alone."""
    file = next(file for file in (DATA / name).glob(f"{part}.jsonl*"))
    rows = hk.read(file)
    kept = [i for i, label in enumerate(rows.column("label")) if str(label).lower() in LABELS]
    found = rows.take(kept)
    return hk.read([{"text": text, "label": str(label).lower()} for text, label in zip(found.column("text"), found.column("label"), strict=True)])


def share_of(hits: int, n: int) -> dict[str, float]:
    """A share with Wilson's interval."""
    low, high = wilson(hits, n)
    return {"value": round(hits / n, 4), "low": round(low, 4), "high": round(high, 4), "n": n}


def drawn(rng: np.random.Generator, rows: Examples, count: int) -> Examples:
    """Some of the rows."""
    return rows.take(rng.permutation(len(rows))[:count])


def joined(*parts: Examples) -> Examples:
    """Rows of several sets, one after the other."""
    return hk.read([row for part in parts for row in part])


def alarms(function: Any, own: Examples, options: argparse.Namespace) -> dict[str, Any]:
    """How often drift is found among rows of one source."""
    found, each = 0, dict.fromkeys(("texts", "length", "language", "unknown_words", "confidence", "answers"), 0)
    for seed in range(options.draws):
        rng = np.random.default_rng(seed)
        rows = drawn(rng, own, 3 * options.rows)
        third = len(rows) // 3
        looked = function.drift(rows.take(range(third)), rows.take(range(third, 2 * third)), test=rows.take(range(2 * third, 3 * third)), seed=seed)
        found += looked.found
        for check in looked.checks:
            each[check.name] += check.p <= 0.05
    return {"any": share_of(found, options.draws), "single_uncorrected": {name: share_of(hits, options.draws) for name, hits in each.items()}}


def power(function: Any, own: Examples, foreign: Examples, options: argparse.Namespace) -> dict[str, Any]:
    """How often drift is found where a share of the new rows is foreign."""
    result = {}
    for share in SHARES:
        found = 0
        for seed in range(options.power_draws):
            rng = np.random.default_rng(1000 + seed)
            rows = drawn(rng, own, 3 * options.rows)
            third, strange = len(rows) // 3, round(share * options.rows)
            live = joined(rows.take(range(third - strange)), drawn(rng, foreign, strange))
            found += function.drift(live, rows.take(range(third, 2 * third)), test=rows.take(range(2 * third, 3 * third)), seed=seed).found
        result[f"{share:.0%}"] = share_of(found, options.power_draws)
    return result


def shares(function: Any, own: Examples, options: argparse.Namespace) -> dict[str, Any]:
    """How well known shares of the labels are found."""
    places = {label: [i for i, cell in enumerate(own.column("label")) if cell == label] for label in LABELS}
    result = {}
    for prior in PRIORS:
        errors: dict[str, list[float]] = {"black_box": [], "em": [], "answers_as_they_are": []}
        held = 0
        for seed in range(options.power_draws):
            rng = np.random.default_rng(2000 + seed)
            mixed = {label: rng.permutation(part) for label, part in places.items()}
            half = {label: len(part) // 2 for label, part in mixed.items()}
            test = own.take(np.concatenate([mixed[label][: min(half[label], 2 * options.rows)] for label in LABELS]))
            count = min(options.rows, int(min(half["positive"] / prior, half["negative"] / (1 - prior))))
            positive = round(prior * count)
            live = own.take(np.concatenate([mixed["positive"][-positive:], mixed["negative"][-(count - positive) :]]))
            looked = function.drift(live, test, test=test, seed=seed)
            share = next(each for each in looked.shares if each.label == "positive")
            answers = looked.check("answers").now.get("positive", 0.0)
            for name, value in (("black_box", share.value), ("em", share.by_em), ("answers_as_they_are", answers)):
                errors[name].append(abs(value - positive / count))
            held += share.low <= positive / count <= share.high
        result[f"{prior:.0%} positive"] = {name: round(statistics.mean(values), 4) for name, values in errors.items()} | {"interval_holds": share_of(held, options.power_draws)}
    return result


def foretold(function: Any, own: Examples, test: Examples, foreign: dict[str, Examples], train: Examples) -> dict[str, Any]:
    """The accuracy foretold against the true one."""
    result = {}
    for name, rows in {"own": own, **foreign}.items():
        looked = function.drift(rows, train, test=test, rows=2000)
        truth = function.evaluate(rows, checks=()).metrics["accuracy"]
        ways = {way: {key: round(value, 4) for key, value in told.items()} for way, told in looked.foretold.items()}
        result[name] = {"true": round(truth.value, 4), "n": truth.n, "auc": looked.auc and round(looked.auc["value"], 4), "advice": looked.advice, **ways}
    return result


def measured(language: str, options: argparse.Namespace) -> dict[str, Any]:
    """One language."""
    name, others = SETS[language]
    train = drawn(np.random.default_rng(0), rows_of(name, "train"), options.train)
    test = rows_of(name, "test")
    if (DATA / name).joinpath("validation.jsonl").exists() or list((DATA / name).glob("validation.jsonl*")):
        test = joined(test, rows_of(name, "validation"))
    foreign = {other: rows_of(other, "test") for other in others}
    function = hk.classify(LABELS, name="mood").learn(train, method=options.method)
    order = np.random.default_rng(1).permutation(len(test))
    held, own = test.take(order[: len(order) // 2]), test.take(order[len(order) // 2 :])
    result = {"rows_of_test": len(test), "accuracy": function.evaluate(held, checks=()).metrics["accuracy"].to_json()}
    result["foretold_accuracy"] = foretold(function, own, held, foreign, train)
    print(language, result, flush=True)
    result["label_shares_mean_absolute_error"] = shares(function, test, options)
    result["power"] = {other: power(function, test, rows, options) for other, rows in foreign.items()}
    print(language, result["label_shares_mean_absolute_error"], result["power"], flush=True)
    result["false_alarms"] = alarms(function, test, options)
    return {"set": name, **result}


def main() -> None:
    """Measure."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sets", nargs="*", default=["en", "zh"], choices=["en", "zh"])
    parser.add_argument("--method", default="static")
    parser.add_argument("--draws", type=int, default=100, help="For false alarms.")
    parser.add_argument("--power-draws", type=int, default=20)
    parser.add_argument("--rows", type=int, default=300)
    parser.add_argument("--train", type=int, default=1500)
    parser.add_argument("--no-record", action="store_true", help="Print only.")
    options = parser.parse_args()
    results = {language: measured(language, options) for language in options.sets}
    if options.no_record:
        print(results)
        return
    record("drift", {"method": options.method, "rows": options.rows, "train": options.train, "level": 0.05, **results})


if __name__ == "__main__":
    main()
