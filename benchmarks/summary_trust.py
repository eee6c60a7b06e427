"""Lines of RESULTS.md on whether a function can be trusted: calibration, other forms and domains, attacks, biases; and answers in Chinese; see summary."""

from __future__ import annotations

from collections.abc import Iterator

Line = tuple[str, str]


def spread(found: dict, digits: int = 3, *, sign: str = "") -> str:
    """A value, or a mean over seeds, with its interval."""
    key = "value" if "value" in found else "mean"
    return f"{found[key]:{sign}.{digits}f} [{found['low']:{sign}.{digits}f}, {found['high']:{sign}.{digits}f}]"


def scaled(results: dict) -> Iterator[Line]:
    """calibration."""
    for name, found in results["sets"].items():
        for measure, named in (("ece", "calibration error"), ("log_loss", "log loss")):
            came = "; ".join(f"{way} {spread(each[measure])}" for way, each in found["mean_over_seeds"].items())
            yield f"{name}, {results['method']} on {found.get('rows') or results['rows']:,} rows, {results['seeds']} seeds: {named}", f"{came}; n {found['n']:,}"


def foreseen(results: dict) -> Iterator[Line]:
    """foreseen_temperature: a line a method and size."""
    for arm, found in results["by_size"].items():
        came = "; ".join(
            f"{named} {found[measure]['own']:.3f} as the network has it, {found[measure]['foreseen']:.3f} as foreseen, {found[measure]['best']:.3f} at best"
            for measure, named in (("ece", "calibration error"), ("log_loss", "log loss"))
        )
        worse = [name for name, cell in found["by_set"].items() if cell["log_loss"]["foreseen"] > cell["log_loss"]["own"] + 0.01]
        off = found["log_temperature_off"]
        yield f"{arm}{'' if arm.endswith('class') else ' rows'}, {found['cells']} functions", f"{came}; log temperature off by {off['mean']:+.2f}, root mean square {off['root_mean_square']:.2f}; a greater log loss: {', '.join(worse) or 'none'}"


def capitals(results: dict) -> Iterator[Line]:
    """static_case."""
    for name, found in results["sets"].items():
        for form, at in found.items():
            yield f"{name}: texts {form}", f"small letters for capitals {at['folded']['mean']:.3f}, told apart {at['told']['mean']:.3f}; gain {spread(at['gain'], sign='+')}, {results['seeds']} seeds"
    for form, gain in results["mean_gain_over_sets"].items():
        yield f"mean over sets: texts {form}", f"gain {spread(gain, sign='+')}"


def elsewhere(results: dict) -> Iterator[Line]:
    """robustness."""
    yield "sst2, its own test rows", f"{spread(results['sst2'])}, n {results['sst2']['n']:,}"
    for kind, found in results["forms"].items():
        yield f"{kind}: the same rows written so", f"{found['before']['value']:.3f} to {found['after']['value']:.3f}, drop {spread(found['drop'])}, n {found['n']:,}"
    for name, found in results["out_of_domain"].items():
        yield f"{name}: another domain", f"{spread(found['value'])}, drop {spread(found['drop'], sign='+')}, n {found['n']:,}"
    yield f"{len(results['tests'])} behavioural tests: cases failed", f"{spread(results['behaviours'])}, n {results['behaviours']['n']:,}"


def turned(results: dict) -> Iterator[Line]:
    """attacks."""
    for name, ways in results["sets"].items():
        for way, arms in ways.items():
            for arm, found in arms.items():
                below = next((f"; below plain by {spread(value, sign='+')}" for value in _gaps(found)), "")
                yield (
                    f"{name}, {arm}, {way}: right answers turned, {results['seeds']} seeds",
                    f"{found['success']:.3f} [{found['low']:.3f}, {found['high']:.3f}] of {found['attacked']}, {found['queries_median']:g} queries in the median; right {found['right_before']:.3f} before, {found['right_after']:.3f} after{below}",
                )


def _gaps(found: dict) -> list[dict]:
    return [{"value": value["difference"], **value} for key, value in found.items() if key.startswith("below_")]


def planted(results: dict) -> Iterator[Line]:
    """planted_bias."""
    for name, found in results["summary"].items():
        if "found" in found:
            yield f"{name}: planted, found in", f"{spread(found['found'], 2)} of {found['found']['n']} runs; gap {found['gap']:.3f}"
        else:
            yield f"{name}: nothing planted, accused in", f"{spread(found['falsely_accused'], 2)} of {found['falsely_accused']['n']} runs"


def biased(results: dict) -> Iterator[Line]:
    """model_bias."""
    for name, found in results["found"].items():
        yield name, " ".join(found["verdict"])


def pieces(results: dict) -> Iterator[Line]:
    """answer_pieces."""
    for arm, found in results["arms"].items():
        yield f"words {arm}, {results['rows']} rows, {results['seeds']} seeds", f"F1 {spread(found['f1'])}, exact match {spread(found['exact_match'])}, n {results['n']}"
    yield "answers of cmrc2018 that begin or end inside a word", spread(results["answers_inside_a_word"])
    gain = results["whole_minus_apart"]
    yield "whole minus apart", f"F1 {spread(gain['f1'], sign='+')}, exact match {spread(gain['exact_match'], sign='+')}"
