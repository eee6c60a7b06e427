"""Every note on answers that a server gave is told in Chinese with its numbers."""

import pytest

pytest.importorskip("openai")
pytest.importorskip("torch")

from hanshuku.evaluation.notes import note_text
from hanshuku.evaluation.notes.remote import REMOTE
from hanshuku.inference.remote.predictor import RemotePredictor
from hanshuku.inference.remote.settings import RemoteSettings
from hanshuku.inference.settings import PromptSettings
from hanshuku.models.cache import cache_folder
from hanshuku.tasks import Task
from tests.evaluation.notes.read_as import english_in, unused

MOOD = Task("classify", labels=("good", "bad"), instruction="Is it good or bad?", name="mood")
RAW = '{"id": "x", "object": "chat.completion", "created": 0, "model": "tiny", "choices": [{"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": "good"}}]}'


def test_each_note_is_told_in_chinese(server):
    notes = []
    for switches, remote in (
        ({"text": "I cannot say"}, {}), ({"text": "good", "cut": True}, {"price_in": 1.0, "price_out": 2.0}), ({"text": "good", "no_logprobs": True}, {}),
        ({"text": "good", "refuses": ["logprobs"]}, {}), ({"raw": RAW}, {}),
    ):  # fmt: skip
        server.switch(**switches)
        predictor = RemotePredictor(MOOD, server.model, PromptSettings(), RemoteSettings(**remote))
        predictor.outputs([(f"{sorted(switches)} {i}",) for i in range(2)])
        notes += predictor.notes
    server.switch(text="good")
    (cache_folder() / "remote").rename(cache_folder() / "elsewhere")
    (cache_folder() / "remote").write_text("no folder", encoding="utf-8")  # where answers are kept
    predictor.outputs([("another",)])
    notes += predictor.notes
    told = [note_text(note, "zh") for note in notes]
    assert not any(map(english_in, told)) and all(map(str.__ne__, notes, told)), told
    assert unused(REMOTE, notes) == []
    assert any("回答了 2 次请求" in text and "费用" in text for text in told) and any("“I cannot say”" in text for text in told)
