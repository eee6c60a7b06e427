"""Attacks turn right answers by texts that mean the same, keep what must stay, and count every text they ask."""

from dataclasses import replace
from random import Random

import numpy as np
import pytest

pytest.importorskip("rjieba")
pytest.importorskip("pypinyin")

from hanshuku.data.augment.words import latin_words
from hanshuku.data.encoded import Encoded
from hanshuku.errors import ConfigError, DataError
from hanshuku.safety.attacks import ATTACKS, attack
from hanshuku.safety.attacks.base import BROKEN, HELD, WRONG, How
from hanshuku.safety.attacks.run import label_words, margins
from hanshuku.tasks import Task
from tests.evaluation.spotter import MOODS, Spotter, moods

NEAR = {"wonderful": ["marvellous", "splendid"], "film": ["movie"], "lovely": ["sweet"]}
TABLE = How("a table", lambda text: [(word.start, word.end) for word in latin_words(text) if word.text in NEAR], lambda text, start, end, rng: NEAR[text[start:end]], lambda text: len(latin_words(text)), share=0.5)


def attacked(of, how=TABLE, predictor=None, **options):
    return attack(predictor or Spotter(), of, how, name="table", **options)


class Graded(Spotter):
    """The surer, the more good words there are."""

    def outputs(self, inputs):
        good = np.array([0.4 + 0.2 * sum(row[0].count(word) for word in ("wonderful", "lovely")) for row in inputs])
        return np.stack([1 - good, good], axis=1)


def of(*texts, labels=None):
    return Encoded(MOODS, [(text,) for text in texts], np.array(labels or [1] * len(texts)), np.arange(1, len(texts) + 1))


class TestTheSearch:
    def test_it_changes_the_word_that_matters_and_no_other(self):
        row = attacked(of("a wonderful film by old friends")).rows[0]
        assert row.status == BROKEN and row.new in {("a marvellous film by old friends",), ("a splendid film by old friends",)} and row.edits == 1
        assert (row.answer, row.new_answer) == ("good", "bad")

    def test_it_changes_several_words_where_one_will_not_do(self):
        row = attacked(of("a wonderful and lovely film by old friends"), predictor=Graded()).rows[0]
        assert row.status == BROKEN and row.edits == 2 and "wonderful" not in row.new[0] and "lovely" not in row.new[0]

    def test_no_more_than_the_share_of_words_change(self):
        assert attacked(of("a wonderful and lovely film by old friends"), replace(TABLE, share=0.1), Graded()).rows[0].status == HELD

    def test_what_was_wrong_at_first_is_not_attacked(self):
        found = attacked(of("a wonderful film", "an odd film"))
        assert [row.status for row in found.rows] == [BROKEN, WRONG] and found.success.n == 1

    def test_every_text_that_is_asked_is_counted_and_the_limit_holds(self):
        predictor, rows = Spotter(), moods(20)
        found = attacked(rows, ATTACKS["characters"], predictor, queries=7)
        once_more = len(rows) + len(found.broken)  # the answers before, and those that are shown
        assert sum(row.queries for row in found.rows) == predictor.asked - once_more
        assert max(row.queries for row in found.rows) <= 7

    def test_a_change_that_makes_the_text_unlike_is_refused(self):
        alike = lambda text, news, start, end: np.array([0.95 if "splendid" in new else 0.5 for new in news])
        row = attacked(of("a wonderful film"), replace(TABLE, alike=alike, least=0.9)).rows[0]
        assert row.new == ("a splendid film",) and row.similarity == 0.95
        assert attacked(of("a wonderful film"), replace(TABLE, alike=alike, least=0.99)).rows[0].status == HELD

    def test_the_same_seed_attacks_in_the_same_way(self):
        first, again, other = (attacked(moods(40), ATTACKS["characters"], rows=10, seed=seed) for seed in (3, 3, 4))
        assert first == again != other

    def test_both_texts_of_a_pair_are_attacked(self):
        task = replace(MOODS, inputs=("first", "second"))
        rows = Encoded(task, [("x", "a wonderful film")], np.array([1]), np.array([1]))
        found = attacked(rows, predictor=Spotter(task))
        assert found.rows[0].status == BROKEN and set(found.examples()[0]) == {"first", "second", "label", "answer", "first_before", "second_before"}

    def test_a_set_of_labels_is_turned_where_one_of_them_is(self):
        several = replace(MOODS, several=True)
        rows = Encoded(several, [("a wonderful film",)], np.array([[0, 1]], dtype=np.float32), np.array([1]))
        assert attacked(rows, predictor=Spotter(several)).rows[0].status == BROKEN


class TestCharacters:
    def test_a_word_gets_one_slip_and_keeps_its_first_letter(self):
        for row in attacked(moods(10), ATTACKS["characters"]).broken:
            for old, new in zip(row.texts[0].split(), row.new[0].split(), strict=True):
                assert old[0] == new[0] and abs(len(old) - len(new)) <= 1

    def test_a_chinese_word_gets_one_other_character(self):
        found = attacked(moods(10, chinese=True), ATTACKS["characters"])
        assert len(found.broken) == 5 == sum(row.due == "good" for row in found.rows)  # of a text without its word it says "bad"
        assert all(len(row.texts[0]) == len(row.new[0]) for row in found.broken)

    def test_numbers_negations_short_words_and_labels_stay(self):
        rows = of("is it not never wonderful 2024 good")
        new = attacked(rows, ATTACKS["characters"]).rows[0].new[0].split()
        assert new[:4] == ["is", "it", "not", "never"] and new[5:] == ["2024", "good"]
        assert label_words(replace(MOODS, labels=("very_good", "好评"))) == {"very", "good", "好评"}


class TestTheResult:
    def test_success_and_accuracy_carry_intervals(self):
        data = attacked(of(*["a wonderful film"] * 6, *["a lovely film of 5"] * 2, "terrible", labels=[1] * 8 + [0])).to_json()
        assert (data["attacked"], data["broken"]) == (9, 8) and data["success"]["low"] < 8 / 9 < data["success"]["high"]
        assert data["accuracy"]["before"]["value"] == 1 and data["accuracy"]["after"]["value"] == pytest.approx(1 / 9)
        assert data["accuracy"]["drop"]["low"] < 8 / 9 < data["accuracy"]["drop"]["high"]
        assert data["queries"]["mean"] > 0 and data["samples"][0]["answers"] == ["good", "bad"]

    def test_an_attack_that_turned_nothing_leaves_room_for_chance(self):
        drop = attacked(of(*["a wonderful film"] * 9), replace(TABLE, share=0.0, units=lambda text: [])).to_json()["accuracy"]["drop"]
        assert drop["low"] < drop["value"] == 0 < drop["high"]

    @pytest.mark.parametrize("how", ["characters"])
    @pytest.mark.parametrize("texts", [[""], ["wonderful"], ["wonderful " * 2000], ["😀 ?!", "1 2 3"], ["Ωμέγα данные wonderful"]])
    def test_odd_texts_crash_nothing(self, how, texts):
        attacked(of(*texts), ATTACKS[how], queries=50).to_json()

    def test_of_no_right_answer_nothing_is_claimed(self):
        data = attacked(of("odd")).to_json()
        assert data["success"] == {"value": 0.0, "low": 0.0, "high": 1.0, "n": 0} and data["queries"]["median"] is None

    def test_what_cannot_be_attacked_is_refused(self):
        with pytest.raises(ConfigError, match="give labels"):
            attacked(replace(moods(), task=Task("rate", ("text",))))
        with pytest.raises(ConfigError, match="queries="):
            attacked(moods(), queries=1)
        with pytest.raises(DataError, match="without labels"):
            attacked(replace(moods(), targets=None))


def test_a_margin_is_below_0_just_where_an_answer_is_wrong():
    one, several = Spotter(), Spotter(replace(MOODS, several=True))
    outputs = np.array([[0.5, 0.5], [0.4, 0.6], [0.6, 0.4]], dtype=np.float32)
    assert [bool(margin < 0) for margin in margins(one, outputs, 1)] == [True, False, True]  # of equals the first label wins
    assert [bool(margin < 0) for margin in margins(several, outputs, np.array([0, 1]))] == [True, False, True]


@pytest.mark.models
def test_near_words_turn_an_answer_and_the_sense_stays():
    pytest.importorskip("torch")
    found = attacked(of("the film was wonderful and funny, with a clever story", "what a wonderful evening it was"), ATTACKS["words"])
    for row in found.broken:
        assert row.similarity >= 0.9 and row.share <= 0.3 and "terrible" not in row.new[0]


@pytest.mark.models
class TestChineseWords:
    TEXT = "房间很吵，价格又贵，服务员的态度很差。"

    def changed(self, word):
        start = self.TEXT.index(word)
        return ATTACKS["words"].candidates(self.TEXT, start, start + len(word), Random(0))

    def test_words_of_one_character_change_too_and_none_into_its_opposite(self):
        may = {self.TEXT[start:end] for start, end in ATTACKS["words"].units(self.TEXT)}
        assert {"很", "吵", "贵", "很差", "房间", "价格"} <= may
        assert "昂贵" in self.changed("贵") and "嘈杂" in self.changed("吵") and "糟糕" in self.changed("很差")
        assert not {"便宜", "安静", "好"} & {new for word in ("贵", "吵", "很差") for new in self.changed(word)}

    def test_words_that_have_no_near_one_are_not_asked_about(self):
        assert not {"的", "又"} & {self.TEXT[start:end] for start, end in ATTACKS["words"].units(self.TEXT)}

    def test_a_word_of_one_sense_leaves_the_sentence_alike_and_an_unrelated_one_does_not(self):
        start = self.TEXT.index("价格")
        how = ATTACKS["words"]
        same, other = how.alike(self.TEXT, [self.TEXT.replace("价格", new) for new in ("价钱", "候选人")], start, start + 2)
        assert same >= how.least > other
