"""language_of and script_of."""

from __future__ import annotations

import pytest

from hanshuku.data.language import language_of, script_of


@pytest.mark.parametrize(
    ("text", "script"),
    [
        ("Where is my parcel?", "en"),
        ("no movement , no yuks , not much of anything", "en"),
        ("refund", "en"),
        ("这家酒店的服务很好", "zh-Hans"),
        ("這家酒店的服務很好", "zh-Hant"),
        ("好吃", "zh"),
        ("我的iPhone 15 Pro Max的APP打不开", "zh-Hans"),
        ("これはとても良い本です", "other"),
        ("이 책은 정말 좋아요", "other"),
        ("Эта книга очень хорошая", "other"),
        ("Das Buch ist nicht gut und ich mag es nicht", "other"),
        ("Ce livre est très bien et je l'aime", "other"),
        ("12:30 :-)", "none"),
        ("👍👍👍", "none"),
    ],
)
def test_the_script_of_a_text(text, script):
    assert script_of(text) == script


def test_the_language_of_most_texts_is_theirs():
    assert language_of(["很好", "不好", "fine"]) == "zh"
    assert language_of(["很好", "good", "fine"]) == "en"
    assert language_of(["非常に良いです", "とても悪い"]) == "other"
    assert language_of(["這個很貴", "这个很贵", "fine"]) == "zh"


def test_without_any_text_it_is_english():
    assert language_of([]) == language_of(["123", ""]) == "en"
