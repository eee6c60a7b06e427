"""learn on a function that has learned already: it goes on, takes new labels, and says what it cannot do."""

from __future__ import annotations

import enum
import json
from typing import Literal

import pytest

pytest.importorskip("torch")

import hanshuku as hk
from hanshuku.errors import ConfigError, DataError
from hanshuku.functions.learn_on import with_new_labels
from hanshuku.tasks import Task
from tests.functions.test_functions import ROWS, team

MORE = [{"text": text, "label": label} for text, label in [
    ("the invoice shows the wrong amount", "billing"), ("a wrong invoice", "billing"), ("please mend the invoice", "billing"), ("invoice amount", "billing"),
    ("the parcel is lost", "delivery"), ("no parcel today", "delivery"),
]]  # fmt: skip
FAST = {"epochs": 40, "learning_rate": 3e-3, "batch_size": 4, "precision": "fp32"}


@pytest.fixture(scope="module")
def learned(tiny_encoder):
    return team.learn(ROWS, model=tiny_encoder, method="continual", **FAST)


@pytest.fixture(scope="module")
def grown(learned):
    return learned.learn(MORE, **FAST)


def test_it_goes_on_with_labels_that_are_new_and_keeps_the_old_ones(learned, grown):
    assert learned.task.labels == ("delivery", "refund")
    assert grown.task.labels == ("delivery", "refund", "billing")
    assert [grown(row["text"]) for row in (ROWS[0], ROWS[4], MORE[0])] == ["delivery", "refund", "billing"]
    assert [origin.method for origin in grown.history] == ["continual", "continual"]
    assert "1 new label: billing" in grown.history[-1].notes


def test_a_third_session_goes_on_from_what_was_saved(grown, tmp_path):
    grown.save(tmp_path / "team.fn")
    loaded = hk.load(tmp_path / "team.fn")
    one, other = (function.learn(ROWS[:4], seed=3, **(FAST | {"epochs": 1})) for function in (grown, loaded))
    assert one.predict("parcel lost") == other.predict("parcel lost")
    assert len(other.history) == 3


def test_the_card_says_that_rows_are_stored_and_how_large_they_are(grown, tmp_path):
    folder = grown.save(tmp_path / "team.fn")
    card = (folder / "card.md").read_text(encoding="utf-8")
    assert "holds 14 of the rows" in card
    assert "MB" in card
    stored = [json.loads(line) for line in (folder / "memory/rows.jsonl").read_text(encoding="utf-8").splitlines()]
    assert {row["answer"] for row in stored} == {"delivery", "refund", "billing"}
    assert not any(row["text"] in (folder / "function.json").read_text(encoding="utf-8") for row in ROWS)


def test_without_its_rows_it_answers_the_same_and_holds_no_text(grown, tmp_path):
    given = grown.without_rows()
    folder = given.save(tmp_path / "given.fn")
    assert given.predict("parcel lost") == grown.predict("parcel lost")
    assert not (folder / "memory").exists()
    assert "rows that it learned from, as plain text" not in (folder / "card.md").read_text(encoding="utf-8")
    with pytest.raises(ConfigError, match="stores no rows"):
        given.without_rows()


def test_an_export_answers_the_same_and_leaves_the_rows_out(grown, tmp_path):
    pytest.importorskip("onnx")
    from hanshuku.functions.export import export

    export(grown, tmp_path / "out.fn", rows=[row["text"] for row in (*ROWS, *MORE)])
    assert hk.load(tmp_path / "out.fn")(MORE[0]["text"]) == grown(MORE[0]["text"])
    assert not (tmp_path / "out.fn" / "memory").exists()


def test_what_was_learned_otherwise_goes_on_too_and_may_be_shown_its_earlier_rows(tiny_encoder):
    start = team.learn(ROWS, model=tiny_encoder, method="finetune", epochs=12, learning_rate=3e-3)
    assert start.learn(MORE, **FAST).history[-1].method == "continual"
    shown = start.learn(MORE, earlier=ROWS, **FAST)
    assert [shown(row["text"]) for row in (ROWS[0], ROWS[4], MORE[0])] == ["delivery", "refund", "billing"]
    assert any("rows are stored" in note for note in shown.history[-1].notes)


def test_another_method_named_learns_anew(learned, tiny_encoder):
    again = learned.learn(ROWS, model=tiny_encoder, method="finetune", epochs=1)
    assert again.history[-1].method == "finetune"
    assert again.predictor().KIND == "encoder"


def test_a_function_that_cannot_go_on_says_how_to_learn_anew(tmp_path):
    from tests.tiny import tiny_static

    start = team.learn(ROWS, method="static", model=str(tiny_static(tmp_path / "static")))
    with pytest.raises(ConfigError, match="name a method"):
        start.learn(MORE)


def test_it_keeps_its_model(learned):
    with pytest.raises(ConfigError, match="keeps its model"):
        learned.learn(MORE, model="minilm")


def test_a_zero_shot_answer_is_no_learning(tiny_encoder):
    fresh = hk.classify(["delivery", "refund"])
    start = fresh.learn(None, method="similarity", model=tiny_encoder)
    assert start.learn(ROWS, model=tiny_encoder, method="continual", epochs=1).history[-1].rows == 8


def test_an_enum_stays_one_for_what_it_has_and_a_new_label_is_a_text(tiny_encoder):
    class Team(enum.Enum):
        DELIVERY = "delivery"
        REFUND = "refund"

    @hk.function
    def route(message: str) -> Team:
        """Which team?"""

    start = route.learn(ROWS, model=tiny_encoder, method="continual", **FAST)
    later = start.learn(MORE, **FAST)
    assert later(ROWS[0]["text"]) is Team.DELIVERY
    assert later(MORE[0]["text"]) == "billing"


def examples(*labels):
    return hk.read([{"text": f"row {i}", "label": label} for i, label in enumerate(labels)])


def test_a_known_label_in_another_spelling_is_refused_by_line():
    with pytest.raises(DataError, match="'Refund' is the known label 'refund'"):
        with_new_labels(team.task, examples("delivery", "Refund"))


def test_a_label_much_like_a_known_one_is_taken_and_said():
    task, notes = with_new_labels(team.task, examples("delivery", "refunds"))
    assert task.labels[-1] == "refunds"
    assert any("misspelling" in note for note in notes)


def test_labels_that_are_numbers_stay_numbers():
    with pytest.raises(DataError, match="whole numbers"):
        with_new_labels(Task("classify", labels=("1", "2"), returns="int"), examples("1", "three"))


def test_new_labels_of_a_described_task_are_described_by_their_names():
    task, _ = with_new_labels(Task("classify", labels=("a", "b"), descriptions=("first", "second")), examples("a", "late_parcel"))
    assert task.descriptions == ("first", "second", "late parcel")


def test_yes_and_no_take_no_third_answer(tiny_encoder):
    @hk.function
    def late(message: str) -> bool:
        """Is it late?"""

    rows = [{"text": row["text"], "label": row["label"] == "delivery"} for row in ROWS]
    start = late.learn(rows, model=tiny_encoder, method="continual", epochs=1)
    with pytest.raises(DataError, match="maybe"):
        start.learn([*rows, {"text": "x", "label": "maybe"}])


def test_literal_annotations_are_kept_for_the_labels_they_name(grown):
    answer: Literal["delivery", "refund"] = grown(ROWS[0]["text"])
    assert answer == "delivery"
