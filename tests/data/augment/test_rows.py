"""New rows: labels hold, spans are exact, nothing depends on other rows, nothing leaks."""

import numpy as np
import pytest

pytest.importorskip("rjieba")

import hanshuku as hk
from hanshuku.data.augment.encoded import augmented
from hanshuku.data.augment.spec import Step, parse_spec
from hanshuku.data.encode import encode
from hanshuku.data.encoded import Encoded
from hanshuku.data.infer import infer_task
from hanshuku.errors import ConfigError, MissingExtra, UnknownName
from hanshuku.tasks import Task

ROWS = [{"text": f"My parcel number {i} has never arrived at our office", "label": "late" if i % 2 else "lost"} for i in range(20)]
TAGGED = [{"text": "王小明在上海工作了很多年，后来去了北京。", "entities": [{"start": 0, "end": 3, "label": "PER"}, {"start": 4, "end": 6, "label": "LOC"}]}] * 2
ASKED = [{"question": "Where does Anna work now?", "context": "Years ago Anna moved to London and London is where she works.", "answers": {"text": ["London"]}}]


def encoded(rows):
    examples = hk.read(rows)
    return encode(infer_task(examples), examples)[0]


def test_a_specification_names_ways_that_take_turns_or_follow_one_another():
    assert parse_spec("typos:0.2, casing+noise") == ((Step("typos", 0.2),), (Step("casing"), Step("noise")))


@pytest.mark.parametrize(("spec", "error", "said"), [
    ("typo", UnknownName, "Did you mean 'typos'"), ("", ConfigError, "Say how"), ("typos:2", ConfigError, "at most 1"),
    ("typos:x", ConfigError, "at most 1"), ("typos,typos", ConfigError, "once"),
])  # fmt: skip
def test_a_specification_that_is_none_is_refused_with_what_is_legal(spec, error, said):
    with pytest.raises(error, match=said):
        parse_spec(spec)


@pytest.mark.parametrize("times", [0, -1, 1.5, True, 10_000])
def test_times_is_a_count(times):
    with pytest.raises(ConfigError, match="times"):
        hk.read(ROWS).augment("typos", times=times)


def test_new_rows_stand_behind_the_old_ones_with_their_labels():
    out = hk.read(ROWS).augment("typos,swap", times=3)
    assert len(out) == 80 and list(out.column("text"))[:20] == [row["text"] for row in ROWS]
    for i in range(20, 80):
        text, label = out.row(i)["text"], out.row(i)["label"]
        assert label == ROWS[(i - 20) // 3]["label"] and text != ROWS[(i - 20) // 3]["text"]
    assert len(set(out.column("text"))) == 80


def test_ways_take_turns_so_that_each_makes_its_part():
    note = hk.read(ROWS).augment("typos,swap", times=2).notes[-1]
    assert note.message == "40 new rows made from 20 rows: swap 20, typos 20" or note.message == "40 new rows made from 20 rows: typos 20, swap 20"


def test_a_row_gets_the_same_new_rows_in_any_company():
    alone = hk.read(ROWS[7:8]).augment("typos,delete,noise", times=3, seed=5, keep=False)
    among = hk.read(ROWS).augment("typos,delete,noise", times=3, seed=5, keep=False)
    assert list(alone.column("text")) == list(among.column("text"))[21:24]


def test_another_seed_makes_other_rows():
    one, other = (hk.read(ROWS).augment("typos", seed=seed).column("text") for seed in (0, 1))
    assert list(one) != list(other)


def test_where_nothing_can_be_changed_no_row_is_made_and_that_is_said():
    out = hk.read([{"text": "好", "label": "a"}, {"text": "several words here", "label": "b"}]).augment("typos")
    assert len(out) == 3 and "nothing could be changed in 1 row (line 1)" in out.notes[-1].message


def test_entities_keep_their_places_to_the_character():
    out = hk.read(TAGGED[:1]).augment("typos,delete,swap,noise:0.2,homophones:0.3,width", times=40)
    assert len(out) > 20
    for row in out:
        assert [span["label"] for span in row["entities"]] == ["PER", "LOC"]
        assert all(row["text"][span["start"] : span["end"]] == span["text"] for span in row["entities"])


def test_ways_that_change_words_never_touch_a_name():
    for row in hk.read(TAGGED[:1]).augment("delete,swap", times=30):
        assert [span["text"] for span in row["entities"]] == ["王小明", "上海"]


def test_tokens_with_tags_become_a_text_with_entities():
    out = hk.read([{"tokens": ["Anna", "Miller", "flew", "to", "sunny", "Rome"], "tags": ["B-PER", "I-PER", "O", "O", "O", "B-LOC"]}]).augment("delete", times=3)
    assert out.names == ("text", "entities") and {tuple(span["text"] for span in row["entities"]) for row in out} == {("Anna Miller", "Rome")}


def test_an_answer_stands_where_its_row_says_at_every_place():
    out = hk.read(ASKED).augment("delete,typos,casing", times=20, sides="second")
    for row in out:
        for text, start in zip(row["answers"]["text"], row["answers"]["answer_start"], strict=True):
            assert start < 0 or row["context"][start : start + len(text)] == text
    assert all(row["question"] == ASKED[0]["question"] for row in out)


@pytest.mark.parametrize(("sides", "changes"), [("first", {(True, False)}), ("second", {(False, True)}), ("both", {(True, True)}), ("one", {(True, False), (False, True)})])
def test_a_pair_changes_on_the_sides_that_are_asked_for(sides, changes):
    rows = [{"premise": f"The old man number {i} walks home", "hypothesis": f"Somebody number {i} goes home", "label": "yes" if i % 2 else "no"} for i in range(12)]
    out = hk.read(rows).augment("swap", sides=sides, keep=False)
    assert {(new["premise"] != old["premise"], new["hypothesis"] != old["hypothesis"]) for new, old in zip(out, rows, strict=True)} == changes


def test_a_split_keeps_new_rows_with_the_row_they_were_made_from():
    train, test = hk.read(ROWS).augment("typos", times=4).split(test=0.3, seed=1)
    numbers = lambda part: {text.split()[3] for text in part.column("text")}
    kin = lambda part: set(part.kin.tolist())
    assert not kin(train) & kin(test) and len(numbers(train)) and len(train) + len(test) == 100


def test_rows_that_are_learned_grow_and_keep_their_targets():
    rows = encoded(ROWS)
    more = augmented(rows, "typos", 2, 0)
    assert len(more) == 60 and more.inputs[:20] == rows.inputs
    np.testing.assert_array_equal(more.targets[20:], np.repeat(rows.targets, 2))
    np.testing.assert_array_equal(more.lines[20:], np.repeat(rows.lines, 2))


def test_rows_with_spans_grow_with_spans_at_their_new_places():
    more = augmented(encoded(TAGGED), "noise:0.3,delete", 5, 0)
    for (text,), target in zip(more.inputs, more.targets, strict=True):
        assert [label for _, _, label in target] == ["PER", "LOC"]
        assert all(text[start:end].strip() for start, end, _ in target)


def test_an_answer_without_a_start_is_given_every_place_where_it_stands():
    more = augmented(encoded(ASKED), "delete:0.3", 3, 0, sides="second")
    for (_, context), target in zip(more.inputs[1:], more.targets[1:], strict=True):
        assert len(target) == 2 and all(context[start : start + len(text)] == text == "London" for text, start in target)


def test_several_labels_are_repeated_as_they_are():
    rows = encoded([{"text": f"some words about thing {i}", "labels": ["a", "b"] if i % 2 else ["a"]} for i in range(4)])
    more = augmented(rows, "swap", 1, 0)
    np.testing.assert_array_equal(more.targets[4:], rows.targets)


def test_a_task_whose_answer_is_a_text_cannot_be_augmented_while_it_is_learned():
    with pytest.raises(ConfigError, match="classify, rate, tag, answer"):
        augmented(Encoded(Task("generate", ("instruction",)), [("a b c",)], None, np.zeros(1, np.int64)), "typos")


def test_columns_that_no_label_tells_of_are_refused():
    with pytest.raises(ConfigError, match="cannot be augmented"):
        hk.read([{"messages": [{"role": "user", "content": "hello there"}]}]).augment("typos")


def test_a_missing_package_is_told_with_its_pip_command(monkeypatch):
    import sys

    from hanshuku.data.augment import script

    script.converter.cache_clear()
    monkeypatch.setitem(sys.modules, "opencc", None)
    with pytest.raises(MissingExtra, match=r'pip install "hanshuku\[augment\]"'):
        hk.read(ROWS).augment("script")
    script.converter.cache_clear()


def test_eda_is_short_for_its_four_ways_with_the_share_given():
    assert parse_spec("eda") == parse_spec("synonyms,insert,swap,delete")
    assert parse_spec("typos, eda:0.2+casing") == parse_spec("typos,synonyms:0.2+casing,insert:0.2+casing,swap:0.2+casing,delete:0.2+casing")
    with pytest.raises(ConfigError, match=r"eda:SHARE|SHARE is the share"):
        parse_spec("eda:2")
    with pytest.raises(ConfigError, match="named once"):
        parse_spec("eda,swap")
