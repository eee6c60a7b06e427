"""Tasks: what a function does. A new kind is one file and one line in KINDS."""

from types import ModuleType

from hanshuku.errors import UnknownName
from hanshuku.tasks import classify, rate
from hanshuku.tasks.base import Prediction, Range, Task

KINDS: dict[str, ModuleType] = {"classify": classify, "rate": rate}


def kind_of(task: Task) -> ModuleType:
    """The file of the task's kind: TARGET_COLUMNS, parse_target, encode_targets, decode.

    Raises:
        UnknownName: there is no such kind.
    """
    if task.kind not in KINDS:
        raise UnknownName("task kind", task.kind, KINDS)
    return KINDS[task.kind]


__all__ = ["KINDS", "Prediction", "Range", "Task", "kind_of"]
