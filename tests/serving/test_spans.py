"""Functions that tag, answer and rank are served as they answer in Python, and refuse what is no row of theirs."""

import json

import pytest

pytest.importorskip("fastapi")
pytest.importorskip("torch")

from hanshuku.functions.core import Function
from hanshuku.methods import get_method
from hanshuku.serving.app import make_app
from tests.children import TASKS, rows_of
from tests.serving.test_app import ask

ASKED = {
    "entities": ({"text": "a glad happy day"}, {"text": 3}),
    "an answer": ({"question": "which mood?", "context": "a glad day"}, {"question": "which mood?"}),
    "an order": ({"query": "glad", "candidates": ["a sad day", "happy and glad"]}, {"query": "glad", "candidates": []}),
}


@pytest.mark.parametrize("kind", ASKED)
def test_what_is_served_is_what_the_function_answers(kind, tiny_encoder):
    row, wrong = ASKED[kind]
    settings = {"tuning": "last_layers", "size": 1, "epochs": 0.5, "precision": "fp32"}
    function = Function(TASKS[kind], get_method("finetune", **settings).fit(TASKS[kind], rows_of(kind), model=tiny_encoder))
    address = "/v1/functions/it"
    one, many, refused, written = ask(
        make_app({"it": function}), ("POST", address, row, {}), ("POST", f"{address}/rows", {"rows": [row, row]}, {}), ("POST", address, wrong, {}),
        ("POST", "/v1/chat/completions", {"model": "it", "messages": [{"role": "user", "content": "x"}]}, {}),
    )  # fmt: skip
    due = function.predict(**row).to_json()
    assert json.loads(json.dumps(one.json()["output"]), parse_float=lambda text: round(float(text), 3)) == json.loads(json.dumps(due["output"]), parse_float=lambda text: round(float(text), 3))
    assert [answer["output"] for answer in many.json()["rows"]] == [one.json()["output"]] * 2
    assert (refused.status_code, written.status_code) == (422, 404)
