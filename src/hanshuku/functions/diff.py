"""diff: two or more functions on one test: what differs, how sure that is, and which answers changed."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hanshuku.data.encode import encode
from hanshuku.errors import ConfigError, DataError
from hanshuku.functions.compare import examples_of
from hanshuku.functions.core import Function
from hanshuku.functions.guard import Guarded
from hanshuku.training.run import Step, silent

if TYPE_CHECKING:
    from hanshuku.evaluation.diff.found import FunctionDiff


def diff(
    functions: Mapping[str, Function[..., Any]] | Sequence[str | Path | Function[..., Any]], test: Any, *, seed: int = 0, report: Callable[[Step], None] = silent
) -> FunctionDiff:
    """Measure functions on the same labelled rows; each is compared with the first.

    Every metric of the kind with the paired difference, its 95% interval and p (accuracy: McNemar's exact test; others: paired bootstrap), corrected
    by Holm for all that was looked at; the rows with another answer; agreement; labels; speed and size.

    Args:
        functions: name -> function, or a sequence of functions and folders of saved ones; at least two. They do the same kind of thing; where one knows
            more labels, the other is wrong on rows of those, which is noted.
        test: labelled examples that none has learned from, or whatever `read` takes.
        seed: of the bootstrap.
        report: called with progress.

    Raises:
        ConfigError: fewer than two functions, or they do not do the same kind of thing.
        DataError: the rows do not fit the task, or there is none.
    """
    from hanshuku.evaluation.diff.joint import joint_task
    from hanshuku.evaluation.diff.measure import Compared
    from hanshuku.evaluation.diff.measure import diff as measure_diff

    named = _named(functions)
    examples = examples_of(test)
    joint, differing = joint_task([function.task for function, _ in named.values()])
    rows, notes = encode(joint, examples, unknown_labels="keep")
    if not len(rows):
        raise DataError("There is nothing to compare the functions on: no labelled row was found.")
    compared = []
    for name, (function, path) in named.items():
        predictor = function.predictor(rows.inputs[:50])
        last = function.history[-1] if function.history else None
        unknown = [label for label in joint.labels if label not in function.task.labels]
        facts = {"method": last.method if last else None, "model": last.model if last else None, "megabytes": _megabytes(path), "unknown_labels": unknown}
        compared.append(Compared(name, predictor, facts))
    origins = [examples.origin(i) for i in range(len(examples))]
    found = measure_diff(compared, rows, origins, notes=(*differing, *(str(note.message) for note in notes)), seed=seed, report=report)
    masker = next((function.masker for function, _ in named.values() if isinstance(function, Guarded) and function.masker), None)
    return found if masker is None else found.with_texts(masker.text)  # what one of them may not read, a page that is passed on shows no more


def _named(functions: Mapping[str, Function[..., Any]] | Sequence[str | Path | Function[..., Any]]) -> dict[str, tuple[Function[..., Any], Path | None]]:
    """Name -> function and the folder it came from; folders go by their names, functions by those of their tasks."""
    from hanshuku.functions.store import load

    if isinstance(functions, Mapping):
        return {str(name): (function, None) for name, function in functions.items()}
    if isinstance(functions, (str, Path, Function)):
        raise ConfigError("To compare functions, give at least two. Received: one.")
    found: dict[str, tuple[Function[..., Any], Path | None]] = {}
    for each in functions:
        function, path = (each, None) if isinstance(each, Function) else (load(each), Path(each))
        name = function.task.name if path is None else path.name
        if name in found and path is not None:
            name = str(path)  # two folders of one name
        base, count = name, 2
        while name in found:
            name, count = f"{base} ({count})", count + 1
        found[name] = (function, path)
    return found


def _megabytes(path: Path | None) -> float | None:
    return None if path is None else round(sum(file.stat().st_size for file in path.rglob("*") if file.is_file()) / 1e6, 2)
