"""Rows whose text a function writes: what is refused, what agrees, who writes what."""

import pytest

import hanshuku as hk
from hanshuku.data.augment.writing import fault, prompt, same_answer, tidied
from hanshuku.errors import ConfigError, DataError

ROWS = [{"text": f"The parcel number {i} has never come to me", "label": "late" if i % 2 else "lost"} for i in range(6)]
UPPER = {"parcel": "package", "never": "not yet"}


def otherwise(texts):
    return [" ".join(UPPER.get(word, word) for word in text.split()) for text in texts]


def there(texts):
    return [f"DE:{text}" for text in texts]


def back(texts):
    return [text.removeprefix("DE:").replace("The parcel", "My package") for text in texts]


def test_a_paraphrase_has_the_label_of_its_row():
    out = hk.read(ROWS).augment("paraphrase", by=otherwise, keep=False)
    assert [row["text"] for row in out] == [row["text"].replace("parcel", "package").replace("never", "not yet") for row in ROWS]
    assert [row["label"] for row in out] == [row["label"] for row in ROWS]


def test_a_text_is_translated_there_and_back():
    out = hk.read(ROWS[:1]).augment("back_translate", by=(there, back), keep=False)
    assert list(out.column("text")) == ["My package number 0 has never come to me"]


def test_a_function_that_writes_is_asked_for_a_text_with_the_label_of_the_row():
    asked = []

    def write(prompts):
        asked.extend(prompts)
        return [f'"Another case {i} where nothing was delivered"' for i in range(len(prompts))]

    out = hk.read(ROWS).augment("generate", by=write, keep=False)
    assert "'late'" in asked[1] and ROWS[1]["text"] in asked[1] and not any(ROWS[0]["text"] in each for each in asked[1:])
    assert out.row(1) == {"text": "Another case 1 where nothing was delivered", "label": "late"}


def test_several_writers_take_turns_and_what_is_there_already_is_refused():
    out = hk.read(ROWS).augment("paraphrase", by=[otherwise, lambda texts: texts], times=2)
    assert len(out) == 12 and "6 texts refused: repeated 6" in out.notes[-1].message


def test_rows_that_a_function_answers_otherwise_than_their_label_are_refused():
    out = hk.read(ROWS).augment("paraphrase", by=otherwise, agree=lambda texts: ["late"] * len(texts), keep=False)
    assert set(out.column("label")) == {"late"} and "disagreed 3" in out.notes[-1].message


def test_agreement_may_judge_rows_of_typos_too():
    out = hk.read(ROWS).augment("typos", agree=lambda texts: ["lost"] * len(texts), keep=False)
    assert len(out) == 3 and set(out.column("label")) == {"lost"}


@pytest.mark.parametrize(("old", "new", "why"), [
    ("a good film", "  ", "empty"), ("a good film", "A  good, film!", "repeated"), ("a good film", "As an AI I say", "talk"), ("a good film", "As a text-based AI I say", "talk"),
    ("the parcel that I ordered never came", "The parcel that I ordered", "repeated"), ("my top-up was cancelled; a refund?", "In other words, 'My top-up was cancelled; a refund?'", "repeated"), ("很好的酒店", "抱歉，我无法改写", "talk"), ("a good film", "a good " * 40, "length"),
    ("a good film about love", "一部关于爱情的好电影", "language"), ("a good film", "a fine picture", ""), ("很好的酒店", "非常不错的酒店", ""),
])  # fmt: skip
def test_a_text_is_refused_for_a_reason(old, new, why):
    assert fault(old, new, {"agoodfilm"}) == why


def test_quotation_marks_around_a_text_are_not_part_of_it():
    assert [tidied(text) for text in ('"a film"', "“一部电影”", " 'x' ", 'say "no"', None)] == ["a film", "一部电影", "x", 'say "no"', ""]


def test_the_prompt_is_in_the_language_of_the_row():
    assert "标签同样为“负面”" in prompt("房间太小，很差", "负面", "判断评论的情感") and "判断评论的情感" in prompt("房间太小，很差", "负面", "判断评论的情感")
    assert "card arrival" in prompt("where is it", "card_arrival", "")


@pytest.mark.parametrize(("label", "answer", "same"), [("3", 3.3, True), (3.0, 3.6, False), ("true", True, True), ("a;b", {"b", "a"}, True), (["a"], ["b"], False), ("Late", "late", True)])
def test_an_answer_is_the_label_by_its_kind(label, answer, same):
    assert same_answer(label, answer, 0.4) is same


@pytest.mark.parametrize(("options", "said"), [
    ({"spec": "paraphrase"}, "needs a function"), ({"spec": "paraphrase", "by": "smollm2"}, "is a function"), ({"spec": "typos", "by": otherwise}, "is for back_translate"),
    ({"spec": "back_translate", "by": (there, back), "times": 2}, "4 for times=2"), ({"spec": "typos,paraphrase", "by": otherwise}, "one of them alone"), ({"spec": "typos,paraphrase"}, "stands alone"),
])  # fmt: skip
def test_what_a_way_cannot_take_is_refused(options, said):
    with pytest.raises(ConfigError, match=said):
        hk.read(ROWS).augment(**options)


def test_a_function_that_gives_too_few_texts_is_told():
    with pytest.raises(DataError, match="gave back 1"):
        hk.read(ROWS).augment("paraphrase", by=lambda texts: texts[:1])


def test_nothing_is_written_anew_where_entities_would_be_lost():
    tagged = [{"text": "Anna flew home", "entities": [{"start": 0, "end": 4, "label": "PER"}]}]
    with pytest.raises(ConfigError, match="nothing says where entities"):
        hk.read(tagged).augment("paraphrase", by=otherwise)
