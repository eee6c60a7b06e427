"""Real data sets state the tasks that they are known for."""

from __future__ import annotations

import pytest

from hanshuku.data.encode import encode
from hanshuku.data.infer import infer_task
from hanshuku.data.language import language_of
from hanshuku.data.read import read
from hanshuku.errors import DataError

ONE, PAIR, NLI = ("text",), ("text_a", "text_b"), ("premise", "hypothesis")
# name, kind, inputs, labels, several labels, rows that test has, language
SETS = [
    ("sst2", "classify", ONE, 2, False, 1821, "en"),
    ("imdb", "classify", ONE, 2, False, 500, "en"),
    ("yelp5", "classify", ONE, 5, False, 1000, "en"),
    ("amazon5", "classify", ONE, 5, False, 3000, "en"),
    ("airline_tweets", "classify", ONE, 3, False, 2000, "en"),
    ("ag_news", "classify", ONE, 4, False, 7600, "en"),
    ("dbpedia14", "classify", ONE, 14, False, 2000, "en"),
    ("banking77", "classify", ONE, 77, False, 3080, "en"),
    ("clinc150", "classify", ONE, 151, False, 5500, "en"),
    ("tweet_emotion", "classify", ONE, 4, False, 1421, "en"),
    ("go_emotions", "classify", ONE, 28, True, 5427, "en"),
    ("financial_phrasebank", "classify", ONE, 3, False, 970, "en"),
    ("hate_offensive", "classify", ONE, 3, False, 4000, "en"),
    ("jigsaw_toxic", "classify", ONE, 2, False, 3000, "en"),
    ("bitext_customer_service", "classify", ONE, 27, False, 1200, "en"),
    ("mnli", "classify", NLI, 3, False, 3000, "en"),
    ("rte", "classify", NLI, 2, False, 277, "en"),
    ("qqp", "classify", PAIR, 2, False, 3000, "en"),
    ("boolq", "classify", ("question", "context"), 2, False, 3201, "en"),
    ("stsb_en", "rate", PAIR, 0, False, 1379, "en"),
    ("stsb_zh", "rate", PAIR, 0, False, 1379, "zh"),
    ("chnsenticorp_hotel", "classify", ONE, 2, False, 1200, "zh"),
    ("online_shopping_10_cats", "classify", ONE, 2, False, 4000, "zh"),
    ("stock_comments_zh", "classify", ONE, 2, False, 1500, "zh"),
    ("fewclue_eprstmt", "classify", ONE, 2, False, 610, "zh"),
    ("fewclue_tnews", "classify", ONE, 15, False, 2010, "zh"),
    ("fewclue_iflytek", "classify", ONE, 119, False, 1749, "zh"),
    ("fewclue_ocnli", "classify", NLI, 3, False, 2520, "zh"),
]


@pytest.mark.parametrize(("name", "kind", "inputs", "labels", "several", "rows", "language"), SETS)
def test_a_set_states_its_task(shared_data, name, kind, inputs, labels, several, rows, language):
    train, test = read(shared_data / name), read(shared_data / name, split="test")
    task = infer_task(train)
    encoded, notes = encode(task, test, unknown_labels="keep")
    assert (task.kind, task.inputs, len(task.labels), task.several) == (kind, inputs, labels, several)
    assert len(encoded) == rows and language_of([row[0] for row in encoded.inputs[:300]]) == language
    assert sum(note.count for note in notes if note.kind == "unknown_labels") == (51 if name == "mnli" else 0)  # "-": annotators disagreed


KINDS = [
    ("alpaca_zh", "generate", ("instruction", "input")), ("gsm8k", "generate", ("instruction",)), ("multi30k_en_de", "translate", ("source",)),
    ("tatoeba_en_zh", "translate", ("source",)), ("dialogsum", "summarize", ("document",)), ("csl_title_zh", "summarize", ("document",)),
    ("mbpp", "complete_code", ("prompt",)), ("crosswoz", "chat", ("messages",)), ("taskmaster4_orders", "chat", ("messages",)),
    ("preference_en", "chat", ("messages",)), ("toolcall_zh", "chat", ("messages",)), ("squad_subset", "answer", ("question", "context")),
    ("cmrc2018", "answer", ("question", "context")), ("conll2003", "tag", ("text",)), ("cluener", "tag", ("text",)), ("msra_ner", "tag", ("text",)),
]  # fmt: skip


@pytest.mark.parametrize(("name", "kind", "inputs"), KINDS)
def test_a_set_whose_answer_is_no_label_states_its_task(shared_data, name, kind, inputs):
    test = read(shared_data / name, split="test")
    task = infer_task(test)
    encoded, _ = encode(task, test)
    assert (task.kind, task.inputs) == (kind, inputs)
    assert len(encoded) == len(test) and all(target is not None for target in encoded.targets)


@pytest.mark.parametrize(("name", "wrong"), [("squad_subset", 0), ("cmrc2018", 0), ("cluener", 0)])
def test_offsets_are_those_of_the_text(shared_data, name, wrong):
    test = read(shared_data / name, split="test")
    encoded, _ = encode(infer_task(test), test)
    if encoded.task.kind == "answer":
        pairs = [(row[1][start : start + len(text)], text) for row, target in zip(encoded.inputs, encoded.targets, strict=True) for text, start in target]
    else:
        cells = test.column("entities")
        pairs = [(row[0][e["start"] : e["end"]], e["text"]) for row, cell in zip(encoded.inputs, cells, strict=True) for e in cell]
    assert sum(a != b for a, b in pairs) == wrong


@pytest.mark.parametrize("name", ["movielens_small", "tinyshakespeare"])
def test_a_set_without_an_answer_is_refused_with_its_columns(shared_data, name):
    with pytest.raises(DataError, match=r"say which (one it is|they are): columns="):
        infer_task(read(shared_data / name))
