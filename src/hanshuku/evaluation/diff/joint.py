"""One task that several functions fit, so that they can be measured on the same rows although one knows more labels than another."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from hanshuku.errors import ConfigError
from hanshuku.tasks import Task


def joint_task(tasks: Sequence[Task]) -> tuple[Task, tuple[str, ...]]:
    """The first task with what the others know beside it, and notes of where they differ.

    Labels are joined in the order in which they come, ranges to the widest.

    Raises:
        ConfigError: there are fewer than two, or they do not do the same kind of thing.
    """
    if len(tasks) < 2:
        raise ConfigError(f"To compare functions, give at least two. Received: {len(tasks)}.")
    first = tasks[0]
    for other in tasks[1:]:
        if (other.kind, other.several, len(other.inputs)) != (first.kind, first.several, len(first.inputs)):
            raise ConfigError(f"Functions that are compared do the same kind of thing. Received: {_told(first)} and {_told(other)}.")
        if other.kind == "extract" and other.schema != first.schema:
            raise ConfigError("The two functions extract objects of different schemas, so their answers cannot be compared. Let both have the same schema.")
    labels = tuple(dict.fromkeys(label for task in tasks for label in task.labels))
    for place, task in enumerate(tasks[1:], 2):
        if first.labels and not set(task.labels) & set(first.labels):
            raise ConfigError(f"Function 1 and function {place} have no label in common, so they do different things. Received: {_names(first.labels)} and {_names(task.labels)}.")
    unknown = [[label for label in labels if label not in task.labels] for task in tasks]
    notes = [f"function {place} does not know the {_names(missing)} and cannot be right there" for place, missing in enumerate(unknown, 1) if missing]
    low, high = min(task.low for task in tasks), max(task.high for task in tasks)
    if any((task.low, task.high) != (low, high) for task in tasks):
        ranges = ", ".join(f"{task.low:g}..{task.high:g}" for task in tasks)
        notes.append(f"the functions answer in different ranges: {ranges}; they are measured in {low:g}..{high:g}")
    return replace(first, labels=labels, low=low, high=high, descriptions=first.descriptions if labels == first.labels else ()), tuple(notes)


def onto(joint: Task, own: Task, outputs: np.ndarray) -> np.ndarray:
    """Outputs of a function in the form of the joint task: a label that it does not know has the probability 0."""
    if joint.kind != "classify" or own.labels == joint.labels:
        return outputs
    place = {label: i for i, label in enumerate(joint.labels)}
    found = np.zeros((len(outputs), len(joint.labels)), dtype=outputs.dtype)
    found[:, [place[label] for label in own.labels]] = outputs
    return found


def _told(task: Task) -> str:
    return f"{task.kind}{' with several labels' if task.several else ''} of {len(task.inputs)} text{'s' if len(task.inputs) > 1 else ''}"


def _names(labels: Sequence[str]) -> str:
    shown = ", ".join(map(repr, labels[:6])) + (f" ... ({len(labels)})" if len(labels) > 6 else "")
    return f"label{'s' if len(labels) > 1 else ''} {shown}"
