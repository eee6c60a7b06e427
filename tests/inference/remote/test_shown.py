"""Demonstrations and the search of a prompt with a model on a server."""

import json

import numpy as np
import pytest

pytest.importorskip("openai")
pytest.importorskip("torch")

from hanshuku.inference.in_context import InContextPredictor
from hanshuku.methods.in_context import InContext
from hanshuku.methods.prompt_search import PromptSearch
from tests.children import TASKS, rows_of


def test_each_text_is_sent_behind_the_rows_most_like_it(server, tiny_encoder, tmp_path):
    server.switch(text="good")
    rows = rows_of("one label").take(np.arange(12))
    shown = InContext(demonstrations=2, encoder=tiny_encoder).fit(TASKS["one label"], rows, model=server.model)
    assert shown.outputs([("a glad happy day",)]).argmax(1).tolist() == [0]
    messages = server.bodies()[0]["messages"]
    assert [message["role"] for message in messages] == ["user", "assistant", "user", "assistant", "user"]
    assert {message["content"] for message in messages[1::2]} == {"good", "bad"}
    again = InContextPredictor.load(tmp_path, json.loads(json.dumps(shown.save(tmp_path))), TASKS["one label"])
    assert again.prompt(("a sad day",)) == shown.prompt(("a sad day",))


def test_several_labels_are_shown_as_they_are_due(server, tiny_encoder):
    rows = rows_of("several labels")
    fixed = InContext(demonstrations=6, choice="fixed", balance=False, encoder=tiny_encoder).fit(TASKS["several labels"], rows, model=server.model)
    answers = {answer for _, answer in fixed.settings.demonstrations}
    assert answers <= {"good", "bad", "good; bad"} and len(answers) > 1


def test_a_search_asks_the_server_no_more_than_it_may(server):
    server.switch(choices=["good", "bad"])
    rows = rows_of("one label").take(np.arange(12))
    found = PromptSearch(calls=40, demonstrations=2, sets=2).fit(TASKS["one label"], rows, model=server.model)
    assert 0 < len(server.bodies()) <= 40
    assert sum(trial["chosen"] for trial in found.trials) == 1
    assert found.client.spent.answered == len(server.bodies())
