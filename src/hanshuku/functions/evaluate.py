"""evaluate: a function on labelled examples, and on whatever else its report shall look at."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any

from hanshuku.data.encode import encode
from hanshuku.data.encoded import Encoded
from hanshuku.data.examples import Examples
from hanshuku.data.read import SPLITS, read
from hanshuku.data.relabel import relabel
from hanshuku.errors import ConfigError, DataError, UnknownName
from hanshuku.evaluation.behaviours import Behaviour, read_behaviours
from hanshuku.evaluation.evaluate import evaluate as evaluate_predictor
from hanshuku.evaluation.parts.base import Wanted
from hanshuku.evaluation.report import Report, plain_json
from hanshuku.functions.origin import Origin
from hanshuku.inference.base import Predictor
from hanshuku.tasks import Task
from hanshuku.training.run import Step, silent

SPLIT_NAMES = {name for names in SPLITS.values() for name in names}  # files named so are told apart by their folder
HISTORY = ("method", "settings", "model", "revision", "licence", "seed", "rows", "data", "seconds", "date", "versions")  # of an Origin, kept in a report


@dataclass(frozen=True)
class Looks:
    """What a report looks at beside the metrics, as a user says it.

    Args:
        checks: names of parts of the report (`hanshuku.evaluation.parts.PARTS`); None: all that suit; (): those alone that ask nothing again.
        ood: labelled sets of another domain: a file, a list of files, or name -> whatever `read` takes.
        same: label of those sets -> label of the function, {"1 star": "negative"}; or name of a set -> such a mapping, for this set alone.
        behaviours: files of behavioural tests, or names of ready ones ("sentiment", "sentiment-zh"); see `evaluation.behaviours.read_behaviours`.
        groups: the column that names the group of a row, for the gaps between groups.
        paraphrase: a function that says a text in other words (see `generate`); without one, no row is paraphrased.
        rows: most rows that a part asks again in another form, drawn by the seed; >= 1.
        curve: a LearningCurve (see `Function.learning_curve`), or its JSON data, to be shown with the report.
    """

    checks: Sequence[str] | None = None
    ood: Any = None
    same: Mapping[str, Any] = field(default_factory=dict)
    behaviours: Any = ()
    groups: str = ""
    paraphrase: Any = None
    rows: int = 200
    curve: Any = None

    def __post_init__(self) -> None:
        if isinstance(self.checks, str):
            raise ConfigError(f"checks= is a list of names, such as ['robustness']. Received: {self.checks!r}.")
        if isinstance(self.rows, bool) or not isinstance(self.rows, int) or self.rows < 1:
            raise ConfigError(f"rows= is a whole number of rows, at least 1. Received: {self.rows!r}.")


def looks(options: Mapping[str, Any]) -> Looks:
    """The looks that keyword arguments state.

    Raises:
        UnknownName: there is no such argument.
        ConfigError: a value is outside its range.
    """
    known = {f.name for f in fields(Looks)}
    for name in options:
        if name not in known:
            raise UnknownName("argument of evaluate", name, known)
    return Looks(**options)


def evaluate(
    task: Task,
    predictor: Predictor,
    examples: Any,
    *,
    seed: int = 0,
    report: Callable[[Step], None] = silent,
    history: Sequence[Origin] = (),
    asked: Looks | None = None,
) -> Report:
    """Measured quality and cost of a predictor; see `Function.evaluate`."""
    asked = asked or Looks()
    rows, notes = _encoded(task, examples)
    if not len(rows):
        raise DataError("There is nothing to evaluate on: no labelled row was found.")
    if asked.groups and asked.groups not in rows.columns:
        raise UnknownName("column for groups", asked.groups, rows.columns)
    curve = _curve(asked.curve)
    ood, more = _other_sets(task, asked)
    checks = None if asked.checks is None else tuple(asked.checks)
    wanted = Wanted(checks=checks, ood=ood, behaviours=_behaviours(asked.behaviours), groups=asked.groups, rows=asked.rows, paraphrase=asked.paraphrase)
    texts = tuple(str(getattr(note, "message", note)) for note in (*notes, *more))
    found = evaluate_predictor(predictor, rows, seed=seed, notes=texts, report=report, columns=rows.columns, wanted=wanted)
    kept = tuple({key: value for key, value in origin.to_json().items() if key in HISTORY} for origin in history)
    return replace(found, parts={**found.parts, **curve}, history=kept)


def _curve(curve: Any) -> dict[str, Any]:
    """The part that shows a learning curve, where there is one."""
    if curve is None:
        return {}
    from hanshuku.functions.curve import LearningCurve

    known = curve if isinstance(curve, LearningCurve) else LearningCurve.from_json(curve)
    return {"learning_curve": plain_json(known.to_json())}


def _encoded(task: Task, examples: Any) -> tuple[Encoded, tuple[Any, ...]]:
    if isinstance(examples, Encoded):
        return examples, ()
    rows = examples if isinstance(examples, Examples) else read(examples)
    return encode(task, rows, unknown_labels="keep", keep_columns=True)


def _other_sets(task: Task, asked: Looks) -> tuple[dict[str, Encoded], list[Any]]:
    """The sets of another domain as rows of the task, by name, with the notes of what was counted."""
    sets = named_sets(asked.ood)
    own = {name: dict(labels) for name, labels in asked.same.items() if isinstance(labels, Mapping)}
    shared = {old: new for old, new in asked.same.items() if not isinstance(new, Mapping)}
    for name in own:
        if name not in sets:
            raise UnknownName("set of ood", name, sets)
    if asked.same and not sets:
        raise ConfigError("same= says which labels of the sets of ood= are the function's. Received no such set.")
    found, notes = {}, []
    for name, source in sets.items():
        examples = source if isinstance(source, Examples) else read(source)
        examples, left_out = relabel(task, examples, shared | own.get(name, {}), name=name)
        found[name], said = encode(task, examples, unknown_labels="keep")
        notes += [*left_out, *(f"{name}: {getattr(note, 'message', note)}" for note in said)]
    return found, notes


def named_sets(ood: Any) -> dict[str, Any]:
    """Sets by name: a file's own, or its folder's where the file is named test, train and the like."""
    if ood is None or (isinstance(ood, (list, tuple)) and not ood):
        return {}
    if isinstance(ood, Mapping):
        return {str(name): source for name, source in ood.items()}
    sources = ood if isinstance(ood, (list, tuple)) and all(isinstance(source, (str, Path, Examples)) for source in ood) else [ood]
    found: dict[str, Any] = {}
    for source in sources:
        name = set_name(source)
        found[name if name not in found else f"{name} {sum(each.split(' ')[0] == name for each in found) + 1}"] = source
    return found


def set_name(source: Any) -> str:
    """What a data set is called in a report: "yelp5" for yelp5.csv and for yelp5/test.jsonl.gz."""
    if isinstance(source, Examples):
        source = source.sources[0]
    if not isinstance(source, (str, Path)):
        return "ood"
    path = Path(source)
    stem = path.name.split(".")[0]
    return path.resolve().parent.name if stem in SPLIT_NAMES and path.resolve().parent.name else stem or str(source)


def _behaviours(given: Any) -> tuple[Behaviour, ...]:
    """The tests of each file, and those that were read already."""
    files = given if isinstance(given, (list, tuple)) else (given,)
    return tuple(test for each in files for test in ((each,) if isinstance(each, Behaviour) else read_behaviours(each)))
