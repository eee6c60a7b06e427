"""Tasks: what a function does. A new kind is one file and one line in KINDS."""

from types import ModuleType

from hanshuku.errors import UnknownName
from hanshuku.tasks import (
    answer,
    chat,
    classify,
    complete_code,
    extract,
    generate,
    rank,
    rate,
    summarize,
    tag,
    translate,
)
from hanshuku.tasks.base import Prediction, Range, Task
from hanshuku.tasks.outputs import Answer, Message, Ranking, Span

KINDS: dict[str, ModuleType] = {
    "classify": classify,
    "rate": rate,
    "generate": generate,
    "translate": translate,
    "summarize": summarize,
    "complete_code": complete_code,
    "chat": chat,
    "answer": answer,
    "tag": tag,
    "extract": extract,
    "rank": rank,
}
TEXT_KINDS = frozenset({"generate", "translate", "summarize", "complete_code", "chat"})  # the answer is a text
WRITTEN_KINDS = TEXT_KINDS | {"extract"}  # a language model writes the answer


def kind_of(task: Task) -> ModuleType:
    """The file of the task's kind: TARGET_COLUMNS, parse_target, encode_targets, decode; beyond classify
    and rate also INPUT_COLUMNS, BESIDE_COLUMNS and, where an input is no plain text, parse_input.

    Raises:
        UnknownName: there is no such kind.
    """
    if task.kind not in KINDS:
        raise UnknownName("task kind", task.kind, KINDS)
    return KINDS[task.kind]


__all__ = ["KINDS", "TEXT_KINDS", "WRITTEN_KINDS", "Answer", "Message", "Prediction", "Range", "Ranking", "Span", "Task", "kind_of"]
