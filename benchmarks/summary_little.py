"""Lines of RESULTS.md on what helps where labels are few: switches, self-training, transfer, learning on."""

from __future__ import annotations

from collections.abc import Iterator

from summary_trust import Line, spread
from switches import ARMS

COLUMNS = ("accuracy", "slips", "counterfactual")


def _points(found: dict) -> str:
    """A gain in points with its interval."""
    return f"{found['gain']:+.1f} [{found['low']:+.1f}, {found['high']:+.1f}]"


def switched(results: dict) -> Iterator[Line]:
    """switches: a line an arm, the mean over sets and sizes and each of its cells."""
    for method in [name for name, found in results.items() if isinstance(found, dict) and "cpu_ratio" in found]:
        found = results[method]
        for arm, ratio in found["cpu_ratio"].items():
            means = [f"{column} {_points(found[column][arm])}" for column in COLUMNS if found[column].get(arm)]
            cells = found["accuracy"][arm]["cells"]
            each = ", ".join(f"{name} {cell['gain']:+.1f}{'*' if cell['p_holm'] < 0.05 else ''}" for name, cell in cells.items())
            yield f"{method}, {arm}, {found['seeds']} seeds, points", f"{'; '.join(means)}; time {ratio:.1f}; accuracy by set and rows a class: {each}"


def few_rows(results: dict) -> Iterator[Line]:
    """few_rows."""
    for name, found in results["results"].items():
        chance = f", p {found['p']:.3f}" if found["p"] >= 0.001 else ", p < 0.001"
        yield f"{name}, fine-tuning as ever and as with few rows, {results['seeds']} seeds, n {found['n']}", f"{found['as_ever']:.3f} to {found['few']:.3f}: {_points(found)} points{chance}; time {found['time']:.2f}"
    yield "mean gain over these sets", spread(results["mean_gain"], sign="+")


def few_rows_kinds(results: dict) -> Iterator[Line]:
    """few_rows_kinds."""
    for name, found in results["results"].items():
        yield f"{name}, fine-tuning as ever and as with few rows, {results['seeds']} seeds", f"{found['as ever']:.3f} to {found['few']:.3f}: {spread(found['gain'], sign='+')}; a probe {found['probe']:.3f}"


def dearer(results: dict) -> Iterator[Line]:
    """switch_cost."""
    for arm, found in results["ratio"].items():
        if arm != "plain" and "augment" not in ARMS.get(arm, {}):  # more rows make no step dearer
            yield f"a step with {arm}", f"{found['median']:.2f} of a plain one ({found['min']:.2f} to {found['max']:.2f}, {results['rounds']} rounds)"


def sturdier(results: dict) -> Iterator[Line]:
    """adversarial_robustness."""
    for arm, found in results["results"].items():
        columns = {name: value for name, value in found.items() if isinstance(value, dict)}
        came = "; ".join(f"{name} {value['accuracy']:.3f}" + (f" ({_points(value['against_plain'])})" if "against_plain" in value else "") for name, value in columns.items())
        yield f"{results['set']}, {results['rows']:,} rows, {results['seeds']} seeds, {arm} (points over plain)", came


def taught_by_itself(results: dict) -> Iterator[Line]:
    """self_training."""
    for name, found in results["results"].items():
        for way in [key for key in found if key != "alone" and not key.endswith("_difference")]:
            gain = found[f"{way}_difference"]
            yield f"{name}, {way}, {len(results['seeds'])} seeds", f"{found['alone']:.3f} to {found[way]:.3f}: {spread(gain, sign='+')}"


def carried_over(results: dict) -> Iterator[Line]:
    """transfer."""
    for name, found in results["tables"].items():
        gains = ", ".join(f"{source} {spread(gain, sign='+')}" for source, gain in found["gain"].items())
        yield f"{name}, {len(results['seeds'])} seeds, {results['source_rows']:,} rows of a source first", f"plain {found['accuracy']['plain']:.3f}; {gains}"
    advised = {key: spread(found) for key, found in results["advise"].items()}
    yield "what advise puts first", f"gain over plain {advised['gain_over_plain']} of {advised['best_gain']} that could be had; rank correlation {advised['spearman']}"


def learned_on(results: dict) -> Iterator[Line]:
    """continual."""
    for name, found in results["strategies"].items():
        said = f"average accuracy {_mean(found['average'])}"
        if "forgetting" in found:
            said += f"; under all at once {_mean(found['under_together'])}; forgetting {_mean(found['forgetting'])}; {found['stored']} rows stored; {found['cpu_s']:.0f} s"
            said += "; by order: " + ", ".join(f"{order} {each['average']['mean']:.3f}" for order, each in found["orders"].items())
        yield f"{name}, {results['rows'] or 'all'} rows a task, {len(results['seeds'])} seeds, rate {found['rate']:g}", said


def layered(results: dict) -> Iterator[Line]:
    """probe_layers."""
    for size, found in results["sizes"].items():
        for arm, gain in found["gain"].items():
            sets = ", ".join(f"{name} {each[arm]['gain']:+.1f}" for name, each in found["sets"].items())
            yield f"{arm}, {size} a class, {results['seeds']} seeds", f"{_points({'gain': gain['mean'], 'low': gain['low'], 'high': gain['high']})} points over the last layer alone; {sets}"


def _mean(found: dict) -> str:
    return spread(found) if found.get("low") is not None else f"{found['mean']:.3f}"
