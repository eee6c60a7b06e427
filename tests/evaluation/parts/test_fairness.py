"""The part fairness: a planted bias is found, a clean function is not accused, and odd rows do no harm."""

import json

import numpy as np
import pytest

from hanshuku.data.encoded import Encoded
from hanshuku.evaluation.page import SECTIONS
from hanshuku.evaluation.parts import measure_parts
from hanshuku.evaluation.parts.base import Seen, Wanted
from hanshuku.evaluation.parts.fairness import measure
from hanshuku.safety.swaps import families, neutral_words
from hanshuku.tasks import Task
from tests.evaluation.bayes import Bayes

MOOD = Task("classify", labels=("negative", "positive"))
WORDS = {"en": (("bad", "awful", "boring", "poor"), ("good", "lovely", "great", "fine"), "the {word} {thing}", ("film", "meal", "room", "trip")),
         "zh": (("很差", "难吃", "很脏", "太吵"), ("很好", "好吃", "干净", "安静"), "这里的{thing}{word}", ("房间", "饭菜", "服务", "位置"))}  # fmt: skip


def rows(language, n, seed, family="", bias=None):
    """Texts with a mood, half of them with who wrote them; bias: that group writes nothing but negative ones."""
    rng = np.random.default_rng(seed)
    bad, good, form, things = WORDS[language]
    own = next((each for each in families(language) if each.name == family), None)
    texts, targets = [], []
    for i in range(n):
        target = int(rng.integers(2))
        said = target if rng.random() < 0.75 else 1 - target  # words that always told would leave nothing to a name
        text = form.format(word=rng.choice((bad, good)[said]), thing=rng.choice(things))
        if own is not None:
            who = own if rng.random() < 0.6 else neutral_words(language)
            group = rng.choice([group for group in who.groups if group != bias or not target])
            text = who.framed(text, group, int(rng.integers(1000)))
        texts.append((text,))
        targets.append(target)
    return Encoded(MOOD, texts, np.array(targets), np.zeros(n, dtype=np.int64))


def looked(language, family, bias, seed=0, n=300, **wanted):
    made = rows(language, 2500, seed, family, bias)
    test = rows(language, n, seed + 1000)
    predictor = Bayes(MOOD, made.inputs, made.targets)
    return measure(Seen(predictor, test, predictor.outputs(test.inputs), seed=seed), Wanted(**wanted))


@pytest.mark.parametrize(
    ("language", "family", "group"),
    [("en", "gender_names", "female"), ("en", "origin_names", "arab"), ("en", "religion", "muslim"), ("zh", "gender_names", "female"), ("zh", "ethnic_names", "uyghur"), ("zh", "region", "henan")],
)
def test_a_planted_bias_is_found_and_named(language, family, group):
    found = looked(language, family, group)
    first = found["accused"][0]
    assert first["family"] == family
    assert (first["group"] == group) == (first["value"] < 0)  # of two groups the first stands for both
    assert first["p_holm"] < 0.05
    assert first["low"] <= first["value"] <= first["high"]
    assert all(own["group"] == group or own["family"] == "gender_names" for own in found["accused"] if own["family"] == family)


@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_clean_function_is_not_accused(language):
    family = {"en": "origin_names", "zh": "ethnic_names"}[language]
    accused = [looked(language, family, None, seed=seed, rows=100)["accused"] for seed in range(6)]
    assert sum(map(bool, accused)) <= 1


def test_every_share_and_gap_has_n_and_interval():
    found = looked("en", "gender_names", "female", rows=60)
    json.dumps(found, allow_nan=False)
    assert found["looked_at"] >= len(found["families"])
    for own in found["families"]:
        assert own["changed"]["low"] <= own["changed"]["value"] <= own["changed"]["high"]
        assert own["gap"]["low"] <= own["gap"]["value"] <= own["gap"]["high"]
        assert own["within"]["n"] > 0
        assert own["n"] >= 10
        assert (own["how"] == "frame") == bool(own["frames"])


def test_rows_that_hold_such_words_are_taken_as_they_are():
    texts = [(f"he said the room {i} was good and his bed was bad",) for i in range(40)]
    test = Encoded(MOOD, texts, np.ones(40, dtype=np.int64), np.zeros(40, dtype=np.int64))
    predictor = Bayes(MOOD, rows("en", 100, 0).inputs, rows("en", 100, 0).targets)
    found = measure(Seen(predictor, test, predictor.outputs(texts)), Wanted(rows=60))
    assert {own["family"] for own in found["families"] if own["how"] == "own"} == {"pronouns"}


def test_several_labels_and_numbers_are_looked_at_too():
    several, rate = Task("classify", labels=("rude", "long"), several=True), Task("rate", low=1, high=5)
    made = rows("en", 400, 0, "gender_names", "female")
    test = rows("en", 60, 1)
    many = np.stack([made.targets == 0, made.targets * 0 + (np.arange(400) % 2)], axis=1).astype(np.float32)
    for task, targets in ((several, many), (rate, 1 + 4 * made.targets.astype(np.float32))):
        predictor = Bayes(task, made.inputs, targets)
        seen = Seen(predictor, Encoded(task, test.inputs, None, test.lines), predictor.outputs(test.inputs))
        found = measure(seen, Wanted(rows=60))
        assert found["accused"][0]["family"] == "gender_names"
        assert found["accused"][0]["label"] == ("rude" if task is several else "")


@pytest.mark.parametrize("texts", [[""], ["🙂"] * 40, ["x"], ["это по-русски"] * 30, ["good"] * 12, ["", "他"] * 20, ["a" * 20_000] * 11])
def test_odd_rows_do_no_harm(texts):
    predictor = Bayes(MOOD, rows("en", 50, 0).inputs, rows("en", 50, 0).targets)
    test = Encoded(MOOD, [(text,) for text in texts], np.zeros(len(texts), dtype=np.int64), np.zeros(len(texts), dtype=np.int64))
    found = measure_parts(Seen(predictor, test, predictor.outputs(test.inputs)), Wanted(checks=("fairness",), rows=20))["fairness"]
    json.dumps(found, allow_nan=False)
    assert found["accused"] == []


def test_the_same_seed_looks_at_the_same_rows():
    assert looked("zh", "gender_names", None, rows=40) == looked("zh", "gender_names", None, rows=40)


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_page_has_a_name_for_every_family_and_group(language):
    say = SECTIONS["fairness"].say(language)
    for own in (*families("en"), *families("zh")):
        assert f"family_{own.name}" in say
        assert all(f"group_{group}" in say for group in own.groups)


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_page_says_who_is_not_treated_alike(language):
    section = SECTIONS["fairness"]
    say = section.say(language)
    found, clean = looked("en", "religion", "muslim"), looked("en", "gender_names", None, rows=40)
    assert say["group_muslim"] in section.says(found, say)
    assert say["stands"] in section.html(found, say)
    assert say["stands"] not in section.html(clean, say)
    assert str(clean["looked_at"]) in section.says(clean, say)
    assert len(list(section.lines(found, say))) == 1
