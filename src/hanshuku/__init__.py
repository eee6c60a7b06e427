"""Hanshuku (函数库), the AI function library: typed functions learned from few examples, measured, saved and served.

The names below are all there is to learn first; each is loaded when it is first used, so importing costs nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from hanshuku.data.check import check as check
    from hanshuku.data.examples import Examples as Examples
    from hanshuku.data.read import read as read
    from hanshuku.errors import HanshukuError as HanshukuError
    from hanshuku.evaluation.gate import gate as gate
    from hanshuku.evaluation.report import Report as Report
    from hanshuku.functions.compare import compare as compare
    from hanshuku.functions.core import Function as Function
    from hanshuku.functions.guard import guard as guard
    from hanshuku.functions.store import load as load
    from hanshuku.functions.verbs import answer as answer
    from hanshuku.functions.verbs import chat as chat
    from hanshuku.functions.verbs import classify as classify
    from hanshuku.functions.verbs import complete_code as complete_code
    from hanshuku.functions.verbs import extract as extract
    from hanshuku.functions.verbs import function as function
    from hanshuku.functions.verbs import generate as generate
    from hanshuku.functions.verbs import rank as rank
    from hanshuku.functions.verbs import rate as rate
    from hanshuku.functions.verbs import summarize as summarize
    from hanshuku.functions.verbs import tag as tag
    from hanshuku.functions.verbs import translate as translate
    from hanshuku.tasks import Answer as Answer
    from hanshuku.tasks import Message as Message
    from hanshuku.tasks import Prediction as Prediction
    from hanshuku.tasks import Range as Range
    from hanshuku.tasks import Ranking as Ranking
    from hanshuku.tasks import Span as Span
    from hanshuku.tasks import Task as Task

__version__ = "0.1.0"

_HOME = {
    "Examples": "hanshuku.data.examples",
    "Function": "hanshuku.functions.core",
    "HanshukuError": "hanshuku.errors",
    "Prediction": "hanshuku.tasks",
    "Range": "hanshuku.tasks",
    "Span": "hanshuku.tasks",
    "Ranking": "hanshuku.tasks",
    "Message": "hanshuku.tasks",
    "Answer": "hanshuku.tasks",
    "Report": "hanshuku.evaluation.report",
    "Task": "hanshuku.tasks",
    "check": "hanshuku.data.check",
    "classify": "hanshuku.functions.verbs",
    "translate": "hanshuku.functions.verbs",
    "tag": "hanshuku.functions.verbs",
    "summarize": "hanshuku.functions.verbs",
    "rank": "hanshuku.functions.verbs",
    "generate": "hanshuku.functions.verbs",
    "extract": "hanshuku.functions.verbs",
    "complete_code": "hanshuku.functions.verbs",
    "chat": "hanshuku.functions.verbs",
    "answer": "hanshuku.functions.verbs",
    "compare": "hanshuku.functions.compare",
    "function": "hanshuku.functions.verbs",
    "gate": "hanshuku.evaluation.gate",
    "guard": "hanshuku.functions.guard",
    "load": "hanshuku.functions.store",
    "rate": "hanshuku.functions.verbs",
    "read": "hanshuku.data.read",
}

__all__ = [
    "Answer", "Examples", "Function", "HanshukuError", "Message", "Prediction", "Range", "Ranking", "Report", "Span",
    "Task", "answer", "chat", "check", "classify", "compare", "complete_code", "extract", "function", "gate", "generate", "guard", "load",
    "rank", "rate", "read", "summarize", "tag", "translate",
]  # fmt: skip


def __getattr__(name: str) -> Any:
    """Load a public name from its home when it is first asked for."""
    if name not in _HOME:
        raise AttributeError(f"module 'hanshuku' has no attribute {name!r}; it has {', '.join(__all__)}")
    return getattr(import_module(_HOME[name]), name)


def __dir__() -> list[str]:
    """The public names."""
    return [*__all__, "__version__"]
