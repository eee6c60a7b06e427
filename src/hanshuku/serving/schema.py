"""Request and response models of a function, made from its task: the OpenAPI schema is the signature."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, create_model

from hanshuku.tasks import TEXT_KINDS, WRITTEN_KINDS, Task

_STRICT = ConfigDict(extra="forbid", strict=True)


def request_model(task: Task, max_rows: int) -> tuple[type[BaseModel], type[BaseModel]]:
    """Pydantic models of one input, ``{"text": "..."}``, and of many, ``{"rows": [{"text": "..."}, ...]}``."""
    inputs: dict[str, Any] = {name: (_input(task, name), Field(description=f"Input {name!r} of {task.name}.")) for name in task.inputs}
    if task.kind == "chat":
        inputs["tools"] = (list[dict[str, Any]] | None, Field(default=None, description="Functions that the assistant may call; a call is an output of JSON, its name and arguments."))
    title = _title(task.name)
    one = create_model(f"{title}Input", __config__=_STRICT, **inputs)
    rows: Any = Annotated[list[one], Field(min_length=1, max_length=max_rows)]  # type: ignore[valid-type]
    return one, create_model(f"{title}Inputs", __config__=_STRICT, rows=(rows, ...))


def response_model(task: Task, *, refuses: bool = False) -> tuple[type[BaseModel], type[BaseModel]]:
    """Pydantic models of one prediction and of many: output (null where a function that `refuses` does), confidence, scores, reason, label_set."""
    output: Any = str if task.kind in TEXT_KINDS else dict[str, Any] if task.kind == "extract" else Any
    if task.kind == "rate":
        output = Annotated[float, Field(ge=task.low, le=task.high)]
    elif task.kind == "classify":
        label: Any = Literal.__getitem__(task.labels)  # type: ignore[attr-defined]
        output = list[label] if task.several else label
    if refuses:
        output = output | None
    fields: dict[str, Any] = {
        "output": (output, Field(description=task.instruction or f"The answer of {task.name}.")),
        "confidence": (float | None, Field(default=None, description="Probability that the output is right, 0 to 1.")),
        "scores": (dict[str, float], Field(default_factory=dict, description="A probability for each label.")),
        "reason": (str, Field(default="", description="Why there is no answer (unsure, out_of_scope, what a guard says); absent where there is one.")),
    }
    if task.kind in WRITTEN_KINDS:
        fields["cut"] = (bool, Field(default=False, description="True where the input was longer than the model reads and lost a part; absent where it was not."))
    if task.kind == "classify":
        fields["label_set"] = (list[str], Field(default_factory=list, description="Labels that hold the right one as often as the function was calibrated for."))
    title = _title(task.name)
    one = create_model(f"{title}Prediction", **fields)
    return one, create_model(f"{title}Predictions", rows=(list[one], ...))  # type: ignore[valid-type]


def _input(task: Task, name: str) -> Any:
    """Text; of a chat the turns, of a ranking the candidates."""
    if task.kind == "chat":
        turn: Any = create_model("Message", __config__=_STRICT, role=(str, ...), content=(str, ...))
        return list[turn]
    return list[str] if task.kind == "rank" and name == task.inputs[-1] else str


def _title(name: str) -> str:
    return "".join(part.capitalize() for part in name.replace("-", "_").split("_")) or "Function"
