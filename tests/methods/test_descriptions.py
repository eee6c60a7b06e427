"""What an encoder is given to read of a task, in the language of its labels."""

import pytest

from hanshuku.methods.descriptions import (
    BOTH,
    CHINESE,
    DESCRIBED,
    ENGLISH,
    label_texts,
    relation_of,
    scale_ends,
    unrelated_texts,
)
from hanshuku.models.catalogue import CATALOGUE
from hanshuku.tasks import Task

ENGLISH_MODEL, MANY = CATALOGUE["minilm"], CATALOGUE["e5-multilingual"]


def task(*labels, descriptions=(), **more):
    return Task("classify", labels=labels, descriptions=descriptions, **more)


@pytest.mark.parametrize(
    ("labels", "info", "templates"),
    [(("sports", "politics"), ENGLISH_MODEL, ENGLISH), (("体育", "政治"), MANY, CHINESE), (("sports", "politics"), MANY, BOTH)],
)
def test_sentences_are_in_the_language_of_the_labels_and_the_model(labels, info, templates):
    found = label_texts(task(*labels), info)
    assert found == [[template.replace("{}", label) for label in labels] for template in templates]


def test_long_descriptions_stand_by_themselves_and_behind_their_label():
    long = ("A parcel that has not come in the time that was promised", "An invoice with a sum that the customer did not expect")
    found = label_texts(task("late_delivery", "invoice", descriptions=long), ENGLISH_MODEL)
    assert len(found) == len(DESCRIBED) + 1
    assert found[0] == list(long)
    assert found[-1][0] == f"late delivery: {long[0]}"


def test_templates_of_the_user_replace_the_built_in_ones():
    assert label_texts(task("a", "b"), ENGLISH_MODEL, ("It is {}.",)) == [["It is a.", "It is b."]]


def test_a_model_of_many_languages_gets_unrelated_texts_in_two():
    assert set(unrelated_texts(ENGLISH_MODEL)) < set(unrelated_texts(MANY))


def test_the_instruction_stands_before_the_ends_of_a_scale():
    low, high = scale_ends(Task("rate", low=1, high=5, instruction="How good is it?"), ENGLISH_MODEL)
    assert len(low) == len(high)
    assert all(text.startswith("How good is it? ") for text in (*low, *high))


@pytest.mark.parametrize(
    ("labels", "agreement"),
    [
        (("different", "same"), [0.0, 1.0]),
        (("not_duplicate", "duplicate"), [0.0, 1.0]),
        (("contradiction", "entailment", "neutral"), [0.0, 1.0, 0.5]),
        (("0", "1"), [0.0, 1.0]),
        (("矛盾", "蕴含", "中立"), [0.0, 1.0, 0.5]),
        (("不相似", "相似"), [0.0, 1.0]),
        (("unrelated", "related"), [0.0, 1.0]),
        (("not_entailment", "entailment"), [0.0, 1.0]),
    ],
)
def test_labels_of_pairs_that_name_a_relation_are_understood(labels, agreement):
    assert relation_of(Task("classify", ("a", "b"), labels)) == agreement


@pytest.mark.parametrize("labels", [("sports", "politics"), ("same", "sports"), ("billing", "delivery", "yes")])
def test_topics_name_no_relation(labels):
    assert relation_of(Task("classify", ("a", "b"), labels)) is None
