"""Labels and numbers of a model on a server are explained by leaving words out; texts cannot be."""

import pytest

pytest.importorskip("openai")
pytest.importorskip("torch")

from hanshuku.errors import ConfigError
from hanshuku.functions.core import Function
from hanshuku.tasks import Task
from tests.inference.remote.test_predictor import MOOD, asked


def test_a_label_is_explained_with_one_request_a_word(server):
    server.switch(choices=["good", "bad"])
    found = Function(MOOD, asked(server)).explain("a happy day")
    assert [word.text for word in found.words] == ["a", "happy", "day"]
    assert len(server.bodies()) == 5  # the row, the row without its words, and without each; the row is asked once


def test_gradients_and_texts_are_refused(server):
    with pytest.raises(ConfigError, match="server gives no gradients"):
        Function(MOOD, asked(server)).explain("a happy day", method="integrated_gradients")
    task = Task("generate", name="say")
    with pytest.raises(ConfigError, match="how probable"):
        Function(task, asked(server, task)).explain("a happy day")
