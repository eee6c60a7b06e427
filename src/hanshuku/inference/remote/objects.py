"""Objects from a server: the schema is told to it, what comes is checked here, and what does not fit is asked for again."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from hanshuku.errors import RemoteError
from hanshuku.inference.remote.answers import Answer
from hanshuku.inference.remote.reading import said
from hanshuku.inference.tools import Turns
from hanshuku.tasks import Task
from hanshuku.tasks.extract import canonical, misfit

AGAIN = 2  # further times a row is asked whose answer does not fit
_START = re.compile(r"\{")
MEND = {
    "en": "That does not fit the schema ({problem}). Answer with the whole JSON object again, mended, and nothing else.",
    "zh": "这不符合模式（{problem}）。请重新只回答完整的、改正后的 JSON 对象。",
}


def response_format(task: Task) -> dict[str, Any]:
    """The field of a request that asks for an object of the schema; servers that decode by it give nothing else."""
    schema = json.loads(task.schema)
    return {"type": "json_schema", "json_schema": {"name": re.sub(r"\W", "_", task.name)[:64] or "object", "schema": schema, "strict": _is_strict(schema)}}


def _is_strict(node: Any) -> bool:
    """Whether OpenAI's strict mode takes the schema: every object is closed and every property required."""
    if isinstance(node, Mapping):
        names = node.get("properties")
        closed = node.get("type") != "object" or (node.get("additionalProperties") is False and set(node.get("required", ())) == set(names or ()))
        return closed and all(map(_is_strict, node.values()))
    return all(map(_is_strict, node)) if isinstance(node, list) else True


def object_in(text: str, schema: str) -> tuple[str, str]:
    """The object in an answer as canonical JSON text, and what is wrong with it; one of them is "".

    Args:
        text: the answer; words or a fence may stand round the object.
        schema: JSON schema, as JSON text.
    """
    whole, problem = said(text), "there is no JSON object"
    for match in _START.finditer(whole):
        try:
            value, _ = json.JSONDecoder().raw_decode(whole, match.start())
        except ValueError as error:
            problem = f"it is no JSON: {error}" if match.start() == whole.find("{") else problem
            continue
        problem = misfit(schema, value)
        return ("", problem) if problem else (canonical(value), "")
    return "", problem


def fitting_objects(
    task: Task, language: str, turns: Sequence[Turns], ask: Callable[[Sequence[Turns]], list[Answer]]
) -> tuple[list[str], list[Answer]]:
    """For each conversation an object that fits, as JSON text, with the answer it was in. What does not fit is shown to the model with the reason.

    Raises:
        RemoteError: a row has no fitting answer after AGAIN further tries.
    """
    asked, answers = list(turns), ask(turns)
    found = [_read(answer, task.schema) for answer in answers]
    for _ in range(AGAIN):
        wrong = [i for i, (text, _) in enumerate(found) if not text]
        if not wrong:
            break
        for i in wrong:
            mend = MEND[language].format(problem=found[i][1])
            asked[i] = [*asked[i], {"role": "assistant", "content": answers[i].text}, {"role": "user", "content": mend}]
        for i, answer in zip(wrong, ask([asked[i] for i in wrong]), strict=True):
            answers[i], found[i] = answer, _read(answer, task.schema)
    if wrong := [i for i, (text, _) in enumerate(found) if not text]:
        i, others = wrong[0], f"; so it is with {len(wrong)} rows" if len(wrong) > 1 else ""
        more = " Raise max_new_tokens." if answers[i].finish == "length" else ""
        raise RemoteError(
            f"The answer to row {i} does not fit the schema after {AGAIN + 1} tries: {found[i][1]}{others}. Received: {' '.join(answers[i].text.split())[:120]!r}.{more}"
        )
    return [text for text, _ in found], answers


def _read(answer: Answer, schema: str) -> tuple[str, str]:
    """See `object_in`."""
    text, problem = object_in(answer.text, schema)
    return text, "it was cut off before its end" if problem and answer.finish == "length" else problem
