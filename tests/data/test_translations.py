"""Translations in files: which column is translated into which, and the language of the answers."""

from __future__ import annotations

import json

import pytest

from hanshuku.data.encode import encode
from hanshuku.data.infer import infer_task
from hanshuku.data.read import read
from hanshuku.data.translations import answer_language, file_pair, language_columns
from hanshuku.errors import DataError
from hanshuku.inference.asking import instruction_for
from hanshuku.tasks import Task

EN, DE, FR, ZH = "The dog runs over the grass.", "Der Hund rennt über die Wiese.", "Le chien court dans le pré.", "狗跑过草地。"
INTO_GERMAN = Task("translate", ("source",), language="de")


def rows(*names, texts=(EN, DE, FR)):
    return read([dict(zip(names, texts, strict=False)) for _ in range(3)])


def learned(examples):
    """Language, source text, target text of the first row."""
    task = infer_task(examples)
    encoded, _ = encode(task, examples)
    return task.kind, task.language, encoded.inputs[0][0], encoded.targets[0][0]


@pytest.mark.parametrize("names", [
    ("source", "target"), ("en", "de"), ("English", "German"), ("source_en", "target_de"), ("en_text", "de_text"), ("eng", "deu"), ("src", "tgt"), ("英文", "德文"), ("英文原文", "德文译文"),
    ("text", "translation"), ("source", "de"), ("en", "translation"), ("en-US", "de-DE"), ("原文", "译文"),
])  # fmt: skip
def test_a_translation_is_known_by_its_columns_and_its_language_by_these_or_by_the_texts(names):
    assert learned(rows(*names)) == ("translate", "de", EN, DE)


def test_of_two_languages_the_first_column_is_translated_into_the_second():
    assert learned(rows("de", "en", texts=(DE, EN))) == ("translate", "en", DE, EN)


def test_the_roles_in_the_names_count_before_the_order():
    assert learned(rows("target_zh", "source_en", texts=(ZH, EN))) == ("translate", "zh", EN, ZH)


def test_a_third_language_beside_source_and_target_is_passed_over():
    assert learned(rows("source", "target", "target_fr")) == ("translate", "de", EN, DE)


def test_three_languages_without_a_word_on_their_roles_are_asked_about():
    with pytest.raises(DataError, match=r"'en', 'de', 'fr' are named by languages.*columns=\{'source': 'en', 'target': 'fr'\}"):
        learned(rows("en", "de", "fr"))


def test_the_name_of_the_file_tells_the_roles_among_three(tmp_path):
    file = tmp_path / "captions.en-fr.jsonl"
    file.write_text(json.dumps({"de": DE, "en": EN, "fr": FR}) + "\n")
    assert learned(read(file)) == ("translate", "fr", EN, FR)


@pytest.mark.parametrize(("name", "text", "code"), [("en_de", DE, "de"), ("de_en", DE, "de"), ("en_de", "1234", "de"), ("en_de", FR, "fr"), ("plain", DE, "de"), ("plain", "1234", "")])
def test_the_texts_decide_where_the_name_of_a_file_or_folder_says_otherwise(tmp_path, name, text, code):
    folder = tmp_path / name
    folder.mkdir()
    (folder / "train.jsonl").write_text(json.dumps({"source": EN, "target": text}) + "\n")
    assert answer_language(read(folder), "target").code == code


@pytest.mark.parametrize(("file", "pair"), [
    ("data/multi30k_en_de/train.jsonl.gz", ("en", "de")), ("news-zh2en.csv", ("zh", "en")), ("corpus.eng-deu.tsv", ("en", "de")), ("train_no_it_all.csv", ("no", "it")), ("model_to_go.csv", None), ("rows", None),
])  # fmt: skip
def test_a_pair_of_languages_in_the_name_of_a_file(file, pair):
    assert file_pair([file]) == pair


def test_a_column_of_numbers_called_id_is_no_indonesian():
    assert language_columns(["id", "no", "en", "label"]) == {"en": "en"}


def test_a_function_into_german_finds_german_whatever_the_order():
    encoded, _ = encode(INTO_GERMAN, rows("de", "en", texts=(DE, EN)))
    assert (encoded.inputs[0][0], encoded.targets[0][0]) == (EN, DE)


def test_unlabelled_rows_need_the_text_alone():
    encoded, _ = encode(INTO_GERMAN, rows("en", "de"), labelled=False)
    assert encoded.inputs[0] == (EN,) and encoded.targets is None


def test_answers_in_another_language_than_the_function_gives_are_told():
    _, notes = encode(INTO_GERMAN, rows("source", "target", texts=(EN, FR)))
    assert [note.message for note in notes if note.kind == "language"] == ["the answers in column 'target' are in French (fr), and the function translates into German (de)"]


def test_labels_beside_two_languages_stay_labels():
    examples = read([{"en": EN, "text": DE, "label": label} for label in ("a", "b")])
    assert infer_task(examples).kind == "classify"


def test_a_translation_object_as_hubs_have_it_is_a_column_a_language():
    assert learned(read([{"id": 1, "translation": {"en": EN, "zh": ZH}}] * 2)) == ("translate", "zh", EN, ZH)


@pytest.mark.parametrize(("language", "said"), [("en", "Translate the text into German."), ("zh", "请把下文翻译成德文。")])
def test_the_model_is_told_the_language(language, said):
    assert instruction_for(infer_task(rows("source", "target")), language) == said


@pytest.mark.parametrize(("name", "code", "why"), [("multi30k_en_de", "de", "the name of the file (en, de) and the texts"), ("tatoeba_en_zh", "zh", "the name of the file (en, zh) and the texts")])
@pytest.mark.parametrize("split", ["train", "validation", "test"])
def test_real_sets(shared_data, name, code, why, split):
    examples = read(shared_data / name, split=split)
    assert infer_task(examples).language == code
    assert answer_language(examples, "target").why == f"by {why}"
    assert answer_language(examples, "source").code == "en"
    if name == "multi30k_en_de":
        assert answer_language(examples, "target_fr").code == "fr"
